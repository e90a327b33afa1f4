"""What happens to a client from one exchange to the next, which no answer shows on its own.

A client that is refused and asks for less works with less. One that hangs up has waited for nothing. One that gets a
call without its input fails, or asks its user.

Requests and answers may hold anything, so what is read of them is bounded.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Final

from conformance.base.urls import split_url
from conformance.base.values import shortened, whole_number
from conformance.judge.callers import Callers
from conformance.model import Experience, Json
from conformance.protocol.exchange import Exchange, SentRequest
from conformance.protocol.message import declared_tools, tool_calls, was_cut
from conformance.protocol.refusals import words_of
from conformance.protocol.reply import Reply
from conformance.protocol.statuses import is_client_error

REMEMBERED: Final = 64
"""Refused requests that later ones are compared with."""

KINDS: Final = 200
"""Kinds of experiences that are kept; further ones are left out."""

PLACES: Final = 5
"""Places of one kind that are kept."""

SILENCE_S: Final = 5.0
"""Seconds of silence from which on a client that leaves has hung up because of it."""

_MOST_NAMED: Final = 6
"""Names that a sentence lists."""

_DEEPEST, _MOST_PARTS, _MOST_CALLS, _MOST_REQUIRED = 4, 2_000, 100, 100
_LONGEST, _LONGEST_NAME = 120, 60
_LISTS: Final = ("messages", "tools")
_INSIDE = re.compile(r"[.\[]")


TOGETHER_S: Final = 600.0
"""Seconds within which a request repeats a refused one. Who asks the same later asks again."""


@dataclass(frozen=True)
class _Refused:
    """The first refusal of a request; its parts and sizes are the largest of all that were refused since."""

    status: int
    words: str
    places: tuple[str, ...]
    parts: frozenset[str]
    sizes: Mapping[str, float]
    at: float | None
    times: int = 1


class Experiences:
    """Takes exchanges in the order of their requests, and keeps what clients lived through."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers
        self._refused: OrderedDict[tuple[str, str, str], _Refused] = OrderedDict()
        self._found: dict[tuple[str, str], Experience] = {}

    def take(self, reply: Reply, place: str) -> tuple[Experience, ...]:
        """What an exchange adds; those of a kind that was not met before are returned."""
        client = self._callers.name_of(reply.exchange.request)
        told = [*self._repeated(client, reply, place), *self._without_input(reply, place)]
        return tuple(new for what, places in told if (new := self._keep(client, what, places)) is not None)

    def left(self, exchange: Exchange, place: str) -> tuple[Experience, ...]:
        """An exchange that the client ended before the endpoint did."""
        response = exchange.response
        if response is None or response.ended is None:
            return ()
        silence = response.ended - (response.chunks[-1].at if response.chunks else 0.0)
        if silence < SILENCE_S:
            return ()
        after = "in the middle of a stream" if response.is_event_stream else "before the answer was there"
        new = self._keep(
            self._callers.name_of(exchange.request), f"hung up after {silence:.0f} s of silence {after}", [place]
        )
        return (new,) if new is not None else ()

    @property
    def all(self) -> tuple[Experience, ...]:
        """Everything that was met, in the order in which it was met first."""
        return tuple(self._found.values())

    def _keep(self, client: str, what: str, places: list[str]) -> Experience | None:
        known = self._found.get((client, what))
        if known is None and len(self._found) >= KINDS:
            return None
        before = known if known is not None else Experience(client, what, 0, ())
        now = Experience(client, what, before.count + 1, (*before.places, *places)[:PLACES])
        self._found[client, what] = now
        return now if known is None else None

    def _repeated(self, client: str, reply: Reply, place: str) -> Iterator[tuple[str, list[str]]]:
        """The same request again with less in it, after a refusal."""
        request, status = reply.exchange.request, reply.status
        key = (client, split_url(request.url).path, _asked(reply.request))
        if is_client_error(status):
            self._refused[key] = _refusal(self._refused.get(key), reply, status, place)
            self._refused.move_to_end(key)
            while len(self._refused) > REMEMBERED:
                self._refused.popitem(last=False)
            return
        earlier = self._refused.pop(key, None) if reply.ok else None
        if earlier is None or not _soon(earlier.at, moment(reply.exchange.started)):
            return
        how = _smaller(earlier, frozenset(_parts(request, reply.request)), _sizes(reply.request))
        if how:
            said = f" ({shortened(earlier.words, _LONGEST)})" if earlier.words else ""
            times = f" {earlier.times} times" if earlier.times > 1 else ""
            refused = f"was refused{times} with status {earlier.status}{said} and repeated the request"
            yield f"{refused} {how}", [*earlier.places, place]

    def _without_input(self, reply: Reply, place: str) -> Iterator[tuple[str, list[str]]]:
        """A call without an input that the schema of its tool requires."""
        tools, calls = declared_tools(reply), tool_calls(reply)
        # A call that a limit of the request cut is as long as its client wanted.
        for call in calls[:-1][:_MOST_CALLS] if was_cut(reply) else calls[:_MOST_CALLS]:
            schema = tools.get(call.name) if isinstance(call.name, str) else None
            required = schema.get("required") if isinstance(schema, dict) else None
            listed = required[:_MOST_REQUIRED] if isinstance(required, list) else []
            given = call.input if isinstance(call.input, dict) else {}
            missing = [name for name in listed if isinstance(name, str) and name not in given]
            if missing:
                tool = shortened(str(call.name), _LONGEST_NAME)
                names = _listed([shortened(name, _LONGEST_NAME) for name in missing])
                yield f"got a call of {tool} without {names}, which its schema requires", [place]


