"""Abilities as three facts: declared, probed, observed; and where they contradict each other.

Belongs here: reading the facts from replies. Does not belong here: what an ability means for a case (see `verdict.py`),
the abilities themselves (see `specs/capabilities.yaml`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from conformance.base.pointer import spread
from conformance.model import Mode
from conformance.protocol.reply import Reply
from conformance.standard.capabilities import Capability, Sign

Probed = Literal["accepted", "declined", "unknown"]


@dataclass(frozen=True)
class Facts:
    """What is known of one ability.

    `declared` is None where the target says nothing. `observed` is None where no answer can show the ability.
    `lines` are journal lines: of the probe, and of the first answer that shows the ability. `contradiction` is a
    sentence, or empty.
    """

    capability: Capability
    declared: bool | None
    probed: Probed
    observed: bool | None
    lines: tuple[int, ...] = ()
    contradiction: str = ""


def answered(reply: Reply) -> bool:
    """True where a reply really answers its request: 2xx with a message, a stream with a message, or a JSON object."""
    if not reply.ok:
        return False
    if reply.exchange.request.url.partition("?")[0].endswith("/messages"):
        return reply.message is not None and reply.message.get("type") == "message"
    return isinstance(reply.json, dict)


def declined(reply: Reply) -> bool:
    """True for a clean refusal: a 4xx that is not about key, rate or path, with the error envelope."""
    return reply.status in (400, 403, 404, 413, 422, 501) and reply.error is not None


def probed(replies: Iterable[Reply]) -> Probed:
    """What a probe found, over its modes: accepted where one reply answers, declined where one is a clean refusal."""
    seen = list(replies)
    if any(answered(reply) for reply in seen):
        return "accepted"
    return "declined" if any(declined(reply) for reply in seen) else "unknown"


def shows(reply: Reply, signs: Sequence[Sign]) -> bool:
    """Whether an answer shows an ability by one of its signs."""
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


def facts(
    capabilities: Mapping[str, Capability],
    replies: Sequence[Reply],
    *,
    declared: Collection[str] = (),
    lacking: Collection[str] = (),
) -> list[Facts]:
    """The three facts of every ability, from all replies of a run."""
    said = {**dict.fromkeys(declared, True), **dict.fromkeys(lacking, False)}
    return [_facts(capability, replies, said.get(name)) for name, capability in capabilities.items()]


def _facts(capability: Capability, replies: Sequence[Reply], declared: bool | None) -> Facts:
    probe = [reply for reply in replies if _is_probe(reply, capability.probe)]
    found = probed(probe)
    showing = next((reply for reply in replies if shows(reply, capability.signs)), None)
    observed = showing is not None if capability.signs else None
    decisive = [reply for reply in probe if (answered if found == "accepted" else declined)(reply)]
    lines = [reply.exchange.line for reply in (*decisive[:1], *([showing] if showing else []))]
    known = Facts(capability, declared, found, observed, tuple(dict.fromkeys(lines)))
    return Facts(**{**vars(known), "contradiction": _contradiction(known)})


def _is_probe(reply: Reply, probe: str) -> bool:
    name, _, mode = probe.partition("/")
    exchange = reply.exchange
    return bool(name) and exchange.scenario == name and (not mode or exchange.mode is Mode(mode))


def _contradiction(known: Facts) -> str:
    if known.probed == "declined" and known.observed:
        return "the request for it is declined, and other answers show it"
    if known.probed == "declined" and (known.declared or known.capability.core):
        return f"{'declared' if known.declared else 'core'}, and the request for it is declined"
    if known.declared is False and known.observed:
        return "declared as lacking, and answers show it"
    if known.declared is False and known.probed == "accepted":
        return "declared as lacking, and the request for it is accepted"
    return ""
