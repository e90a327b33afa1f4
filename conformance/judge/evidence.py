"""The evidence of a run: the replies of each scenario, and which of them a case judges."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from conformance.model import Case, Mode, Scenario, ScenarioName, Selector
from conformance.protocol.refusals import is_too_long
from conformance.protocol.reply import Reply
from conformance.protocol.statuses import DOCUMENTED_RETRIES, NOT_THE_ENDPOINT, PUSHED_BACK, UNPROVOKED, is_error


@dataclass(frozen=True)
class ScenarioReplies:
    """The replies of one scenario: one a step, each of the last attempt.

    `stopped` says in a sentence why not every step was sent, or is empty. `earlier` are the replies of attempts that
    were made again because of transport trouble.
    """

    scenario: Scenario
    replies: tuple[Reply, ...]
    stopped: str = ""
    earlier: tuple[Reply, ...] = ()

    @property
    def last(self) -> Reply | None:
        """The reply of the last step, or None where it was not sent."""
        return self.replies[-1] if len(self.replies) == len(self.scenario.steps) else None


@dataclass(frozen=True)
class Evidence:
    """All replies of a run by scenario id (`weather/stream`). `unsent` says why the others were not sent."""

    by_id: Mapping[str, ScenarioReplies]
    unsent: Mapping[str, str]

    def get(self, name: ScenarioName, mode: Mode) -> ScenarioReplies | None:
        """The replies of a scenario, in the mode of its name or else in `mode`.

        Requests that create no message exist in json mode only and are found under either mode.
        """
        found = self.by_id.get(f"{name.name}/{name.mode or mode}")
        return found if found is not None or name.mode else self.by_id.get(f"{name.name}/{Mode.JSON}")

    def why_unsent(self, name: ScenarioName, mode: Mode) -> str:
        """The reason why a scenario has no replies."""
        places = (f"{name.name}/{name.mode or mode}", f"{name.name}/{Mode.JSON}")
        return next((self.unsent[place] for place in places if self.unsent.get(place)), "it was not sent")

    def all_replies(self) -> Iterator[Reply]:
        """Every reply of the run, in order of scenarios and steps."""
        for sent in self.by_id.values():
            yield from sent.replies

    def retried_errors(self) -> Iterator[Reply]:
        """Errors of documented kinds that a later attempt replaced: they show how the endpoint reports an error."""
        for sent in self.by_id.values():
            yield from (reply for reply in sent.earlier if reply.status in DOCUMENTED_RETRIES)


Again = Callable[[str, int], ScenarioReplies | None]
"""The replies of a scenario (by id) in a further repetition (2, 3, ...), or of a part of a request (1); None, or no
replies, if it was not sent.
"""

REPEATS_AT_MOST = "a run repeats at most"
ASKS_AT_MOST = "a run sends at most"
"""How the reason begins why a scenario was not repeated, where the run had repeated as much as it may."""

NO_EVIDENCE = Evidence({}, {})


def picked(case: Case, mode: Mode, evidence: Evidence, invalid: Collection[str] = ()) -> tuple[Reply, ...]:
    """The replies that an `on` case judges in one mode, in order of the plan.

    `invalid` names scenarios whose requests the API refuses. An endpoint that answers one nevertheless has deviated
    already, and its answer says nothing about answers to valid requests.
    """
    found: list[Reply] = []
    for name in case.on:
        if isinstance(name, Selector):
            replies = [reply for reply in evidence.all_replies() if selected(name, mode, reply)]
            about_answers = name not in (Selector.EVERY_ERROR, Selector.EVERY_RESPONSE)
            found += [reply for reply in replies if not (about_answers and reply.exchange.scenario in invalid)]
            found += evidence.retried_errors() if name is Selector.EVERY_ERROR else ()
        else:
            sent = evidence.get(name, mode)
            found += [reply for reply in sent.replies if not pushed_back(reply)] if sent else ()
    return tuple(found)


def pushed_back(reply: Reply, *, refusing: bool = False) -> bool:
    """Whether a reply is about load, the way to the endpoint, or the size of the model's context, and not about what
    was asked. `refusing`: the request is an invalid one.
    """
    return reply.status in UNPROVOKED if refusing else reply.status in PUSHED_BACK or is_too_long(reply)


def selected(selector: Selector, mode: Mode, reply: Reply) -> bool:
    """Whether a selector takes a reply.

    `every-stream`: 2xx event streams of message requests. `every-answer`: 2xx answers to message requests in that
    mode, in stream mode those that are streams. `every-stream-request`: 2xx answers to requests for a stream,
    whatever came. `every-error`: status 400 and above with a body, save those that the endpoint does not send
    itself. `every-count`: 2xx of count_tokens. `every-response`: all with a response, malformed ones too. An
    error with status 2xx is no answer; a case on every response reports it.
    """
    if reply.status is None:
        return selector is Selector.EVERY_RESPONSE and reply.malformed is not None
    mode_sent = reply.exchange.mode
    match selector:
        case Selector.EVERY_STREAM:
            return reply.ok and reply.events is not None and _creates_message(reply)
        case Selector.EVERY_STREAM_REQUEST:
            return mode_sent is Mode.STREAM and reply.ok and reply.error is None and _creates_message(reply)
        case Selector.EVERY_ANSWER:
            as_asked = mode_sent is mode and (mode is Mode.JSON or reply.events is not None)
            return as_asked and reply.ok and reply.error is None and _creates_message(reply)
        case Selector.EVERY_ERROR:
            has_body = reply.exchange.request.method != "HEAD"
            return has_body and is_error(reply.status) and reply.status not in NOT_THE_ENDPOINT
        case Selector.EVERY_COUNT:
            return reply.ok and _path(reply).endswith("/messages/count_tokens")
        case Selector.EVERY_RESPONSE:
            return True


def _creates_message(reply: Reply) -> bool:
    return reply.exchange.request.method == "POST" and _path(reply).endswith("/messages")


def _path(reply: Reply) -> str:
    return reply.exchange.request.url.partition("?")[0]
