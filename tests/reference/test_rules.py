"""One refused request per rule, and a valid neighbour that is accepted."""

import base64
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from conformance.reference import validate
from conformance.reference.answer import Answer, Cause, Terms
from conformance.reference.models import MODELS, find_model
from conformance.reference.prompt import Prompt
from conformance.reference.rules import TABLE
from conformance.reference.signatures import Signer
from conformance.standard.document import load_document

Post = Callable[..., Answer]
SIGNER = Signer(b"test")


def png(width: int = 1, height: int = 1, colour: bytes = b"\xff\x00\x00") -> str:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress((b"\x00" + colour * min(width, 4)) * min(height, 4))
    raw = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return base64.b64encode(raw).decode()


def user(*content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content[0] if len(content) == 1 else list(content)}


def assistant(*content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content[0] if len(content) == 1 else list(content)}


def system(text: Any = "Be brief.") -> dict[str, Any]:
    return {"role": "system", "content": text}


def text(words: str = "Hi", **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **more}


def use(name: str = "t1", **more: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": name, "name": "get_weather", "input": {}, **more}


def result(name: str = "t1", content: Any = "sunny") -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": name, "content": content}


def reference(name: str) -> dict[str, Any]:
    return {"type": "tool_reference", "tool_name": name}


def image(data: str = "", kind: str = "image/png") -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": kind, "data": data or png()}}


def document(words: str = "text", **more: Any) -> dict[str, Any]:
    return {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": words}, **more}


def pdf(raw: bytes = b"%PDF-1.4\n") -> dict[str, Any]:
    data = base64.b64encode(raw).decode()
    return {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": data}}


def found() -> dict[str, Any]:
    return {"type": "search_result", "source": "a", "title": "b", "content": [text()]}


def tool(name: str = "get_weather", **more: Any) -> dict[str, Any]:
    return {"name": name, "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}, **more}


def search(**more: Any) -> dict[str, Any]:
    return {"type": "web_search_20250305", "name": "web_search", **more}


def thinking(words: str = "Hm.", *, altered: bool = False) -> dict[str, Any]:
    signature = SIGNER.sign(words, shown=True)
    return {"type": "thinking", "thinking": words, "signature": signature[:-4] if altered else signature}


def cached(ttl: str = "5m") -> dict[str, Any]:
    return {"cache_control": {"type": "ephemeral", "ttl": ttl}}


def shape(**schema: Any) -> dict[str, Any]:
    return {"format": {"type": "json_schema", "schema": schema}}


PLAIN = {"type": "object", "properties": {}, "additionalProperties": False}
STRICT = "reference-2-strict"
NEWEST = "2026-10-21"
SERVER_CALL = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}}


@dataclass(frozen=True)
class Pair:
    clause: str
    refused: dict[str, Any]
    accepted: dict[str, Any]
    model: str = "reference-1"
    version: str = "2023-06-01"
    betas: frozenset[str] = field(default_factory=frozenset)


X_IS_TEXT = {"type": "object", "patternProperties": {"^x": {"type": "string"}}}


def talk(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"messages": list(messages), **more}


PAIRS = (
    Pair(
        "REQ-IN-003",
        talk(user([{"type": "image", "source": {"type": "file", "file_id": "no file"}}])),
        talk(user([{"type": "image", "source": {"type": "file", "file_id": "file_011CNha8iCJcU1wXNR6q4V8w"}}])),
    ),
    Pair("REQ-MSG-006", talk(system(), user("Hi")), talk(user("Hi"), system())),
    Pair(
        "REQ-MSG-007",
        talk(user("Hi"), system(), user("Hi")),
        talk(user("Hi"), system(), system(), assistant("a"), user("b")),
    ),
    Pair("REQ-MSG-007", talk(user("Hi"), assistant("a"), system()), talk(user("Hi"), system())),
    Pair(
        "REQ-MSG-008",
        talk(user("Hi"), assistant([use()]), system(), user([result()])),
        talk(user("Hi"), assistant([use()]), user([result()]), system()),
    ),
    Pair("REQ-MSG-010", talk(user("Hi"), system()), talk(user("Hi")), model="reference-1-20251001"),
    Pair("REQ-MSG-012", talk(user("")), talk(user("Hi"), assistant(""))),
    Pair("REQ-MSG-012", talk(user("Hi"), assistant([]), user("Hi")), talk(user("Hi"), assistant("a"), user("Hi"))),
    Pair("REQ-MSG-014", talk(user([text(" \n")])), talk(user([text(" a")]))),
    Pair("REQ-MSG-015", talk(user("Hi"), assistant("a ")), talk(user("Hi"), assistant("a"))),
    Pair("REQ-MSG-017", talk(user("Hi"), assistant("a")), talk(user("Hi")), model=STRICT),
    Pair(
        "REQ-MSG-019",
        talk(user("Hi"), assistant([use()]), user("b")),
        talk(user("Hi"), assistant([use()]), user([result()])),
    ),
    Pair(
        "REQ-MSG-019",
        talk(user("Hi"), assistant([use("a"), use("b")]), user([result("a")])),
        talk(user("Hi"), assistant([use("a"), use("b")]), user([result("b"), result("a")])),
    ),
    Pair(
        "REQ-MSG-020",
        talk(user("Hi"), assistant([use()]), user([text(), result()])),
        talk(user("Hi"), assistant([use()]), user([result(), text()])),
    ),
    Pair("REQ-MSG-021", talk(user([result()])), talk(user("Hi"), assistant([use()]), user([result()]))),
    Pair(
        "REQ-MSG-023",
        talk(user("Hi"), assistant([use(), use()]), user([result()])),
        talk(user("Hi"), assistant([use("a"), use("b")]), user([result("a"), result("b")])),
    ),
    Pair(
        "REQ-MSG-024",
        talk(user("Hi"), assistant([SERVER_CALL, use()]), user([result(), text()]), tools=[search()]),
        talk(user("Hi"), assistant([SERVER_CALL, use()]), user([result()]), tools=[search()]),
    ),
    Pair(
        "REQ-MSG-024",
        talk(user("Hi"), assistant([SERVER_CALL, use()]), user([result()])),
        talk(user("Hi"), assistant([SERVER_CALL, use()]), user([result()]), tools=[search()]),
    ),
    Pair("REQ-IN-005", talk(user([image(png(9000, 2))])), talk(user([image(png(8000, 2))]))),
    Pair("REQ-IN-005", talk(user([image()] * 101)), talk(user([image()] * 100))),
    Pair("REQ-IN-006", talk(user([image("!!!!")])), talk(user([image()]))),
    Pair("REQ-IN-006", talk(user([image("aGVsbG8=")])), talk(user([image()]))),
    Pair("REQ-IN-008", talk(user([pdf(b"hello")])), talk(user([pdf()]))),
    Pair(
        "REQ-IN-010",
        talk(user([document(citations={"enabled": True}), document()])),
        talk(user([document(citations={"enabled": True}), document(citations={"enabled": True})])),
    ),
    Pair(
        "REQ-IN-011",
        talk(user("Hi"), assistant([use()]), user([result(content=[text(), found()])])),
        talk(user("Hi"), assistant([use()]), user([result(content=[found(), found()])])),
    ),
    Pair(
        "REQ-IN-012",
        talk(user([document(citations={"enabled": True})]), output_config=shape(**PLAIN)),
        talk(user([document(citations={"enabled": False})]), output_config=shape(**PLAIN)),
    ),
    Pair("REQ-IN-013", talk(user([use()])), talk(user("Hi"), assistant([use()]), user([result()]))),
    Pair("REQ-IN-014", talk(user("Hi"), assistant([result()])), talk(user("Hi"), assistant([use()]), user([result()]))),
    Pair("REQ-IN-015", talk(user([thinking()])), talk(user("Hi"), assistant([thinking(), text()]), user("b"))),
    Pair(
        "REQ-IN-016",
        talk(user("Hi"), assistant([thinking(altered=True), text()]), user("b")),
        talk(user("Hi"), assistant([thinking(altered=True), text()]), user("b"), assistant("c"), user("d")),
    ),
    Pair(
        "REQ-IN-016",
        talk(user("Hi"), assistant([thinking(altered=True), text()]), user("b")),
        talk(user("Hi"), assistant([{**thinking(), "thinking": "Other words."}, text()]), user("b")),
    ),
    Pair("REQ-IN-018", talk(user([text(**cached())] * 5)), talk(user([text(**cached())] * 4))),
    Pair(
        "REQ-IN-018",
        talk(user([text(**cached())] * 4 + [text()]), **cached()),
        talk(user([text(**cached())] * 3 + [text()]), **cached()),
    ),
    Pair(
        "REQ-IN-019",
        talk(user([text(**cached("5m")), text(**cached("1h"))])),
        talk(user([text(**cached("1h")), text(**cached("5m"))])),
    ),
    Pair("REQ-IN-019", talk(user([text(**cached("5m"))]), **cached("1h")), talk(user([text(**cached())]), **cached())),
    Pair("REQ-CAP-016", talk(user([image()])), talk(user("Hi")), model="reference-1-text"),
    Pair("REQ-TOOL-002", talk(user("Hi"), tools=[tool("a" * 65)]), talk(user("Hi"), tools=[tool("a" * 64)])),
    Pair("REQ-TOOL-003", talk(user("Hi"), tools=[tool(), tool()]), talk(user("Hi"), tools=[tool(), tool("b")])),
    Pair(
        "REQ-TOOL-009",
        talk(user("Hi"), tools=[tool()], tool_choice={"type": "tool", "name": "other"}),
        talk(user("Hi"), tools=[tool()], tool_choice={"type": "tool", "name": "get_weather"}),
    ),
    Pair(
        "REQ-TOOL-010",
        talk(user("Hi"), tool_choice={"type": "any"}),
        talk(user("Hi"), tools=[tool()], tool_choice={"type": "any"}),
    ),
    Pair(
        "REQ-CAP-009",
        talk(user("Hi"), tools=[tool()], tool_choice={"type": "any"}),
        talk(user("Hi"), tools=[tool()], tool_choice={"type": "auto"}),
        model=STRICT,
    ),
    Pair(
        "REQ-TOOL-017",
        talk(
            user("Hi"),
            tools=[tool()],
            tool_choice={"type": "any"},
            thinking={"type": "enabled", "budget_tokens": 1024},
            max_tokens=2000,
        ),
        talk(user("Hi"), tools=[tool()], tool_choice={"type": "any"}, thinking={"type": "adaptive"}),
    ),
    Pair(
        "REQ-TOOL-014",
        talk(user("Hi"), tools=[tool(f"t{n}", strict=True) for n in range(21)]),
        talk(user("Hi"), tools=[tool(f"t{n}", strict=True) for n in range(20)]),
    ),
    Pair(
        "REQ-TOOL-015",
        talk(user("Hi"), tools=[tool(input_examples=[{"city": 5}])]),
        talk(user("Hi"), tools=[tool(input_examples=[{"city": "Oslo"}])]),
    ),
    Pair(
        "REQ-TOOL-015",
        talk(user("Hi"), tools=[tool(input_schema={"type": "object", "properties": {"a": {"type": 5}}})]),
        talk(user("Hi"), tools=[tool()]),
    ),
    Pair(
        "REQ-TOOL-015",
        talk(user("Hi"), tools=[tool(input_schema=X_IS_TEXT, input_examples=[{"x1": 5}])]),
        talk(user("Hi"), tools=[tool(input_schema=X_IS_TEXT, input_examples=[{"x1": "5", "y": 5}])]),
    ),
    Pair(
        "REQ-TOOL-016",
        talk(user("Hi"), tools=[tool(defer_loading=True)]),
        talk(user("Hi"), tools=[tool(defer_loading=True), tool("b")]),
    ),
    Pair(
        "REQ-TOOL-026",
        talk(user("Hi"), tools=[tool(defer_loading=True, **cached()), tool("b")]),
        talk(user("Hi"), tools=[tool(defer_loading=True), tool("b", **cached())]),
    ),
    Pair(
        "REQ-TOOL-027",
        talk(user("Hi"), assistant([use()]), user([result(content=[reference("b")])]), tools=[tool()]),
        talk(user("Hi"), assistant([use()]), user([result(content=[reference("b")])]), tools=[tool(), tool("b")]),
    ),
    Pair(
        "REQ-TOOL-020",
        talk(user("Hi"), tools=[search(allowed_domains=["a.com"], blocked_domains=["b.com"])]),
        talk(user("Hi"), tools=[search(allowed_domains=["a.com"])]),
    ),
    Pair("REQ-BODY-004", talk(user("Hi"), max_tokens=128_001), talk(user("Hi"), max_tokens=128_000)),
    Pair("REQ-BODY-007", talk(user("Hi"), max_tokens=0, stream=True), talk(user("Hi"), max_tokens=0)),
    Pair("REQ-BODY-011", talk(user("Hi"), stop_sequences=[" "]), talk(user("Hi"), stop_sequences=["a"])),
    Pair("REQ-BODY-016", talk(user("Hi"), temperature=0), talk(user("Hi"), temperature=1), model=STRICT),
    Pair("REQ-BODY-035", talk(user("Hi"), temperature=0.5, top_p=0.5), talk(user("Hi"), top_p=0.5)),
    Pair(
        "REQ-THINK-016",
        talk(user("Hi"), thinking={"type": "disabled"}, output_config={"effort": "max"}),
        talk(user("Hi"), thinking={"type": "disabled"}, output_config={"effort": "high"}),
    ),
    Pair(
        "REQ-THINK-001",
        talk(user("Hi"), max_tokens=1024, thinking={"type": "enabled", "budget_tokens": 1024}),
        talk(user("Hi"), max_tokens=1025, thinking={"type": "enabled", "budget_tokens": 1024}),
    ),
    Pair(
        "REQ-CAP-004",
        talk(user("Hi"), max_tokens=2000, thinking={"type": "enabled", "budget_tokens": 1024}),
        talk(user("Hi"), thinking={"type": "adaptive"}),
        model=STRICT,
    ),
    Pair(
        "REQ-THINK-009",
        talk(user("Hi"), output_config={"effort": "low"}),
        talk(user("Hi"), output_config={"effort": None}),
        model="reference-1-20251001",
    ),
    Pair(
        "REQ-THINK-011",
        talk(user("Hi"), output_config=shape(type="integer", minimum=1)),
        talk(user("Hi"), output_config=shape(type="integer")),
    ),
    Pair(
        "REQ-THINK-011",
        talk(user("Hi"), output_config=shape(type="object", properties={})),
        talk(user("Hi"), output_config=shape(**PLAIN)),
    ),
    Pair(
        "REQ-THINK-011",
        talk(
            user("Hi"),
            output_config=shape(
                **{"$ref": "#/$defs/n", "$defs": {"n": {"type": "array", "items": {"$ref": "#/$defs/n"}}}}
            ),
        ),
        talk(user("Hi"), output_config=shape(**{"$ref": "#/$defs/n", "$defs": {"n": {"type": "string"}}})),
    ),
    Pair(
        "REQ-THINK-013",
        talk(user("Hi"), assistant("{"), output_config=shape(**PLAIN)),
        talk(user("Hi"), output_config=shape(**PLAIN)),
    ),
    Pair("REQ-STOP-007", talk(user("a " * 40_000)), talk(user("a " * 30_000)), model="reference-1-text"),
)


def first_problem(pair: Pair, body: dict[str, Any]) -> tuple[str, str] | None:
    prompt = Prompt(
        {"max_tokens": 1000, **body}, Terms(pair.version, pair.betas), find_model(MODELS, pair.model), SIGNER
    )
    return next(((clause, problem) for clause, rule in TABLE if (problem := rule(prompt)) is not None), None)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.clause)
def test_a_rule_refuses_its_defect(pair: Pair) -> None:
    problem = first_problem(pair, pair.refused)
    assert problem is not None
    assert problem[0] == pair.clause, problem[1]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.clause)
