"""The seams of the pipeline: where a fault takes hold of an answer.

Each function takes the steps and a change, and returns the steps with the change in them. A change that cannot cope
with what another fault left behind changes nothing.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from conformance.base.versions import FIRST_VERSION
from conformance.model import Mode
from conformance.reference.answer import Answer, Call, Refusal, ServerEvent, dump
from conformance.reference.errors import invalid
from conformance.reference.pipeline import Desk, Operation, Steps
from conformance.reference.prompt import Prompt
from conformance.reference.validate import COUNT

Data = dict[str, Any]
"""An object of a request, a Message or an event, as JSON."""

Events = list[ServerEvent]

UNFIT = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What a change raises where it does not fit what is there."""


def in_steps(steps: Steps, change: Callable[[Steps], Steps]) -> Steps:
    """Any change of the steps."""
    return change(steps)


def in_message(steps: Steps, change: Callable[[Data], None]) -> Steps:
    """Changes the Message in place before it is sent, in both modes."""
    return in_message_of(steps, lambda message, _: change(message))


def in_message_of(steps: Steps, change: Callable[[Data, Prompt], None]) -> Steps:
    """Changes the Message in place before it is sent, given the prompt that it answers."""

    def make(prompt: Prompt, desk: Desk, all_steps: Steps) -> Data:
        message = steps.make_message(prompt, desk, all_steps)
        changed = copy.deepcopy(message)
        with suppress(*UNFIT):
            change(changed, prompt)
            return changed
        return message

    return replace(steps, make_message=make)


def in_body(steps: Steps, change: Callable[[Data], None]) -> Steps:
    """Changes the JSON body of a Message in place; streams stay as they are."""

    def encode(message: Data) -> Answer:
        changed = copy.deepcopy(message)
        with suppress(*UNFIT):
            change(changed)
            return steps.encode_json(changed)
        return steps.encode_json(message)

    return replace(steps, encode_json=encode)


def in_events(steps: Steps, change: Callable[[Events], Iterable[ServerEvent]]) -> Steps:
    """Replaces the events of a stream. The data of an event may be changed in place."""
    return in_events_of(steps, lambda events, _: change(events))


def in_events_of(steps: Steps, change: Callable[[Events, Data], Iterable[ServerEvent]]) -> Steps:
    """Replaces the events of a stream, given the Message that they carry."""

    def to_events(message: Mapping[str, Any]) -> tuple[ServerEvent, ...]:
        events = steps.to_events(message)
        with suppress(*UNFIT):
            copied = [ServerEvent(event.name, copy.deepcopy(event.data)) for event in events]
            return tuple(change(copied, dict(message)))
        return events

    return replace(steps, to_events=to_events)


def in_chunks(steps: Steps, change: Callable[[list[bytes]], Iterable[bytes]]) -> Steps:
    """Replaces the bytes of a stream, of which each chunk is one event."""

    def to_chunks(answer: Answer) -> Answer:
        done = steps.to_chunks(answer)
        return replace(done, chunks=tuple(change(list(done.chunks)))) if done.events is not None else done

    return replace(steps, to_chunks=to_chunks)


def in_answer(steps: Steps, change: Callable[[Answer], Answer]) -> Steps:
    """Replaces a finished answer of any kind."""
    return replace(steps, finish=lambda answer, desk: change(steps.finish(answer, desk)))


def in_call(steps: Steps, change: Callable[[Call], Call]) -> Steps:
    """Replaces a call before anything reads it."""
    return replace(steps, hear=lambda call: change(steps.hear(call)))


def in_route(steps: Steps, answer: Callable[[Call], Answer | None]) -> Steps:
    """Answers some calls at once, after their credentials were accepted. `answer` may raise a Refusal."""

    def route(call: Call, all_steps: Steps) -> Operation:
        made = answer(call)
        return steps.route(call, all_steps) if made is None else lambda *_: made

    return replace(steps, route=route)


