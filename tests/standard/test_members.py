"""Members: paths through a component, where they lead in a value, and an example of what they lead to."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.standard.document import Document
from conformance.standard.members import AtKey, EachItem, OfKind, OfType, example, has_type, members, places, types_of

TREE = {
    "components": {
        "schemas": {
            "Reply": {
                "type": "object",
                "required": ["id", "content"],
                "properties": {
                    "id": {"type": "string"},
                    "content": {"type": "array", "items": {"$ref": "#/components/schemas/Block"}},
                    "usage": {"oneOf": [{"$ref": "#/components/schemas/Usage"}, {"type": "null"}]},
                },
            },
            "Block": {
                "discriminator": {
                    "propertyName": "type",
                    "mapping": {"text": "#/components/schemas/Text", "result": "#/components/schemas/Result"},
                },
            },
            "Text": {
                "type": "object",
                "required": ["type", "text"],
                "properties": {"type": {"const": "text"}, "text": {"type": "string"}},
            },
            "Result": {
                "type": "object",
                "required": ["type"],
                "properties": {
                    "type": {"const": "result"},
                    "content": {
                        "oneOf": [
                            {"type": "string"},
                            {"type": "array", "items": {"$ref": "#/components/schemas/Block"}},
                        ]
                    },
                },
            },
            "Usage": {"type": "object", "properties": {"tokens": {"type": "integer"}}},
        }
    }
}
DOCUMENT = Document("2026-10-21", TREE, Path())
MEMBERS = {member.text: member for member in members(DOCUMENT, "Reply")}


def test_every_member_is_found_once_and_a_component_inside_itself_is_not_entered() -> None:
    assert list(MEMBERS) == [
        "id",
        "content",
        "content[]",
        "content[text]",
        "content[text].type",
        "content[text].text",
        "content[result]",
        "content[result].type",
        "content[result].content",
        "content[result].content as string",
        "content[result].content as array",
        "content[result].content[]",
        "usage",
        "usage.tokens",
    ]


def test_a_member_knows_whether_its_component_requires_it() -> None:
    assert MEMBERS["content[text].text"].required
    assert not MEMBERS["usage"].required


def test_a_path_leads_to_every_place_that_fits() -> None:
    value = {"content": [{"type": "text", "text": "a"}, {"type": "result", "content": "b"}, {"type": "text"}, "?"]}
    found = places(value, MEMBERS["content[text].text"].path)
    assert [(place.owner, place.key, place.value) for place in found] == [(value["content"][0], "text", "a")]
    assert len(places(value, MEMBERS["content[text]"].path)) == 2
    assert len(places(value, MEMBERS["content[result].content as string"].path)) == 1
    assert places(value, MEMBERS["content[result].content as array"].path) == []
    assert places("no object", MEMBERS["id"].path) == []


def test_a_kind_may_be_one_without_a_name() -> None:
    custom = (EachItem(), OfKind("type", frozenset({"custom", None}), "custom"))
    assert len(places([{"name": "x"}, {"type": "custom"}, {"type": "bash"}, {"type": ["custom"]}], custom)) == 2


@pytest.mark.parametrize("text", MEMBERS)
def test_an_example_holds_what_a_path_leads_to(text: str) -> None:
    path = MEMBERS[text].path
    made = example(DOCUMENT, {"$ref": "#/components/schemas/Reply"}, path)
    if not isinstance(path[-1], OfType):  # one form is enough for an example
        assert places(made, path)


def test_types_are_those_of_all_branches() -> None:
    assert types_of(DOCUMENT, TREE["components"]["schemas"]["Reply"]["properties"]["usage"]) == {"object", "null"}
    assert types_of(DOCUMENT, {"const": "x"}) == {"string"}
    assert types_of(DOCUMENT, {}) == frozenset()


def test_a_boolean_is_no_number() -> None:
    assert has_type(True, "boolean")
    assert not has_type(True, "integer")


def test_key_steps_are_equal_by_name() -> None:
    assert MEMBERS["usage.tokens"].path == (AtKey("usage"), AtKey("tokens"))