def test_every_rule_accepts_the_valid_neighbour(pair: Pair) -> None:
    assert first_problem(pair, pair.accepted) is None


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.clause)
def test_no_rule_repeats_the_document(pair: Pair) -> None:
    """A request that breaks the document is refused before the rules, so that its rule would never be reached."""
    terms = Terms(pair.version, pair.betas)
    body = {"model": pair.model, "max_tokens": 1000, **pair.refused}
    assert load_document(pair.version).with_betas(terms.betas).validate(validate.CREATE, body) == []


def test_every_rule_has_a_pair() -> None:
    assert {clause for clause, _ in TABLE} - {pair.clause for pair in PAIRS} == {"REQ-BODY-023"}


def test_every_rule_names_its_clause_in_its_docstring() -> None:
    unnamed = [rule.__name__ for clause, rule in TABLE if clause not in (rule.__doc__ or "")]
    assert unnamed == []


def test_a_task_budget_below_the_minimum_is_refused(post: Post) -> None:
    small = post(output_config={"task_budget": {"type": "tokens", "total": 1000}}, betas="task-budgets-2026-03-13")
    large = post(output_config={"task_budget": {"type": "tokens", "total": 20_000}}, betas="task-budgets-2026-03-13")
    assert (small.status, large.status) == (400, 200)


