"""The table of betas drives the reference endpoint: what a name adds is accepted with it and refused without it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from conformance.base.versions import API_VERSIONS, NEWEST_VERSION
from conformance.reference import validate
from conformance.reference.answer import Refusal, Terms
from conformance.standard.betas import beta_names, known_betas, patches
from conformance.standard.document import Document, load_document
from conformance.standard.paths import spec_folder

DOCUMENTS = {version: load_document(version) for version in API_VERSIONS}
PLAIN = load_document(NEWEST_VERSION)
HELLO = {"role": "user", "content": "Hi"}
PREFIX = "#/components/schemas/"


def smallest(schema: dict[str, Any], document: Document) -> Any:
    """A small value that a schema allows."""
    schema = dict(document.resolve(schema))
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for union in ("oneOf", "anyOf"):
        if union in schema:
            return smallest(schema[union][0], document)
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        required = schema.get("required", ())
        return {name: smallest(schema["properties"][name], document) for name in required}
    if kind == "array":
        return [smallest(schema["items"], document)] * schema.get("minItems", 0)
    small = max(schema.get("minimum", 1), 1)
    return {"string": "a" * max(schema.get("minLength", 1), 1), "integer": small, "number": small, "boolean": True}[
        kind
    ]


def with_member(component: str, name: str, value: Any) -> dict[str, Any] | None:
    """A request in which a member of a component is set; None where the component is not one of a request's."""
    extra = {name: value}
    match component:
        case "MessageCreateParams":
            return extra
        case "OutputConfigParam":
            return {"output_config": extra}
        case "ThinkingConfigAdaptiveParam":
            return {"thinking": {"type": "adaptive", **extra}}
        case "ThinkingConfigEnabledParam":
            return {"thinking": {"type": "enabled", "budget_tokens": 1024, **extra}}
        case "SystemMessageParam":
            return {"messages": [HELLO, {"role": "system", "content": "Be brief.", **extra}]}
    return None


def with_item(component: str, item: Any) -> dict[str, Any] | None:
    """A request that holds an item of a union; None where the union is not one of a request's."""
    match component:
        case "ToolUnionParam":
            return {"tools": [item]}
        case "ContentBlockParam":
            return {"messages": [HELLO, {"role": "assistant", "content": [item]}, HELLO]}
        case "SystemContentBlockParam":
            return {"messages": [HELLO, {"role": "system", "content": [item]}]}
    return None


def added(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a beta adds to requests: the place, and a request that has it."""
    document = PLAIN.with_betas([name])
    known = set(PLAIN.components())
    for patch in patches(name, spec_folder()):
        for component, change in patch.get("components", {}).get("schemas", {}).items():
            if component not in known:
                continue
            for member in change.get("properties", {}):
                if member not in PLAIN.schema(component).get("properties", {}):
                    value = smallest(document.schema(component)["properties"][member], document)
                    yield f"{component}.{member}", with_member(component, member, value) or {}
            for value, reference in change.get("discriminator", {}).get("mapping", {}).items():
                if value not in PLAIN.members(component):
                    item = smallest({"$ref": PREFIX + reference.removeprefix(PREFIX)}, document)
                    yield f"{component}: {value}", with_item(component, item) or {}


ADDED = [
    pytest.param(name, {"model": "m", "max_tokens": 2000, "messages": [HELLO], **request}, id=f"{name}-{place}")
    for name in beta_names(spec_folder())
    for place, request in added(name)
    if request
]


@pytest.mark.parametrize(("name", "body"), ADDED)
def test_what_a_beta_adds_needs_its_name(name: str, body: dict[str, Any]) -> None:
    validate.validate(validate.CREATE, body, Terms(NEWEST_VERSION, frozenset({name})), DOCUMENTS)
    with pytest.raises(Refusal) as refused:
        validate.validate(validate.CREATE, body, Terms(NEWEST_VERSION), DOCUMENTS)
    assert refused.value.status == 400


def test_most_betas_add_something_to_requests_and_all_have_a_known_name() -> None:
    shown = {parameter.values[0] for parameter in ADDED}
    assert len(shown) > len(beta_names(spec_folder())) / 2
    assert set(beta_names(spec_folder())) <= known_betas()
