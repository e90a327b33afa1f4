"""Which cases judge each row of the table of what is judged: the row is broken on the stage, and some deviate.

A reply loses the member, or gets one of another type; what no honest answer holds is planted first, in the answers to
the simplest request. A request feature is refused, or dropped before the endpoint reads it.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from typing import Any

from conformance.base.values import MISSING
from conformance.model import Json
from conformance.protocol.exchange import Exchange
from conformance.reference.answer import Answer, Call, ServerEvent
from conformance.reference.faults import Fault, seams
from conformance.reference.pipeline import Steps
from conformance.reference.prompt import Prompt
from conformance.standard.document import Document
from conformance.standard.members import AtKey, EachItem, Holder, OfKind, OfType, Path, example, places
from conformance.standard.rows import (
    DROPPED,
    MISSING_MEMBER,
    REFUSED,
    ROOTS,
    WRONG_TYPE,
    Section,
    Subject,
    neutral_value,
    wrong_value,
)
from mutation.rehearsal import Run, Stage

MOST = 3
"""Cases that are kept for a cell: those that deviate in the fewest cells, which is what they are about."""

FEW, ALL = 4, 1_000_000
"""Answers that are changed at first, because each costs time, and where that shows nothing."""

Change = Callable[[Json], None]
Install = Callable[[Steps], Steps]
Found = dict[str, dict[str, list[str]]]


@dataclass(frozen=True)
class Breaker:
    """Breaks rows on a stage."""

    stage: Stage

    @property
    def document(self) -> Document:
        """The OpenAPI document of the stage."""
        return self.stage.library.document

    def found(self, row: Subject) -> dict[str, set[str]]:
        """The cases that deviate for each cell of a row, beyond those that deviate where nothing is broken."""
        if row.section in (Section.HISTORY, Section.REQUESTS):
            if not any(found_in(body, row) for body in self._bodies):
                return {}
            return {cell: self._deviating(install, may_crash=True) for cell, install in self._of_request(row)}
        if row.section is Section.PARAMETERS:
            return {cell: self._deviating(install) for cell, install in self._of_parameter(row)}
        if row.section is Section.HEADERS:
            return {cell: self._deviating(install) for cell, install in self._of_header(row)}
        seam = _SEAMS[row.root] if row.root in _SEAMS else in_event(row.root.partition(" ")[2])
        planted = self._planting(row, seam)
        before = self._deviating(planted) if planted is not None else set()

        def found(change: Change, most: int) -> set[str]:
            limited = only_first(most, seam, row.paths[0])
            return self._deviating(lambda steps: limited(planted(steps) if planted else steps, change)) - before

        return {cell: found(change, FEW) or found(change, ALL) for cell, change in self._of_reply(row)}

    def _deviating(self, install: Install, *, may_crash: bool = False) -> set[str]:
        """The cases that deviate on an endpoint with a change. A crash in place of an answer shows nothing."""
        verdicts = self.stage.rehearse([Fault("broken", "", install)])
        if verdicts.crashed and not may_crash:
            raise RuntimeError("the change does not fit the answer")
        return set() if verdicts.crashed else set(verdicts.deviating)

    @cached_property
    def _bodies(self) -> list[Json]:
        """The bodies of the requests that the reference endpoint answers."""
        sent = (
            exchange.request.body for answer, exchange in self.stage.honest.answered.values() if answer.status == 200
        )
        return [json.loads(body) for body in sent if body.startswith(b"{")]

    # Replies

    def _of_reply(self, row: Subject) -> Iterator[tuple[str, Change]]:
        (path,) = row.paths
        wrong = wrong_value(self.document, row.schema)
        if MISSING_MEMBER in row.cells:
            yield MISSING_MEMBER, lambda value: _drop(places(value, path))
        if WRONG_TYPE in row.cells:
            yield WRONG_TYPE, lambda value: _set(places(value, path), wrong)

    @cached_property
    def _sent(self) -> dict[str, list[Json]]:
        """What the honest endpoint sends, by root."""
        sent: dict[str, list[Json]] = {}
        for answer, exchange in self.stage.honest.answered.values():
            for root, value in parts_of(answer, exchange):
                sent.setdefault(root, []).append(value)
        return sent

    def _planting(self, row: Subject, seam: Seam) -> Install | None:
        """Puts the member of a row into answers, where no honest answer has it."""
        (path,) = row.paths
        if any(places(value, path) for value in self._sent.get(row.root, ())):
            return None
        plant = _PLANTING.get(row.root, seam)
        event = row.root.partition(" ")[2]
        component = self.document.members("RawMessageStreamEvent")[event] if event else ROOTS[row.root]
        schema = self.document.schema(component)
        return lambda steps: plant(steps, lambda value: _plant(self.document, schema, value, path))

    # Requests

    def _of_request(self, row: Subject) -> Iterator[tuple[str, Install]]:
        def problem(prompt: Prompt, _: Call) -> str | None:
            return "This is not supported." if found_in(prompt.body, row) else None

        def drop(body: Json, *_: Any) -> None:
            for place in reversed(found_in(body, row)):
                if row.required:
                    place.owner[place.key] = neutral_value(self.document.resolve(row.schema))
                else:
                    del place.owner[place.key]

        for cell in row.cells:
            if cell == REFUSED:
                yield cell, lambda steps: seams.refusing(steps, problem)
            else:
                yield cell, lambda steps: seams.in_request(steps, drop)

    def _of_parameter(self, row: Subject) -> Iterator[tuple[str, Install]]:
        beta = row.id.startswith("beta: ")

        def given(call: Call) -> bool:
            if beta:
                return row.root in (call.header("anthropic-beta") or "")
            return (
                call.header(row.root) is not None if row.schema["in"] == "header" else bool(call.parameters(row.root))
            )

        def refuse(call: Call) -> Call:
            if given(call):
                raise seams.invalid("This is not supported.", None)
            return call

        def drop(call: Call) -> Call:
            if row.schema["in"] == "header":
                return seams.without_header(call, row.root)
            return replace(call, query=tuple(pair for pair in call.query if pair[0] != row.root))

        yield REFUSED, lambda steps: seams.in_call(steps, refuse)
        if DROPPED in row.cells:
            yield DROPPED, lambda steps: seams.in_call(steps, drop)

    def _of_header(self, row: Subject) -> Iterator[tuple[str, Install]]:
        answers = [answer for answer, _ in self.stage.honest.answered.values()]
        never = not any(row.root in map(str.lower, answer.headers) for answer in answers)

        def changed(answer: Answer, value: str | None) -> Answer:
            kept = {name: each for name, each in answer.headers.items() if name.lower() != row.root}
            there = value is not None and (never or kept != answer.headers)
            return replace(answer, headers={**kept, row.root: value} if there else kept)

        for cell in row.cells:
            value = None if cell == MISSING_MEMBER else "conformance" if "minLength" not in row.schema else ""
            yield cell, lambda steps, value=value: seams.in_answer(steps, lambda answer: changed(answer, value))


Seam = Callable[[Steps, Change], Steps]

HEAD = """\
# The cases that were seen to deviate when the reference endpoint broke each row of the table of what is judged: at most
# three for each way to break it, those that are about the least else.
# Generated by `python -m mutation.regen --row PATTERN`; read every difference.