def test_interleaved_thinking_may_exceed_max_tokens(post: Post) -> None:
    config = {"thinking": {"type": "enabled", "budget_tokens": 2048}, "tools": [tool()]}
    assert post(**config).status == 400
    assert post(**config, betas="interleaved-thinking-2025-05-14").status == 200


ROBUST = (
    {},
    {"messages": "x"},
    {"messages": [None, 5, {"role": 3}]},
    {
        "messages": [{"role": "user", "content": {"a": 1}}],
        "tools": 5,
        "system": 7,
        "thinking": 3,
        "tool_choice": [],
        "output_config": 1,
        "stop_sequences": {},
        "max_tokens": "x",
    },
)


@pytest.mark.parametrize("body", ROBUST, ids=range(len(ROBUST)))
def test_rules_survive_bodies_that_no_schema_has_checked(body: dict[str, Any]) -> None:
    prompt = Prompt(body, Terms("2023-06-01"), MODELS[0], SIGNER)
    problems = [rule(prompt) for _, rule in TABLE]
    assert all(problem is None or isinstance(problem, str) for problem in problems)


def test_a_refused_rule_becomes_an_envelope(post: Post) -> None:
    answer = post(messages=[])
    assert answer.status == 400
    assert answer.body["error"]["type"] == "invalid_request_error"
    assert re.search("messages", answer.body["error"]["message"])


