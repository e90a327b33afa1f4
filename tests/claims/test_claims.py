"""A vendor's OpenAPI document as claims: what it says, and where it contradicts the specification."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import conformance.report
from conformance.base.errors import FileError
from conformance.base.pointer import look_up
from conformance.base.versions import API_VERSIONS
from conformance.claims.compare import BodySide, DocumentDifferenceKind
from conformance.claims.extract import Deciders, DocumentedClaims, claims_of
from conformance.claims.read import read_document
from conformance.claims.schemas import Node, allowed
from conformance.cli import command
from conformance.report import claims as report
from conformance.standard.document import load_document
from conformance.standard.judged import load_evidence
from conformance.standard.paths import spec_folder

SCHEMA = json.loads((Path(conformance.report.__file__).parent / "claims.schema.json").read_text(encoding="utf-8"))
Kind = DocumentDifferenceKind
OURS = load_document("2023-06-01")
DECIDERS = Deciders(load_evidence(spec_folder()))
BODY = "/components/schemas/MessageCreateParams"
OPERATION = "/paths/~1v1~1messages/post"
MESSAGE = "/components/schemas/Message"

SMALL: Mapping[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Messages for all", "version": "7"},
    "servers": [{"url": "https://api.example.com"}],
    "paths": {
        "/v1/messages": {
            "post": {
                "parameters": [{"name": "X-Api-Key", "in": "header", "required": True, "schema": {"type": "string"}}],
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["model", "messages", "max_tokens"],
                                "properties": {
                                    "model": {"type": "string"},
                                    "max_tokens": {"type": "integer", "minimum": 1},
                                    "stream": {"type": "boolean"},
                                    "system": {"type": "array", "items": {"$ref": "#/components/schemas/Text"}},
                                    "messages": {
                                        "type": "array",
                                        "items": {
                                            "type": "object",
                                            "properties": {"role": {"type": "string"}, "content": {"type": "string"}},
                                        },
                                    },
                                    "tools": {
                                        "type": "array",
                                        "items": {
                                            "type": "object",
                                            "properties": {
                                                "name": {"type": "string"},
                                                "input_schema": {
                                                    "type": "object",
                                                    "properties": {
                                                        "properties": {
                                                            "type": "object",
                                                            "properties": {"city": {"type": "object"}},
                                                            "required": ["city"],
                                                        }
                                                    },
                                                },
                                            },
                                        },
                                    },
                                },
                            }
                        }
                    }
                },
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["id", "usage"],
                                    "properties": {
                                        "id": {"type": "string"},
                                        "stop_sequence": {"type": "null"},
                                        "created": {"type": "integer"},
                                        "usage": {
                                            "type": "object",
                                            "required": ["cache_read_input_tokens"],
                                            "properties": {"cache_read_input_tokens": {"type": "integer"}},
                                        },
                                    },
                                }
                            }
                        }
                    }
                },
            }
        },
        "/v1/embeddings": {"post": {"responses": {}}},
    },
    "components": {"schemas": {"Text": {"type": "object", "properties": {"text": {"type": "string"}}}}},
}
"""The mistakes of documents that were exported from a sample."""


def found_in(document: Mapping[str, Any], version: str = "2023-06-01") -> DocumentedClaims:
    return claims_of(document, load_document(version), DECIDERS)


def places(found: DocumentedClaims, kind: Kind) -> set[str]:
    return {each.place for each in found.differences if each.kind is kind}


@pytest.mark.parametrize("version", API_VERSIONS)
def test_our_own_document_differs_in_nothing(version: str) -> None:
    found = found_in(load_document(version).tree, version)
    assert found.differences == ()
    assert found.others == ()
    assert {each.says for each in found.claims} >= {
        "POST /v1/messages is served",
        "POST /v1/messages/count_tokens is served",
        "GET /v1/models is served",
    }


def test_contradictions_of_a_document_that_was_made_from_a_sample() -> None:
    found = found_in(SMALL)
    assert places(found, Kind.FORBIDS) == {
        "messages[].content", "system", "max_tokens", "stop_sequence", "tools[].input_schema.properties",
    }  # fmt: skip
    assert places(found, Kind.DEMANDS) == {"header x-api-key", "tools[].input_schema.properties.city"}
    assert places(found, Kind.WITHHOLDS) == {"response 200", "stop_sequence"}
    assert found.others == ("POST /v1/embeddings",)


def test_what_contradicts_nothing_is_beside() -> None:
    found = found_in(SMALL)
    assert {"metadata", "thinking", "tool_choice", "responses"} <= places(found, Kind.SILENT)
    assert "usage.cache_read_input_tokens" in places(found, Kind.PROMISES)
    assert "created" in places(found, Kind.ADDS)
    assert {"messages[].role", "messages[].content"} <= places(found, Kind.ADMITS)
    kinds = {each.kind for each in found.contradictions}
    assert kinds == {Kind.FORBIDS, Kind.DEMANDS, Kind.WITHHOLDS}


def test_both_pointers_lead_into_both_documents() -> None:
    for each in found_in(SMALL).differences:
        assert look_up(SMALL, each.theirs), each
        assert look_up(OURS.tree, each.ours), each


def test_every_claim_has_an_id_of_its_own_and_a_place_in_the_document() -> None:
    found = found_in(SMALL)
    assert len({each.id for each in found.claims}) == len(found.claims)
    for each in found.claims:
        assert look_up(SMALL, each.pointer), each


def test_a_claim_names_the_cases_that_decide_it() -> None:
    by_id = {each.id: each for each in found_in(SMALL).claims}
    assert by_id["messages-reply-id"].cases == ("response-has-id",)
    assert by_id["messages-reply-stop-sequence"].says == "A reply may have stop_sequence (null)"
    assert by_id["messages-request-max-tokens"].says == "A request has max_tokens (integer, minimum 1)"


Change = Callable[[dict[str, Any]], None]


def at(pointer: str, key: str, value: Any) -> Change:
    def change(tree: dict[str, Any]) -> None:
        place = look_up(tree, pointer)
        assert isinstance(place, dict), pointer
        place[key] = value

    return change


def without(pointer: str, key: str) -> Change:
    def change(tree: dict[str, Any]) -> None:
        place = look_up(tree, pointer)
        assert isinstance(place, dict | list), pointer
        place.remove(key) if isinstance(place, list) else place.pop(key)

    return change


REQUEST_MEMBERS = sorted(OURS.schema("MessageCreateParams")["properties"])
REPLY_MEMBERS = sorted(OURS.schema("Message")["properties"])
LISTS = {"tools", "messages", "stop_sequences"}
NEW_TYPE = {"type": "array", "items": {"type": "integer"}}


def altered(change: Change) -> DocumentedClaims:
    tree = deepcopy(dict(OURS.tree))
    change(tree)
    return found_in(tree)


@pytest.mark.parametrize("member", [each for each in REQUEST_MEMBERS if each not in LISTS])
def test_a_request_member_of_another_type_is_forbidden(member: str) -> None:
    found = altered(at(f"{BODY}/properties", member, NEW_TYPE))
    assert [(each.kind, each.place) for each in found.contradictions if each.operation == "POST /v1/messages"][:1] == [
        (Kind.FORBIDS, member)
    ]


@pytest.mark.parametrize("member", REPLY_MEMBERS)
def test_a_reply_member_of_another_type_is_found(member: str) -> None:
    found = altered(at(f"{MESSAGE}/properties", member, {"type": "boolean"}))
    assert {each.place for each in found.contradictions} == {member}


@pytest.mark.parametrize("member", sorted(OURS.schema("Message")["required"]))
def test_a_reply_that_may_lack_a_member_withholds_it(member: str) -> None:
    found = altered(without(f"{MESSAGE}/required", member))
    assert [(each.kind, each.place, each.half) for each in found.contradictions] == [
        (Kind.WITHHOLDS, member, BodySide.REPLY)
    ]


@pytest.mark.parametrize(
    ("change", "kind", "place"),
    [
        (without(f"{BODY}/properties", "metadata"), Kind.FORBIDS, "metadata"),
        (at(BODY, "required", ["model", "messages", "max_tokens", "system"]), Kind.DEMANDS, "system"),
        (at(f"{BODY}/properties/service_tier", "enum", ["auto"]), Kind.FORBIDS, "service_tier"),
        (at(f"{BODY}/properties/service_tier", "enum", ["auto", "standard_only", "gold"]), Kind.ADMITS, "service_tier"),
        (at(f"{BODY}/properties/temperature", "maximum", 2), Kind.ADMITS, "temperature"),
        (at(f"{BODY}/properties/temperature", "maximum", 0.5), Kind.FORBIDS, "temperature"),
        (at(f"{BODY}/properties/messages", "maxItems", 100), Kind.FORBIDS, "messages"),
        (at(f"{BODY}/properties/stream", "type", ["boolean", "null"]), Kind.ADMITS, "stream"),
        (at(f"{MESSAGE}/properties/role", "const", "bot"), Kind.STRAYS, "role"),
        (at(f"{MESSAGE}/properties/id", "type", ["string", "integer"]), Kind.STRAYS, "id"),
        (at("/components/schemas/Usage/properties/input_tokens", "type", "string"), Kind.FORBIDS, "usage.input_tokens"),
        (at("/servers/0", "url", "https://api.example.com/v1"), Kind.FORBIDS, "base URL"),
        (at("/servers/0", "url", "https://api.example.com/anthropic/v1/"), Kind.FORBIDS, "base URL"),
        (without(f"{OPERATION}/responses/200/content", "text/event-stream"), Kind.WITHHOLDS, "response 200"),
    ],
)  # fmt: skip
def test_one_change_gives_its_finding(change: Change, kind: Kind, place: str) -> None:
    assert (kind, place) in {(each.kind, each.place) for each in altered(change).differences}


def test_a_reference_and_alternatives_say_what_they_lead_to() -> None:
    tree = {
        "a": {"oneOf": [{"$ref": "#/b"}, {"type": "string", "nullable": True}]},
        "b": {"allOf": [{"properties": {"x": {}}, "required": ["x"]}, {"properties": {"y": {}}}], "type": "object"},
    }
    found = allowed([Node(tree, tree["a"], "/a")])
    assert found.types == {"object", "string", "null"}
    assert {name: [node.pointer for node in nodes] for name, nodes in found.members.nodes.items()} == {
        "x": ["/b/allOf/0/properties/x"],
        "y": ["/b/allOf/1/properties/y"],
    }
    assert found.members.required == {"x"}


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf", "allOf"])
def test_references_that_double_or_lead_to_themselves_end(keyword: str) -> None:
    tree = deepcopy(dict(SMALL))
    schemas = tree["components"]["schemas"]
    for number in range(60):
        link = {"$ref": f"#/components/schemas/S{number + 1}"}
        schemas[f"S{number}"] = {keyword: [link, link, link], "properties": {"a": link, "b": link}}
    schemas["S60"] = {"$ref": "#/components/schemas/S0"}
    schemas["Text"] = {"$ref": "#/components/schemas/S0"}
    assert found_in(tree).claims


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_a_document_may_hold_anything(data: st.DataObject) -> None:
    """Some place of the document holds what does not belong there."""
    tree = deepcopy(dict(SMALL))
    value: Any = tree
    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(value[key], dict | list) or not value[key] or data.draw(st.booleans()):
            value[key] = data.draw(JUNK)
            break
        value = value[key]
    if isinstance(tree.get("paths"), dict):
        found = found_in(tree)
        assert all(line.isprintable() for line in report.text(found, Path("x"), "2023-06-01").split("\n"))
        Draft202012Validator(SCHEMA).validate(json.loads(report.as_json(found, Path("x"), "2023-06-01")))


PAGE = "# Messages\n\nRead this, then do that.\n\n```python\nimport openapi\n```\n\n```json\n{}\n```\n\n> Ask us.\n"


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(SMALL),
        "\ufeff" + json.dumps(SMALL, indent=2),
        yaml.safe_dump(dict(SMALL)),
        PAGE.replace("{}", json.dumps(SMALL)),
        f"# Messages\n\n~~~~ yaml title=x\n{yaml.safe_dump(dict(SMALL))}~~~~\n",
    ],
    ids=["JSON", "JSON behind a byte order mark", "YAML", "JSON in a page", "YAML in a page"],
)  # fmt: skip
def test_a_document_is_found_in_its_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "document"
    path.write_text(text, encoding="utf-8")
    assert read_document(path) == SMALL


def test_fences_of_every_length_are_read_once(tmp_path: Path) -> None:
    """Openings that nothing closes: looking for the end of each of them would take for ever."""
    path = tmp_path / "document"
    path.write_text("openapi\n" + "".join("`" * length + "\n" for length in range(2_000, 3, -1)), encoding="utf-8")
    with pytest.raises(FileError, match="Found no OpenAPI 3 document"):
        read_document(path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Found no OpenAPI 3 document in it"),
        (PAGE, "Found no OpenAPI 3 document in it"),
        ('{"openapi": "3.1.0"', "cannot be read"),
        ('{"openapi": "2.0", "paths": {}}', "Found no OpenAPI 3 document in it"),
        ('{"openapi": "3.1.0", "paths": []}', "The OpenAPI document has no paths"),
        ("openapi: 3.1.0\npaths: [\n", "Invalid YAML"),
        ("openapi: &a [*a, *a]\n", "contains itself"),
        ('{"openapi": "3.1.0", "paths": {}, "x": [' + "0," * 250_000 + "0]}", "values"),
    ],
)
def test_what_is_no_document_is_refused_in_one_sentence(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "document"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileError) as caught:
        read_document(path)
    assert problem.lower() in str(caught.value).lower()
    assert "\n" not in str(caught.value)


def test_the_command_says_by_its_exit_code_whether_the_document_contradicts(tmp_path: Path) -> None:
    path = tmp_path / "vendor.json"
    path.write_text(json.dumps(SMALL), encoding="utf-8")
    shown = CliRunner().invoke(command, ["claims", str(path), "--json"])
    assert shown.exit_code == 1
    document = json.loads(shown.output)
    Draft202012Validator(SCHEMA).validate(document)
    assert {each["place"] for each in document["contradictions"]} >= {"system", "messages[].content"}
    text = CliRunner().invoke(command, ["claims", str(path)])
    assert "this document    only array" in text.output
    path.write_text(json.dumps(OURS.tree), encoding="utf-8")
    assert CliRunner().invoke(command, ["claims", str(path)]).exit_code == 0