"""


def text(found: Mapping[str, Mapping[str, Sequence[str]]]) -> str:
    """The file of the evidence."""
    lines = [
        line
        for row, cells in found.items()
        for line in (f'"{row}":', *(f"  {name}: [{', '.join(cases)}]" for name, cases in cells.items()))
    ]
    return HEAD + "\n".join(lines) + "\n"


def found_in(body: Json, row: Subject) -> list[Holder]:
    """Where a request holds what a row is about."""
    found = [place for path in row.paths for place in places(body, path)]
    return found if row.value is MISSING else [place for place in found if place.value == row.value]


def parts_of(answer: Answer, exchange: Exchange) -> Iterator[tuple[str, Json]]:
    """What an answer consists of: the data of its events, or its body, each with its root."""
    path = exchange.request.url.partition("?")[0]
    if answer.events is not None:
        yield from ((f"event {event.name}", event.data) for event in answer.events)
    elif answer.status >= 400:
        yield "error", answer.body
    elif "/models/" in path:
        yield "model", answer.body
    else:
        yield {"messages": "answer", "count_tokens": "count"}.get(path.rpartition("/")[2], "models"), answer.body


def narrowed(stage: Stage, chosen: Iterable[Subject]) -> Stage:
    """The stage with only as many requests as show each of the replies' members a few times: each costs time."""
    by_root: dict[str, list[Path]] = {}
    for row in chosen:
        by_root.setdefault(row.root, []).extend(row.paths)
    others = {each.name for each in stage.plan.scenarios if not all(step.makes_message for step in each.steps)}
    shown, kept = Counter[tuple[str, Path]](), {stage.plan.scenarios[0].name, *others}
    for (name, _, _), (answer, exchange) in stage.honest.answered.items():
        here = {
            (root, path)
            for root, value in parts_of(answer, exchange)
            for path in by_root.get(root, ())
            if shown[root, path] < FEW and places(value, path)
        }
        shown.update(here)
        kept |= {name} if here else set()
    scenarios = tuple(scenario for scenario in stage.plan.scenarios if scenario.name in kept)
    narrow = replace(stage, plan=replace(stage.plan, scenarios=scenarios), honest=Run({}, {}), base={})
    narrow.perform()
    return narrow