def in_request(steps: Steps, change: Callable[[Data, Prompt, Call], None]) -> Steps:
    """Changes the body of a valid request in place: what is left of it is answered, or counted."""

    def to_prompt(call: Call, desk: Desk, all_steps: Steps, component: str) -> Prompt:
        prompt = steps.to_prompt(call, desk, all_steps, component)
        body = copy.deepcopy(prompt.body)
        with suppress(*UNFIT):
            change(body, prompt, call)
            return replace(prompt, body=body)
        return prompt

    return replace(steps, to_prompt=to_prompt)


def in_messages_request(steps: Steps, change: Callable[[Data], None]) -> Steps:
    """Changes the body of a valid message request in place; token counts stay as they are."""

    def of_messages(body: Data, prompt: Prompt, _: Call) -> None:
        if not prompt.counting:
            change(body)

    return in_request(steps, of_messages)


def refusing(steps: Steps, problem: Callable[[Prompt, Call], str | Refusal | None]) -> Steps:
    """Refuses valid requests. `problem` gives the message or the refusal, or None for a request that is answered."""

    def to_prompt(call: Call, desk: Desk, all_steps: Steps, component: str) -> Prompt:
        prompt = steps.to_prompt(call, desk, all_steps, component)
        found = problem(prompt, call)
        if found is not None:
            raise found if isinstance(found, Refusal) else invalid(found, None)
        return prompt

    return replace(steps, to_prompt=to_prompt)


def accepting(steps: Steps, accepts: Callable[[Refusal, Call, bool], bool]) -> Steps:
    """Answers invalid requests like plain ones. `accepts` gets the refusal, the call and whether tokens are counted."""

    def to_prompt(call: Call, desk: Desk, all_steps: Steps, component: str) -> Prompt:
        counting = component == COUNT
        try:
            return steps.to_prompt(call, desk, all_steps, component)
        except Refusal as refusal:
            if not accepts(refusal, call, counting):
                raise
            return steps.to_prompt(plain(call, counting=counting), desk, all_steps, component)

    return replace(steps, to_prompt=to_prompt)


def plain(call: Call, *, counting: bool = False) -> Call:
    """The call with headers and a body that every endpoint accepts; whether a stream is asked for stays."""
    body: Data = {"model": "reference-latest", "messages": [{"role": "user", "content": "Hello."}]}
    if not counting:
        body |= {"max_tokens": 16, "stream": re.search(rb'"stream":\s*true', call.body) is not None}
    negotiated = without_header(with_header(call, "anthropic-version", FIRST_VERSION), "anthropic-beta")
    return replace(without_header(negotiated, "content-encoding"), body=dump(body).encode(), oversized=False)


def with_header(call: Call, name: str, value: str) -> Call:
    """The call with one header set."""
    return replace(call, headers=(*without_header(call, name).headers, (name, value)))


def without_header(call: Call, name: str) -> Call:
    """The call without a header."""
    return replace(call, headers=tuple(pair for pair in call.headers if pair[0].lower() != name))


def mode_of(prompt: Prompt) -> Mode:
    """The mode that a prompt asks for."""
    return Mode.STREAM if prompt.body.get("stream") is True else Mode.JSON


def blocks_of_type(message: Data, *kinds: str) -> list[Data]:
    """The content blocks of these types."""
    return [block for block in message["content"] if block["type"] in kinds]


def kind_of(event: ServerEvent) -> str:
    """The type of an event: the one in its data, otherwise its name."""
    named = event.data.get("type") if isinstance(event.data, dict) else None
    return named if isinstance(named, str) else event.name or ""


def is_kind(event: ServerEvent, kind: str) -> bool:
    """Whether an event, or its delta, is of a type."""
    delta = event.data.get("delta") if isinstance(event.data, dict) else None
    return kind_of(event) == kind or (isinstance(delta, dict) and delta.get("type") == kind)


def numbers_of(events: Sequence[ServerEvent], kind: str) -> list[int]:
    """The positions of the events of a type, or with a delta of a type."""
    return [number for number, event in enumerate(events) if is_kind(event, kind)]
