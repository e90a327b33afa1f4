"""Faults for every refusal that the OpenAPI document derives: one constraint of one component is not checked.

Belongs here: the family, made from `catalogue/request/derived.yaml`. Does not belong here: faults that are written by
hand (see `request`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from conformance.base.versions import NEWEST_VERSION
from conformance.reference import validate
from conformance.reference.answer import Call, Refusal
from conformance.reference.faults.base import Fault, plain
from conformance.reference.pipeline import Desk, Steps
from conformance.reference.prompt import Prompt
from conformance.standard.catalogue import load_bases
from conformance.standard.derive import Derived, derive
from conformance.standard.document import SchemaViolation, load_document
from conformance.standard.paths import catalogue_folder
from conformance.standard.requests import steps_of
from conformance.standard.source import load_yaml


@dataclass(frozen=True)
class Constraint:
    """What is not checked: a keyword of a component at a place of a body, in which `*` is any index."""

    body: str
    component: str
    place: str
    keyword: str


class ConstraintUnchecked(Fault):
    """Does not check one constraint: a request that breaks nothing else is answered like a plain one."""

    def __init__(self, derived: Derived, constraint: Constraint) -> None:
        self.id = f"{derived.id}-accepted"
        self.lie = f"Accepts what is refused: {derived.title[0].lower()}{derived.title[1:]}.".replace(
            " is refused.", "."
        )
        self.constraint = constraint

    def install(self, steps: Steps) -> Steps:
        def to_prompt(call: Call, desk: Desk, all_steps: Steps, component: str) -> Prompt:
            try:
                return steps.to_prompt(call, desk, all_steps, component)
            except Refusal as refusal:
                if component != self.constraint.body or not self._covers(refusal, call, desk, all_steps):
                    raise
                counting = component == validate.COUNT
                return steps.to_prompt(plain(call, counting=counting), desk, all_steps, component)

        return replace(steps, to_prompt=to_prompt)

    def _covers(self, refusal: Refusal, call: Call, desk: Desk, steps: Steps) -> bool:
        """Whether the constraint is all that the request breaks."""
        if refusal.status != 400:
            return False
        try:
            terms = steps.negotiate(call)
            body, _ = validate.split_extras(steps.parse(call, desk.settings.max_body), terms)
        except Refusal:
            return False
        found = desk.documents[terms.version].validate(self.constraint.body, body)
        return bool(found) and all(_constraint(self.constraint.body, each) == self.constraint for each in found)


def family() -> Iterable[Fault]:
    """One fault for each derived refusal."""
    folder = catalogue_folder()
    bases = load_bases(folder)
    document = load_document(NEWEST_VERSION)
    for entry in load_yaml(folder / "request" / "derived.yaml")["derive"]:
        step = steps_of(bases[entry["frame"]], bases)[0]
        for derived in derive(document, entry, step.body):
            body = validate.COUNT if step.path.endswith("count_tokens") else validate.CREATE
            whole = derived.body if derived.pointer == "/model" else {"model": "reference-latest", **derived.body}
            found = document.in_version(derived.version or NEWEST_VERSION).validate(body, whole)
            if found:
                yield ConstraintUnchecked(derived, _constraint(body, found[0]))


def _constraint(body: str, violation: SchemaViolation) -> Constraint:
    steps = ("*" if step.isdecimal() else step for step in violation.pointer.split("/"))
    return Constraint(body, violation.component, "/".join(steps), violation.keyword)
