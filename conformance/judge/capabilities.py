"""The three facts about each capability (declared, probed, observed), read from the replies of a run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from conformance.base.pointer import spread
from conformance.model import ScenarioName
from conformance.protocol.refusals import is_page, is_too_long
from conformance.protocol.reply import Reply
from conformance.protocol.statuses import DECLINING, NO_SUCH_PATH
from conformance.standard.capabilities import Capability, CapabilityFacts, Probed, Sign, with_parts


def declined(reply: Reply) -> bool:
    """True for a clean refusal: a status that is not about key or rate, whatever the form of the error, or a missing
    route. A request that is too long for the model says nothing of what it asks for, and a page in HTML may be that of
    a proxy.
    """
    return route_missing(reply) or (reply.status in DECLINING and not is_too_long(reply) and not is_page(reply))


def route_missing(reply: Reply) -> bool:
    """True where the endpoint does not serve the path of a request at all, in whichever form it says so.

    Every endpoint serves the path that creates messages; a 404 there is about something else, such as the model.
    """
    return reply.status in NO_SUCH_PATH and not reply.exchange.request.url.partition("?")[0].endswith("/messages")


def probed(replies: Iterable[Reply]) -> Probed:
    """What a probe found, over its modes: accepted where one reply answers, declined where one is a clean refusal."""
    seen = list(replies)
    if any(reply.answers for reply in seen):
        return "accepted"
    return "declined" if any(declined(reply) for reply in seen) else "unknown"


def shows(reply: Reply, signs: Sequence[Sign]) -> bool:
    """Whether a reply shows a capability by one of its signs."""
    return any(_shown(reply, sign) for sign in signs)


def _shown(reply: Reply, sign: Sign) -> bool:
    if sign.reply == "error":
        return reply.error is not None
    if not reply.ok or reply.message is None:
        return False
    if sign.reply == "stream":
        return reply.events is not None
    found = [value for _, value in spread(reply.message, sign.at) if _fits(value, sign)]
    return len(found) > (1 if sign.several else 0)


def _fits(value: object, sign: Sign) -> bool:
    if sign.above is not None:
        return isinstance(value, int | float) and not isinstance(value, bool) and value > sign.above
    return sign.value is None or value == sign.value


def capability_facts(
    capabilities: Mapping[str, Capability],
    replies: Sequence[Reply],
    *,
    declared: Collection[str] = (),
    lacking: Collection[str] = (),
) -> list[CapabilityFacts]:
    """The three facts about every capability, from all replies of a run."""
    said = {**dict.fromkeys(declared, True), **dict.fromkeys(with_parts(capabilities, lacking, declared), False)}
    return [_facts(capability, replies, said.get(name)) for name, capability in capabilities.items()]


def _facts(capability: Capability, replies: Sequence[Reply], declared: bool | None) -> CapabilityFacts:
    probe = [reply for reply in replies if _is_probe(reply, capability.probe)]
    found = probed(probe)
    showing = next((reply for reply in replies if shows(reply, capability.signs)), None)
    observed = showing is not None if capability.signs else None
    decisive = [reply for reply in probe if (reply.answers if found == "accepted" else declined(reply))]
    lines = [reply.exchange.line for reply in (*decisive[:1], *([showing] if showing else []))]
    known = CapabilityFacts(capability, declared, found, observed, tuple(dict.fromkeys(lines)))
    return replace(known, contradiction=_contradiction(known))


def _is_probe(reply: Reply, probe: ScenarioName | None) -> bool:
    return probe is not None and reply.exchange.scenario == probe.name and probe.mode in (None, reply.exchange.mode)


def _contradiction(known: CapabilityFacts) -> str:
    if known.probed == "declined" and known.observed:
        return "its probe is declined, but other replies show it"
    if known.probed == "declined" and (known.declared or known.capability.core):
        return f"{'declared' if known.declared else 'core'}, but its probe is declined"
    if known.declared is False and known.observed:
        return "declared as lacking, but replies show it"
    if known.declared is False and known.probed == "accepted":
        return "declared as lacking, but its probe is accepted"
    return ""
