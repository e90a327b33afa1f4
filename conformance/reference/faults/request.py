"""Faults with the fields of a request that need code, and one for every refusal that the OpenAPI document implies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from conformance.base.versions import NEWEST_VERSION
from conformance.reference import validate
from conformance.reference.answer import Call, Cause, Refusal
from conformance.reference.faults.fault import Fault, fault
from conformance.reference.faults.seams import in_steps, plain
from conformance.reference.faults.transport import streaming
from conformance.reference.pipeline import Desk, Steps
from conformance.reference.prompt import Prompt
from conformance.standard.bases import load_bases
from conformance.standard.derive import Derived, derive
from conformance.standard.document import load_document
from conformance.standard.paths import catalogue_folder
from conformance.standard.source import load_yaml


@fault(in_steps)
def stream_false_streams(steps: Steps) -> Steps:
    """Streams when the request says stream false."""
    return streaming(steps, lambda call: b'"stream":false' in call.body)


def family() -> Iterable[Fault]:
    """One fault for each derived refusal of the catalogue: the constraint behind it is not checked."""
    folder = catalogue_folder()
    bases = load_bases(folder)
    document = load_document(NEWEST_VERSION)
    for entry in load_yaml(folder / "request" / "derived.yaml")["derive"]:
        step = bases.steps[entry["frame"]][0]
        for derived in derive(document, entry, step.body):
            component = validate.COUNT if step.path.endswith("count_tokens") else validate.CREATE
            whole = derived.body if derived.pointer == "/model" else {"model": "reference-latest", **derived.body}
            found = document.in_version(derived.version or NEWEST_VERSION).validate(component, whole)
            if found:
                yield _unchecked(derived, component, validate.cause_of(found[0]))


def _unchecked(derived: Derived, component: str, cause: Cause) -> Fault:
    """The fault that answers a request like a plain one where `cause` is all that is wrong with it."""

    def covers(refusal: Refusal, call: Call, desk: Desk, steps: Steps) -> bool:
        if refusal.status != 400:
            return False
        try:
            terms = steps.negotiate(call)
            body = steps.parse(call, desk.settings.max_body)
        except Refusal:
            return False
        found = desk.documents[terms.version].with_betas(terms.betas).validate(component, body)
        return bool(found) and all(validate.cause_of(each) == cause for each in found)

    def install(steps: Steps) -> Steps:
        def to_prompt(call: Call, desk: Desk, all_steps: Steps, asked: str) -> Prompt:
            try:
                return steps.to_prompt(call, desk, all_steps, asked)
            except Refusal as refusal:
                if asked != component or not covers(refusal, call, desk, all_steps):
                    raise
                return steps.to_prompt(plain(call, counting=asked == validate.COUNT), desk, all_steps, asked)

        return replace(steps, to_prompt=to_prompt)

    lie = f"{derived.title.replace('The endpoint refuses', 'Accepts')}."
    return Fault(f"{derived.id}-accepted", lie, install)
