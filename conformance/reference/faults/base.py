"""Kinds of faults: what each of them takes hold of.

Belongs here: the base classes that let a fault be a few lines, by the step of an answer that they replace. Does not
belong here: any fault (see the modules of the areas), judging.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType
from typing import Any, ClassVar

from conformance.model import Mode
from conformance.reference.answer import Answer, Call, Refusal, ServerEvent, dump
from conformance.reference.errors import invalid
from conformance.reference.pipeline import Desk, Steps
from conformance.reference.prompt import Prompt
from conformance.reference.validate import COUNT

Data = dict[str, Any]
"""An object of a request, a Message or an event, as JSON."""

UNFIT = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What an edit raises where another fault left nothing that it could change; then what is there stays as it is."""


class Fault:
    """One deliberate defect of the reference endpoint. The first sentence of a subclass's docstring says how it lies.

    `id` is the class name in kebab case unless the class says otherwise. `collateral` names the cases that fail beside
    those that the fault is made for, because the defect truly violates them too: reason -> case ids.
    """

    id: str
    area: str = ""
    lie: str
    collateral: Mapping[str, tuple[str, ...]] = MappingProxyType({})

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "id" not in vars(cls):
            cls.id = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", cls.__name__).lower()
        cls.lie = " ".join((cls.__doc__ or "").partition("\n\n")[0].split())

    def install(self, steps: Steps) -> Steps:
        """The steps with the fault in them, whatever other faults they already hold."""
        raise NotImplementedError


class MessageFault(Fault):
    """Changes the Message before it is sent, in both modes or in one."""

    only: ClassVar[Mode | None] = None

    def edit(self, message: Data, prompt: Prompt) -> None:
        """Changes the Message in place."""
        raise NotImplementedError

    def install(self, steps: Steps) -> Steps:
        def make(prompt: Prompt, desk: Desk, all_steps: Steps) -> Data:
            message = steps.make_message(prompt, desk, all_steps)
            changed = copy.deepcopy(message)
            if self.only in (None, mode_of(prompt)):
                with suppress(*UNFIT):
                    self.edit(changed, prompt)
                    return changed
            return message

        return replace(steps, make_message=make)


class BodyFault(Fault):
    """Changes the JSON body of an answer to a message request, after the Message was made; streams stay as they are."""

    def edit(self, message: Data) -> None:
        """Changes the body in place."""
        raise NotImplementedError

    def install(self, steps: Steps) -> Steps:
        def encode(message: Data) -> Answer:
            changed = copy.deepcopy(message)
            with suppress(*UNFIT):
                self.edit(changed)
                return steps.encode_json(changed)
            return steps.encode_json(message)

        return replace(steps, encode_json=encode)