def evidence(stage: Stage, chosen: Iterable[Subject]) -> Found:
    """The cases that judge each cell of some rows; cells that no case judges are left out."""
    listed = list(chosen)
    of_replies = [row for row in listed if row.section in (Section.REPLIES, Section.EVENTS)]
    whole, narrow = Breaker(stage), Breaker(narrowed(stage, of_replies)) if of_replies else None
    replied = {row.id for row in of_replies}
    return distilled({row.id: (narrow if narrow and row.id in replied else whole).found(row) for row in listed})


def distilled(every: Mapping[str, Mapping[str, Iterable[str]]]) -> Found:
    """For each cell that a case judges, the few cases that are about the least else."""
    weight = Counter(case for cells in every.values() for cases in cells.values() for case in cases)
    return {
        name: kept
        for name, cells in every.items()
        if (kept := {cell: _least(cases, weight) for cell, cases in cells.items() if cases})
    }


def _least(cases: Iterable[str], weight: Mapping[str, int]) -> list[str]:
    return sorted(sorted(cases, key=lambda case: (weight[case], case))[:MOST])


def only_first(most: int, seam: Seam, path: Path = ()) -> Seam:
    """A seam at the first values in which a path leads somewhere, or at the first of all."""

    def install(steps: Steps, change: Change) -> Steps:
        numbers = count()

        def change_some(value: Json) -> None:
            if places(value, path) and next(numbers) < most:
                change(value)

        return seam(steps, change_some)

    return install


def in_operation(name: str) -> Seam:
    """The seam at the JSON body of an operation."""

    def install(steps: Steps, change: Change) -> Steps:
        def operate(*given: Any) -> Answer:
            answer = getattr(steps, name)(*given)
            body = copy.deepcopy(answer.body)
            change(body)
            return replace(answer, body=body)

        return replace(steps, **{name: operate})

    return install


def in_error(steps: Steps, change: Change) -> Steps:
    """The seam at the envelope of every error."""

    def changed(answer: Answer) -> Answer:
        if answer.status < 400:
            return answer
        body = copy.deepcopy(answer.body)
        change(body)
        return replace(answer, body=body)

    return seams.in_answer(steps, changed)


def in_event(kind: str) -> Seam:
    """The seam at the data of every event of a type."""

    def install(steps: Steps, change: Change) -> Steps:
        def changed(events: list[ServerEvent]) -> list[ServerEvent]:
            for event in events:
                if event.name == kind:
                    change(event.data)
            return events

        return seams.in_events(steps, changed)

    return install


