"""Alterations: one change of the pipeline, as data, and how it is installed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from conformance.model import Json
from conformance.reference.answer import Answer, Call, Refusal
from conformance.reference.errors import TYPE_OF_STATUS
from conformance.reference.faults import seams
from conformance.reference.faults.edits import Place, edit, places, root_of
from conformance.reference.faults.event_edits import edited, picked
from conformance.reference.faults.patterns import matches
from conformance.reference.faults.schema import REQUESTS
from conformance.reference.faults.seams import Data
from conformance.reference.pipeline import Desk, Operation, Steps
from conformance.reference.prompt import Prompt


@dataclass(frozen=True)
class Alteration:
    """One alteration as read: what it acts on, its conditions, and its edits in order."""

    on: str
    at: str
    where: Json
    pick: Any
    when: Mapping[str, Any]
    edits: tuple[tuple[str, Any], ...]

    def install(self, steps: Steps) -> Steps:
        """The steps with the alteration in them."""
        return _INSTALL[self.on](self, steps)

    def selected(self, value: Json) -> tuple[Place, list[Place]]:
        """The whole of a value, and the places in it that are edited; `pick` counts within one array."""
        root = root_of(value)
        found = [place for place in places(root, self.at) if matches(self.where, place.value)]
        if self.pick == "all":
            return root, found
        owners = {id(place.owner): None for place in found}
        return root, [
            place for owner in owners for place in picked([p for p in found if id(p.owner) == owner], self.pick)
        ]

    def change(self, value: Json) -> Json:
        """A value after the edits; it may be changed in place."""
        root, chosen = self.selected(value)
        for place in reversed(chosen):
            for operation, argument in self.edits:
                if operation == "drop":
                    del place.owner[place.key]
                else:
                    edit(place, operation, argument)
        return root.value

    def refusal(self, value: Json) -> Refusal | None:
        """The refusal of a request in which some place matches, or None."""
        given = dict(self.edits).get("refuse")
        if given is None or not self.selected(value)[1]:
            return None
        told = given if isinstance(given, dict) else {"status": 400, "message": given}
        kind = TYPE_OF_STATUS.get(told["status"], "invalid_request_error")
        return Refusal(told["status"], kind, told["message"])

    def holds(self, **facts: Any) -> bool:
        """Whether the conditions in `when` hold."""
        return all(matches(pattern, facts[name]) for name, pattern in self.when.items())


@dataclass(frozen=True)
class Acceptance:
    """A check that is switched off, given by a clause or by a pattern of the cause of a refusal."""

    cause: Json
    on: str
    when: Mapping[str, Any]

    def install(self, steps: Steps) -> Steps:
        """The steps without the check."""
        if self.on == "any-request" and not self.when:
            steps = replace(steps, rules=tuple(rule for rule in steps.rules if rule[0] != self.cause))
        return seams.accepting(steps, self._accepts)

    def _accepts(self, refusal: Refusal, call: Call, counting: bool) -> bool:
        if refusal.cause is None or REQUESTS[self.on] not in (None, counting):
            return False
        pattern = {"clause": self.cause} if isinstance(self.cause, str) else self.cause
        given = self.when.get("call", {})
        return matches(pattern, asdict(refusal.cause)) and matches(given, as_data(call))


def as_data(call: Call) -> Data:
    """A call as a value that patterns and edits can act on."""
    names = dict.fromkeys(name.lower() for name, _ in call.headers)
    headers = {name: call.header(name) for name in names}
    return {"method": call.method, "path": call.path, "query": dict(call.query), "headers": headers}


def _on_message(self: Alteration, steps: Steps) -> Steps:
    def change(message: Data, prompt: Prompt) -> None:
        if self.holds(request=prompt.body, mode=str(seams.mode_of(prompt))):
            self.change(message)

    return seams.in_message_of(steps, change)


def _on_body(self: Alteration, steps: Steps) -> Steps:
    return seams.in_body(steps, lambda message: _in_place(message, self.change))


def _on_events(self: Alteration, steps: Steps) -> Steps:
    return seams.in_events_of(
        steps,
        lambda events, message: (
            edited(events, self.where, self.pick, self.edits) if self.holds(message=message) else events
        ),
    )


def _on_answer(self: Alteration, steps: Steps) -> Steps:
    def change(answer: Answer) -> Answer:
        if self.on == "error" and (answer.status < 400 or not isinstance(answer.body, dict)):
            return answer
        clause = answer.cause.clause if answer.cause is not None else None
        value = {
            "status": answer.status,
            "headers": dict(answer.headers),
            "body": copy.deepcopy(answer.body),
            "stream": answer.events is not None,
            "clause": clause,
        }
        changed = self.change(value)
        return replace(answer, status=changed["status"], headers=changed["headers"], body=changed["body"])

    return seams.in_answer(steps, change)


def _on_count(self: Alteration, steps: Steps) -> Steps:
    return replace(steps, count_tokens=_changing(steps.count_tokens, self.change))


def _on_models(self: Alteration, steps: Steps) -> Steps:
    return replace(steps, list_models=_changing(steps.list_models, self.change))


def _on_model(self: Alteration, steps: Steps) -> Steps:
    return replace(steps, get_model=_changing(steps.get_model, self.change))


def _on_every_model(self: Alteration, steps: Steps) -> Steps:
    page = replace(self, at=f"/data/*{self.at}")
    return _on_models(page, _on_model(self, steps))


def _on_request(self: Alteration, steps: Steps) -> Steps:
    counting = REQUESTS[self.on]

    def concerns(prompt: Prompt, call: Call) -> bool:
        return counting in (None, prompt.counting) and self.holds(call=as_data(call))

    def problem(prompt: Prompt, call: Call) -> Refusal | None:
        return self.refusal(prompt.body) if concerns(prompt, call) else None

    def change(body: Data, prompt: Prompt, call: Call) -> None:
        if concerns(prompt, call):
            _in_place(body, self.change)

    return seams.refusing(steps, problem) if "refuse" in dict(self.edits) else seams.in_request(steps, change)


def _on_call(self: Alteration, steps: Steps) -> Steps:
    def answer(call: Call) -> Answer | None:
        value = as_data(call)
        refusal = self.refusal(value)
        if refusal is not None:
            raise refusal
        reply = dict(self.edits).get("reply")
        return Answer(reply["status"], body=reply["body"]) if reply and self.selected(value)[1] else None

    def change(call: Call) -> Call:
        before, after = as_data(call), self.change(as_data(call))
        return replace(
            call,
            method=after["method"],
            path=after["path"],
            query=_pairs(call.query, before["query"], after["query"]),
            headers=_pairs([(n.lower(), v) for n, v in call.headers], before["headers"], after["headers"]),
        )

    at_once = {"refuse", "reply"} & {operation for operation, _ in self.edits}
    return seams.in_route(steps, answer) if at_once else seams.in_call(steps, change)


_INSTALL: Mapping[str, Callable[[Alteration, Steps], Steps]] = {
    "message": _on_message,
    "body": _on_body,
    "events": _on_events,
    "answer": _on_answer,
    "error": _on_answer,
    "count": _on_count,
    "models": _on_models,
    "model": _on_model,
    "every-model": _on_every_model,
    **dict.fromkeys(REQUESTS, _on_request),
    "call": _on_call,
}


def _changing(operation: Operation, change: Callable[[Json], Json]) -> Operation:
    def changed(call: Call, desk: Desk, steps: Steps) -> Answer:
        answer = operation(call, desk, steps)
        return replace(answer, body=change(copy.deepcopy(answer.body)))

    return changed


def _in_place(value: Data, change: Callable[[Json], Json]) -> None:
    """Changes an object in place, also where all of it is replaced."""
    changed = change(value)
    if changed is not value:
        value.clear()
        value.update(changed)


def _pairs(
    pairs: Sequence[tuple[str, str]], before: Mapping[str, str], after: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Headers or query parameters after a change; those that did not change stay as they are."""
    kept = tuple(pair for pair in pairs if after.get(pair[0]) == before[pair[0]])
    return kept + tuple((name, value) for name, value in after.items() if before.get(name) != value)