class EventsFault(Fault):
    """Changes the events of a stream."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        """The events that are sent in place of the honest ones, whose data may be changed in place."""
        raise NotImplementedError

    def install(self, steps: Steps) -> Steps:
        def to_events(message: Mapping[str, Any]) -> tuple[ServerEvent, ...]:
            events = steps.to_events(message)
            with suppress(*UNFIT):
                return tuple(self.edit([ServerEvent(event.name, copy.deepcopy(event.data)) for event in events]))
            return events

        return replace(steps, to_events=to_events)


class EventFault(EventsFault):
    """Changes the data of every event of one type."""

    kind: ClassVar[str]

    def change(self, data: Data) -> None:
        """Changes the data in place."""
        raise NotImplementedError

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        for event in events:
            if isinstance(event.data, dict) and kind_of(event) == self.kind:
                self.change(event.data)
        return events


class BytesFault(Fault):
    """Changes the bytes of a stream; each chunk is one event."""

    def edit(self, chunks: list[bytes]) -> Iterable[bytes]:
        """The chunks that are sent in place of the honest ones."""
        raise NotImplementedError

    def install(self, steps: Steps) -> Steps:
        def to_chunks(answer: Answer) -> Answer:
            done = steps.to_chunks(answer)
            return replace(done, chunks=tuple(self.edit(list(done.chunks)))) if done.events is not None else done

        return replace(steps, to_chunks=to_chunks)


class AnswerFault(Fault):
    """Changes a finished answer of any kind: status, headers, body."""

    def edit(self, answer: Answer) -> Answer:
        """The answer that is sent in place of the honest one."""
        raise NotImplementedError

    def install(self, steps: Steps) -> Steps:
        return replace(steps, finish=lambda answer, desk: self.edit(steps.finish(answer, desk)))


class ErrorFault(AnswerFault):
    """Changes error answers."""

    def change(self, answer: Answer, body: Data) -> Answer:
        """The answer that is sent in place of the honest error, whose envelope is `body`."""
        raise NotImplementedError

    def edit(self, answer: Answer) -> Answer:
        if answer.status < 400 or not isinstance(answer.body, dict):
            return answer
        return self.change(answer, copy.deepcopy(answer.body))


class RefusingFault(Fault):
    """Refuses valid requests of one kind, after everything else of them was found to be in order."""

    def problem(self, prompt: Prompt, call: Call) -> str | Refusal | None:
        """What the server says is wrong, or None for a request that it answers."""
        raise NotImplementedError

    def install(self, steps: Steps) -> Steps:
        def to_prompt(call: Call, desk: Desk, all_steps: Steps, component: str) -> Prompt:
            prompt = steps.to_prompt(call, desk, all_steps, component)
            problem = self.problem(prompt, call)
            if problem is not None:
                raise problem if isinstance(problem, Refusal) else invalid(problem)
            return prompt

        return replace(steps, to_prompt=to_prompt)


class FieldFault(RefusingFault):
    """Refuses a body field, or some of its values."""

    field: ClassVar[str]

    def refuses(self, value: Any) -> bool:
        """Whether a value of the field is refused."""
        return value is not None

    def problem(self, prompt: Prompt, call: Call) -> str | Refusal | None:
        value = prompt.body.get(self.field)
        if prompt.counting or not self.refuses(value):
            return None
        return f"{self.field}: Extra inputs are not permitted"


class DeafFault(Fault):
    """Does not hear a part of valid requests: what it makes of a body is answered in place of the body.

    `counts` says whether messages, token counts or both are affected.
    """

    counts: ClassVar[bool | None] = False

    def edit(self, body: Data, prompt: Prompt) -> None:
        """Changes a copy of the request body in place."""
        raise NotImplementedError

    def install(self, steps: Steps) -> Steps:
        def to_prompt(call: Call, desk: Desk, all_steps: Steps, component: str) -> Prompt:
            prompt = steps.to_prompt(call, desk, all_steps, component)
            if self.counts not in (None, prompt.counting):
                return prompt
            body = copy.deepcopy(prompt.body)
            self.edit(body, prompt)
            return replace(prompt, body=body)

        return replace(steps, to_prompt=to_prompt)


class AcceptingFault(Fault):
    """Accepts invalid requests of one kind: what it cannot make sense of it answers like a plain request.

    `sentence` is a pattern for the message of the honest refusal; `counts` as in `DeafFault`.
    """

    sentence: ClassVar[str]
    counts: ClassVar[bool | None] = False

    def accepts(self, refusal: Refusal, call: Call) -> bool:
        """Whether the request is accepted in spite of the refusal."""
        return refusal.status == 400 and re.search(self.sentence, refusal.message) is not None

    def install(self, steps: Steps) -> Steps:
        def to_prompt(call: Call, desk: Desk, all_steps: Steps, component: str) -> Prompt:
            try:
                return steps.to_prompt(call, desk, all_steps, component)
            except Refusal as refusal:
                counting = component == COUNT
                if self.counts not in (None, counting) or not self.accepts(refusal, call):
                    raise
                return steps.to_prompt(plain(call, counting=counting), desk, all_steps, component)

        return replace(steps, to_prompt=to_prompt)


class BlockRefused(RefusingFault):
    """Refuses content blocks of one type, or some of them. `counts` as in `DeafFault`."""

    block: ClassVar[str]
    counts: ClassVar[bool | None] = False

    def refuses(self, block: Data) -> bool:
        """Whether a block of the type is refused."""
        return True

    def problem(self, prompt: Prompt, call: Call) -> str | Refusal | None:
        for message in prompt.messages if self.counts in (None, prompt.counting) else ():
            for path, block in message.numbered():
                if block.get("type") == self.block and self.refuses(block):
                    return f"{path}: Input tag '{self.block}' is not known"
        return None


class BlockDropped(DeafFault):
    """Leaves content blocks of one type out, or some of them."""

    block: ClassVar[str]

    def drops(self, block: Data) -> bool:
        """Whether a block of the type is left out."""
        return True

    def edit(self, body: Data, prompt: Prompt) -> None:
        for message in body["messages"]:
            if isinstance(message["content"], list):
                blocks = message["content"]
                message["content"] = [b for b in blocks if b.get("type") != self.block or not self.drops(b)]


class LaxFault(Fault):
    """Leaves out rules that a schema cannot say, by the clauses that they follow from."""

    without: ClassVar[tuple[str, ...]]

    def install(self, steps: Steps) -> Steps:
        return replace(steps, rules=tuple(rule for rule in steps.rules if rule[0] not in self.without))


def plain(call: Call, *, counting: bool = False) -> Call:
    """The call with a plain body in place of its own; whether a stream is asked for stays."""
    body: Data = {"model": "reference-latest", "messages": [{"role": "user", "content": "Hello."}]}
    if not counting:
        body |= {"max_tokens": 16, "stream": re.search(rb'"stream":\s*true', call.body) is not None}
    return replace(call, body=dump(body).encode(), oversized=False)


def because(reason: str, *cases: str) -> Mapping[str, tuple[str, ...]]:
    """Cases that fail beside those that a fault is made for, and why; `*` in a case id stands for anything."""
    return {reason: cases}


def mode_of(prompt: Prompt) -> Mode:
    """The mode that a prompt asks for."""
    return Mode.STREAM if prompt.body.get("stream") is True else Mode.JSON


def blocks_of_type(message: Data, *kinds: str) -> list[Data]:
    """The content blocks of these types."""
    return [block for block in message["content"] if block["type"] in kinds]


def kind_of(event: ServerEvent) -> str:
    """The type of an event: that in its data, otherwise its name."""
    named = event.data.get("type") if isinstance(event.data, dict) else None
    return named if isinstance(named, str) else event.name or ""


def is_kind(event: ServerEvent, kind: str) -> bool:
    """Whether an event is of a type, or its delta is."""
    delta = event.data.get("delta") if isinstance(event.data, dict) else None
    return kind_of(event) == kind or (isinstance(delta, dict) and delta.get("type") == kind)


def numbers_of(events: Sequence[ServerEvent], kind: str) -> list[int]:
    """Where the events of a type, or with a delta of a type, stand."""
    return [number for number, event in enumerate(events) if is_kind(event, kind)]
