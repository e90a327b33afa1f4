"""What the hand-written cases send."""

from collections.abc import Iterator
from typing import Any

import pytest

from conformance.standard.document import load_document
from conformance.standard.paths import catalogue_folder
from conformance.standard.requests import steps_of
from conformance.standard.source import load_yaml

FOLDER = catalogue_folder()
AREAS = (
    "messages", "system", "request", "stop", "tools", "vision", "documents", "thinking", "output", "caching",
    "server-tools",
)  # fmt: skip
VERSIONS = ("2023-06-01", "2026-10-21")
BASES: dict[str, Any] = {**load_yaml(FOLDER / "bases.yaml"), **load_yaml(FOLDER / "request" / "frames.yaml")}
ECHO = {
    "content": [{"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Lisbon"}}],
    "tool-results": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "sunny"}],
    "/id": "file_1",
}


def written_cases() -> Iterator[dict[str, Any]]:
    for area in AREAS:
        for path in sorted((FOLDER / area).glob("*.yaml")):
            cases = load_yaml(path)
            if isinstance(cases, list):
                yield from (case for case in cases if "send" in case)


CASES = {case["id"]: case for case in written_cases()}
POSITIVE = [name for name, case in CASES.items() if not any("refused" in line for line in case["expect"])]
REFUSED = [name for name in CASES if name not in POSITIVE]


def answered(value: Any) -> Any:
    """The body with an invented earlier answer in place of every `$reply`."""
    if isinstance(value, dict):
        if "$reply" in value:
            return ECHO[value["$reply"]]
        return {key: answered(item) for key, item in value.items()}
    return [answered(item) for item in value] if isinstance(value, list) else value


def violations(send: Any, version: str) -> list[Any]:
    document = load_document(version)
    steps = [step for step in steps_of(send, BASES) if step.makes_message and step.body is not None]
    plain = [step for step in steps if "anthropic-beta" not in step.headers and "'sent'" not in repr(step.body)]
    plain = [step for step in plain if step.headers.get("anthropic-version", version) == version]
    bodies = [{"model": "any", **answered(step.body)} for step in plain]
    return [found for body in bodies for found in document.validate("MessageCreateParams", body)]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", sorted(BASES))
def test_every_base_request_is_valid_in_every_version(name, version):
    assert violations({"$base": name}, version) == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", POSITIVE)
def test_what_a_case_expects_to_be_accepted_is_valid_in_every_version(name, version):
    assert violations(CASES[name]["send"], version) == []


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_has_a_control_and_differs_from_it(name):
    control = CASES[name]["control"]
    other = CASES[control]["send"] if control in CASES else {"$base": control}
    if control in CASES or control in BASES:
        assert steps_of(CASES[name]["send"], BASES) != steps_of(other, BASES)
    assert control not in REFUSED


@pytest.mark.parametrize("name", POSITIVE)
def test_a_marker_is_asked_for_in_its_own_request_and_not_in_the_control(name):
    markers = [line["honoured"]["marker"] for line in CASES[name]["expect"] if isinstance(line.get("honoured"), dict)]
    control = CASES[name].get("control", "hello").partition("/")[0]
    other = CASES[control]["send"] if control in CASES else {"$base": control}
    for marker in markers:
        sent = [CASES[name].get(key) for key in ("send", "parts", "pairwise")]
        assert marker in repr(sent) + repr(BASES.get(CASES[name]["send"].get("$base")))
        assert marker not in repr([step.body for step in steps_of(other, BASES)])


def test_markers_are_used_once_so_that_no_reply_can_serve_two_cases():
    used: dict[str, str] = {}
    for name in POSITIVE:
        for line in CASES[name]["expect"]:
            marker = line["honoured"].get("marker") if isinstance(line.get("honoured"), dict) else None
            if "within" in CASES[name]:
                continue  # asks for the marker of the request that holds its own
            if marker is not None and set(CASES[name]["send"]) != {"$base"} and "$base" in CASES[name]["send"]:
                assert used.setdefault(marker, name) == name
    assert len(used) > 20


def test_the_floor_of_evidence_is_a_few_requests():
    sampled = [name for name, send in BASES.items() if send.get("$sample") is True]
    assert sampled == ["text", "weather", "forced", "two-tools"]