def test_a_violated_schema_names_place_keyword_and_component(post: Post) -> None:
    answer = post(messages=[{"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "text"}]}])
    assert answer.cause == Cause("REQ-BODY-033", "/messages/*/content/*/text", "required", "TextBlockParam")
    assert post(surprise=1).cause == Cause("REQ-HTTP-032", "/surprise", "additionalProperties", "MessageCreateParams")


@pytest.mark.parametrize(("text", "status"), [("a" * 60 + "!", 400), ("a" * 60, 200)])
def test_a_pattern_that_backtracks_without_end_is_matched_in_linear_time(post: Post, text: str, status: int) -> None:
    schema = {"type": "object", "properties": {"word": {"type": "string", "pattern": "^(a+)+$"}}}
    tool = {"name": "note", "input_schema": schema, "input_examples": [{"word": text}]}
    assert post(tools=[tool], betas="advanced-tool-use-2025-11-20").status == status


def test_a_reference_out_of_a_schema_is_refused_and_nothing_is_fetched(post: Post, tmp_path: Path) -> None:
    (tmp_path / "schema.json").write_text("{}")
    schema = {"type": "object", "$ref": (tmp_path / "schema.json").as_uri()}
    tool = {"name": "note", "input_schema": schema, "input_examples": [{}]}
    answer = post(tools=[tool], betas="advanced-tool-use-2025-11-20")
    assert answer.status == 400
    assert "unresolvable reference" in answer.body["error"]["message"]