def _planting_event(kind: str) -> Seam:
    """Plants in the first event of a type of a few simple streams; where there is none, in a new one before the end."""

    def install(steps: Steps, change: Change) -> Steps:
        numbers = count()

        def to_events(message: Mapping[str, Any]) -> tuple[ServerEvent, ...]:
            events = [ServerEvent(each.name, copy.deepcopy(each.data)) for each in steps.to_events(message)]
            if not _is_simple(message) or next(numbers) >= FEW:
                return tuple(events)
            at = next(number for number, event in enumerate(events) if event.name == "message_delta")
            added: list[dict[str, Any]] = []
            if kind == "error":
                added, events = [{"type": "error"}], events[:at]
            elif kind == "content_block_start":
                added = [{"type": kind, "index": 1}, {"type": "content_block_stop", "index": 1}]
            elif kind == "content_block_delta":
                at -= 1
                added = [{"type": kind, "index": 0}]
            events[at:at] = [ServerEvent(each["type"], each) for each in added]
            change(events[at].data if added else next(each.data for each in events if each.name == kind))
            return tuple(events)

        return replace(steps, to_events=to_events)

    return install


def in_answer(steps: Steps, change: Change, *, simple: bool = False) -> Steps:
    """The seam at the JSON body of a Message. `simple`: only where it answers a simple request."""

    def encode(message: dict[str, Any]) -> Answer:
        answer = steps.encode_json(message)
        body = copy.deepcopy(answer.body)
        if _is_simple(message) or not simple:
            change(body)
        return replace(answer, body=body)

    return replace(steps, encode_json=encode)


def _is_simple(message: Mapping[str, Any]) -> bool:
    return [block["type"] for block in message["content"]] == ["text"] and message["stop_reason"] == "end_turn"


def _plant(document: Document, schema: Mapping[str, Any], value: Json, path: Path) -> None:
    """Puts an example of what a path leads to into a value, at most once."""
    holder: Holder = Holder([value], 0)
    for number, step in enumerate(path):
        there = holder.value
        rest = path[number + 1 :]
        schema = _inner(document, schema, step)
        match step:
            case AtKey(name):
                if not isinstance(there.get(name), dict | list):
                    there[name] = example(document, schema, rest)
                    return
                holder = Holder(there, name)
            case EachItem():
                fitting = [at for at, item in enumerate(there) if not rest or places(item, rest[:1])]
                if not fitting:
                    there.append(example(document, schema, rest))
                    return
                holder = Holder(there, fitting[0])
            case OfKind() | OfType():
                pass


def _inner(document: Document, schema: Mapping[str, Any], step: Any) -> Mapping[str, Any]:
    """The schema of what a step leads to."""
    schema = document.resolve(schema)
    if isinstance(step, OfKind):
        mapping = schema["discriminator"]["mapping"]
        return document.resolve({"$ref": next(ref for name, ref in mapping.items() if name in step.values)})
    branches = [schema, *(branch for word in ("oneOf", "anyOf", "allOf") for branch in schema.get(word, ()))]
    for branch in map(document.resolve, branches):
        if isinstance(step, AtKey) and step.name in branch.get("properties", {}):
            return branch["properties"][step.name]
        if isinstance(step, EachItem) and "items" in branch:
            return branch["items"]
    return schema


def _drop(found: Sequence[Holder]) -> None:
    for place in reversed(found):
        del place.owner[place.key]


def _set(found: Sequence[Holder], value: Json) -> None:
    for place in found:
        place.owner[place.key] = copy.deepcopy(value)


_SEAMS: Mapping[str, Seam] = {
    "answer": in_answer,
    "count": in_operation("count_tokens"),
    "models": in_operation("list_models"),
    "model": in_operation("get_model"),
    "error": in_error,
}
"""Where the members of each JSON body are changed."""

_PLANTING: Mapping[str, Seam] = {
    "answer": only_first(FEW, lambda steps, change: in_answer(steps, change, simple=True)),
    **{
        f"event {kind}": _planting_event(kind)
        for kind in ("message_start", "content_block_start", "content_block_delta", "message_delta", "error")
    },
}
"""Where members are planted; those of other bodies in all of them."""