def _refusal(earlier: _Refused | None, reply: Reply, status: int, place: str) -> _Refused:
    """A refusal, together with those of the same request before it, which a client may have sent in steps."""
    parts, sizes = frozenset(_parts(reply.exchange.request, reply.request)), _sizes(reply.request)
    at = moment(reply.exchange.started)
    if earlier is None or not _soon(earlier.at, at) or parts - earlier.parts:
        return _Refused(status, words_of(reply), (place,), parts, sizes, at)
    largest = {name: max(value, earlier.sizes.get(name, value)) for name, value in {**earlier.sizes, **sizes}.items()}
    return replace(earlier, places=(*earlier.places, place)[-PLACES:], sizes=largest, at=at, times=earlier.times + 1)


def _soon(earlier: float | None, later: float | None) -> bool:
    """Whether two moments are close together; of those that nobody recorded, nobody knows better."""
    return earlier is None or later is None or abs(later - earlier) <= TOGETHER_S


def moment(started: str) -> float | None:
    """When an exchange began, in seconds, or None where that is not recorded."""
    try:
        return datetime.fromisoformat(started).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _smaller(earlier: _Refused, parts: frozenset[str], sizes: Mapping[str, float]) -> str:
    """How a request is smaller than a refused one, in words; empty where it is not, or larger in something."""
    less = earlier.parts - parts
    lower = {name: value for name, value in sizes.items() if value < earlier.sizes.get(name, value)}
    higher = any(value > earlier.sizes.get(name, value) for name, value in sizes.items())
    if parts - earlier.parts or higher:
        return ""
    without = [f"without {_listed(sorted(less))}"] if less else []
    fewer = [f"with {_counted(name, value)} in place of {earlier.sizes[name]:.0f}" for name, value in lower.items()]
    return " and ".join([*without, *fewer])


def _counted(name: str, value: float) -> str:
    return f"{value:.0f} {name}" if name in _LISTS else f"{name} {value:.0f}"


def _sizes(body: Mapping[str, Json]) -> Mapping[str, float]:
    """What of a request can be smaller: limits of tokens, and how many turns and tools there are."""
    thinking = body.get("thinking")
    limits = {
        "max_tokens": body.get("max_tokens"),
        "budget_tokens": thinking.get("budget_tokens") if isinstance(thinking, dict) else None,
    }
    found = {name: float(number) for name, value in limits.items() if (number := whole_number(value)) is not None}
    lists = {name: value for name in _LISTS if isinstance(value := body.get(name), list)}
    return found | {name: float(len(value)) for name, value in lists.items()}


def _asked(body: Mapping[str, Json]) -> str:
    """What the last turn of the user says, as a key: a repetition asks the same."""
    messages = body.get("messages")
    turns = [each for each in messages if isinstance(each, dict)] if isinstance(messages, list) else []
    last = next((turn for turn in reversed(turns) if turn.get("role") == "user"), {})
    content = last.get("content")
    texts = [content] if isinstance(content, str) else _texts(content)
    return json.dumps(texts)[-2_000:]


def _texts(content: Json) -> list[str]:
    blocks = [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
    return [str(block["text"]) for block in blocks if isinstance(block.get("text"), str)]


def _parts(request: SentRequest, body: Mapping[str, Json]) -> Iterator[str]:
    """The names of what a request holds, without indices; schemas and inputs of tools are not looked into."""
    for name in (request.header("anthropic-beta") or "").split(",", _MOST_PARTS)[:_MOST_PARTS]:
        if name.strip():
            yield f"the beta {shortened(name.strip(), _LONGEST_NAME)}"
    yield from islice(_names(body, "", 0), _MOST_PARTS)


def _names(value: Json, where: str, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for name, item in value.items():
            own = shortened(name, _LONGEST_NAME)
            place = f"{where}.{own}" if where else own
            yield place
            if name not in ("input_schema", "input", "schema", "metadata"):
                yield from _names(item, place, depth + 1)
    elif isinstance(value, list):
        for item in value:
            known = item if isinstance(item, dict) else {}
            label = next((known[key] for key in ("role", "type") if isinstance(known.get(key), str)), "")
            place = f"{where}[{shortened(label, _LONGEST_NAME)}]" if label else where
            if label:
                yield place
            yield from _names(item, place, depth + 1)


def _listed(names: list[str]) -> str:
    """The names in a few words, without those that are inside another one."""
    known = set(names)
    shown = [name for name in names if not any(name[: mark.start()] in known for mark in _INSIDE.finditer(name))]
    more = len(shown) - _MOST_NAMED
    return ", ".join(shown[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
