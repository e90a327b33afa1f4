"""What a recorder did to a reply that nobody mentions, as far as the reply shows it: flags of `specs/recorders.yaml`.

None of these proves that it was the recorder. An endpoint may do the same, so what they leave out is said, and does not
gate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from conformance.base.marks import is_made_up
from conformance.model import Json
from conformance.protocol.reply import Reply
from conformance.protocol.sse import Event

_TOKEN: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_STEP: Final = {"{": 1, "[": 1, "}": -1, "]": -1}


def damage_of(reply: Reply) -> frozenset[str]:
    """What a recorder that is none of ours may have done to a reply."""
    return frozenset((*_in_headers(reply), *_in_stream(reply), *_in_json(reply), *_in_ids(reply)))


def _in_headers(reply: Reply) -> Iterator[str]:
    response = reply.exchange.response
    if response is not None and response.headers and response.body and response.header("content-type") is None:
        yield "content-type-dropped"


def _in_stream(reply: Reply) -> Iterator[str]:
    events, trace, response = reply.events, reply.trace, reply.exchange.response
    if events is None or trace is None or response is None or not response.body:
        return
    if any(map(_holds_several, events)):
        yield "blank-lines-dropped"
        return
    if not trace.complete and not _has_ended(events):
        yield "stream-unfinished"
    elif not events[-1].terminated:
        yield "stream-end-trimmed"
    if events and all(event.name is None for event in events):
        yield "event-names-dropped"


def _has_ended(events: Sequence[Event]) -> bool:
    """Whether the endpoint said why generation ended, and its last event arrived whole: nobody leaves between that and
    the event that is missing, because both come at once.
    """
    return events[-1].terminated and any(event.type == "message_delta" for event in events)


def _holds_several(event: Event) -> bool:
    """Whether the data of several events are in one, a line each."""
    lines = event.data.split("\n") if event.data is not None and event.reading.problem is not None else ()
    return len(lines) > 1 and all(line.startswith("{") for line in lines)


def _in_json(reply: Reply) -> Iterator[str]:
    """A JSON text that ends inside of a value."""
    response = reply.exchange.response
    if reply.json_problem is not None and response is not None and response.body.lstrip()[:1] in (b"{", b"["):
        text = response.body.decode("utf-8", "replace")
        depth, last = 0, ""
        for token in _TOKEN.finditer(text):
            last = token[0]
            depth += _STEP.get(last, 0)
        if depth > 0 or (last.startswith('"') and not last.endswith('"')):
            yield "body-truncated"


def _in_ids(reply: Reply) -> Iterator[str]:
    if any(isinstance(value, str) and is_made_up(value) for value in _ids(reply)):
        yield "ids-made-up"


def _ids(reply: Reply) -> Iterator[Json]:
    """The ids of an answer and of its blocks."""
    message = reply.message or {}
    yield message.get("id")
    content = message.get("content")
    for block in content if isinstance(content, list) else ():
        if isinstance(block, dict):
            yield block.get("id")
            yield block.get("tool_use_id")
