"""Checks on how a stream of named JSON events is framed: names, data, line ends and bytes (REQ-SSE).

What a certain event carries is in `events.py`, `block_starts.py` and `deltas.py`.
"""

from __future__ import annotations

from typing import Final

from conformance.base.strict_json import REPLACEMENT
from conformance.base.values import show, strings
from conformance.judge.check import FINE, NOTHING_SEEN, Observation, check, deviation, found
from conformance.judge.checks.text import damaged_prompt
from conformance.judge.stream_findings import Problem, conclude, of_type
from conformance.protocol.reply import Reply
from conformance.protocol.sse import Event

PING: Final = "ping"

DONE: Final = "[DONE]"
"""The terminator of another vendor's streams, which this API does not have (REQ-SSE-005)."""


@check("named-events")
def named_events(reply: Reply) -> Observation:
    """Every event has a name; a lone [DONE] without one is left to `no-bare-done`."""
    framed = [(number, event) for number, event in _numbered(reply) if event.data is not None and not _is_done(event)]
    problems = [
        Problem(number, "an event line before the data", f"only data: {show(event.data)}")
        for number, event in framed
        if not event.name
    ]
    return conclude(reply, len(framed), problems, "events")


@check("event-name-is-type")
def event_name_is_type(reply: Reply) -> Observation:
    """The name of an event equals the type in its data."""
    both = [(number, event) for number, event in _numbered(reply) if event.name and event.type is not None]
    problems = [
        Problem(number, f"event name {show(event.type)}, the type in its data", f"event name {show(event.name)}")
        for number, event in both
        if event.name != event.type
    ]
    return conclude(reply, len(both), problems, "events")


@check("data-is-object")
def data_is_object(reply: Reply) -> Observation:
    """The data of every named event is one JSON object; [DONE] is left to `no-done`, other encodings to `utf-8`."""
    named = [
        (number, event)
        for number, event in _numbered(reply)
        if event.name and not _is_done(event) and event.encoding is None
    ]
    whole = [(number, event) for number, event in named if event.terminated or isinstance(event.json, dict)]
    problems = [
        Problem(number, "one JSON object as data", "no data" if event.data is None else show(event.data))
        for number, event in whole
        if not isinstance(event.json, dict)
    ]
    return conclude(reply, len(whole), problems, "events")


@check("data-has-type")
def data_has_type(reply: Reply) -> Observation:
    """The data object of every named event but pings has a non-empty string as type."""
    return _typed(reply, [(number, event) for number, event in _numbered(reply) if event.name not in (None, "", PING)])


@check("ping-has-type")
def ping_has_type(reply: Reply) -> Observation:
    """The data object of every ping has a non-empty string as type. Who knows an event by its name skips pings."""
    return _typed(reply, [(number, event) for number, event in _numbered(reply) if event.name == PING])


def _typed(reply: Reply, events: list[tuple[int, Event]]) -> Observation:
    named = [(number, event) for number, event in events if isinstance(event.json, dict)]
    problems = [
        Problem(number, "a string as type in the data", f"type {show(event.json['type'])}")
        if "type" in event.json
        else Problem(number, "a string as type in the data", f"no type in {show(event.json)}")
        for number, event in named
        if not event.type
    ]
    return conclude(reply, len(named), problems, "events")


@check("no-done")
def no_done(reply: Reply) -> Observation:
    """No named event has [DONE] as data, which breaks whoever parses it."""
    numbered = list(_numbered(reply))
    problems = [
        Problem(number, "message_stop as the last event", f"event {show(event.name)} with data {DONE}")
        for number, event in numbered
        if event.name and _is_done(event)
    ]
    return conclude(reply, len(numbered), problems, "events")


@check("no-bare-done")
def no_bare_done(reply: Reply) -> Observation:
    """No data-only event has [DONE] as data; it reaches no official client, but others take it for the end."""
    numbered = list(_numbered(reply))
    problems = [
        Problem(number, "message_stop as the last event", f"data {DONE} without an event name")
        for number, event in numbered
        if not event.name and _is_done(event)
    ]
    return conclude(reply, len(numbered), problems, "events")


@check("ends-with-blank-line")
def ends_with_blank_line(reply: Reply) -> Observation:
    """The last event of a whole stream is ended by a blank line."""
    if not reply.events or reply.trace is None or not reply.trace.complete:
        return NOTHING_SEEN
    last = reply.events[-1]
    if last.terminated:
        return FINE
    problem = Problem(len(reply.events), "a blank line after the last event", "the end of the body")
    return conclude(reply, 1, [problem], "streams")


@check("utf-8")
def utf_8(reply: Reply) -> Observation:
    """The body of a stream is valid UTF-8."""
    response = reply.exchange.response
    if not reply.events or response is None:
        return NOTHING_SEEN
    problem = _invalid_byte(reply)
    if problem is None:
        return FINE
    number = next((n for n, event in _numbered(reply) if event.offset <= problem.start < event.end), None)
    actual = f"byte 0x{response.body[problem.start]:02x}: {problem.reason}"
    return found(deviation(reply, "valid UTF-8", actual, event=number, offset=problem.start))


@check("whole-characters")
def whole_characters(reply: Reply) -> Observation:
    """No character of the request is split between two deltas: no half surrogate pair, no U+FFFD in its place.

    U+FFFD that is not in the place of a character of the request is the model's own.
    """
    if reply.events is None or _invalid_byte(reply) is not None:
        return NOTHING_SEEN
    damage = damaged_prompt(reply)
    seen, problems = 0, []
    for number, data in of_type(reply, "content_block_delta"):
        seen += 1
        if any(flaw.kind == "surrogate" for flaw in reply.events[number - 1].flaws):
            problems.append(Problem(number, "whole characters", f"half a surrogate pair in {show(data['delta'])}"))
        elif damage is not None and any(REPLACEMENT in text for text in strings(data.get("delta"))):
            problems.append(Problem(number, damage[0], f"U+FFFD in {show(data['delta'])}"))
    return conclude(reply, seen, problems, "deltas")


def _numbered(reply: Reply) -> list[tuple[int, Event]]:
    return list(enumerate(reply.events or (), 1))


def _is_done(event: Event) -> bool:
    return event.data is not None and event.data.strip() == DONE


def _invalid_byte(reply: Reply) -> UnicodeDecodeError | None:
    """What is not UTF-8 in the body; a stream that broke off may end inside a character."""
    try:
        if reply.exchange.response is not None:
            reply.exchange.response.body.decode("utf-8")
    except UnicodeDecodeError as problem:
        broke_off = reply.trace is not None and not reply.trace.complete
        if not (broke_off and problem.reason == "unexpected end of data"):
            return problem
    return None
