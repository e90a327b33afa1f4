"""The faults as a registry, and served for real: on a socket, several at once, from the command."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from conformance.base.errors import HarnessError
from conformance.base.versions import API_VERSIONS
from conformance.cli import command
from conformance.judge.library import load_library
from conformance.reference.answer import Answer, Call
from conformance.reference.app import create_endpoint
from conformance.reference.faults import AREAS, all_faults, faults_named, with_faults
from conformance.reference.pipeline import Settings, Steps
from conformance.reference.server import LocalServer
from conformance.standard.bugs import links_of, load_bugs
from conformance.standard.paths import catalogue_folder, spec_folder
from support.data import read_data

BODY: dict[str, Any] = {
    "model": "reference-1",
    "max_tokens": 64,
    "messages": [{"role": "user", "content": "Reply with exactly this and nothing else: LAPIS-7431"}],
}
HEADERS = {"x-api-key": "reference-key", "anthropic-version": "2023-06-01", "content-type": "application/json"}


@pytest.fixture(scope="module")
def answered() -> Callable[..., Answer]:
    """The answer to a body from an endpoint with faults."""

    def answer(*names: str, **changes: Any) -> Answer:
        endpoint = create_endpoint(Settings(pace=0.0), with_faults(Steps(), faults_named(names)))
        body = json.dumps({**BODY, **changes}).encode()
        return endpoint.answer(Call("POST", "/v1/messages", headers=tuple(HEADERS.items()), body=body))

    return answer


def test_every_fault_says_in_one_sentence_how_it_lies() -> None:
    wrong = [fault.id for fault in all_faults().values() if not re.fullmatch(r"[A-Z][^.]*(\.\w[^.]*)*\.", fault.lie)]
    assert wrong == []
    assert [fault.id for fault in all_faults().values() if len(fault.lie) > 160] == []


def test_ids_are_slugs() -> None:
    assert [name for name in all_faults() if not re.fullmatch(r"[a-z0-9_]+(-[A-Za-z0-9_]+)+", name)] == []


def test_areas_are_those_of_the_catalogue() -> None:
    assert set(AREAS) <= {path.name for path in catalogue_folder().iterdir() if path.is_dir()}


def test_every_bug_has_faults_that_exist_or_a_reason_with_its_source() -> None:
    bugs = load_bugs(spec_folder())
    assert [bug.id for bug in bugs if bug.faults and set(bug.faults) - set(all_faults())] == []
    assert [bug.id for bug in bugs if not bug.faults and not (bug.excluded and bug.source)] == []
    assert len({bug.id for bug in bugs}) == len(bugs)


def test_what_the_reason_of_a_bug_cites_exists() -> None:
    library = load_library(API_VERSIONS[0])
    known = {*library.ledger.clauses, *(case.id for case in library.catalogue.cases), *all_faults()}
    sources = [bug.source for bug in load_bugs(spec_folder())]
    cited = {name for source in sources for name in re.findall(r"REQ-[A-Z]+-[0-9]{3}|(?<=case )[a-z0-9-]+", source)}
    assert cited
    assert cited - known == set()


def test_every_bug_of_the_list_is_accounted_for() -> None:
    listed = read_data("bugs.json")
    ours = {bug.id: bug.links[0] for bug in load_bugs(spec_folder())}
    assert ours == listed


def test_a_fault_changes_nothing_for_an_endpoint_without_it(answered) -> None:
    answered("message-role-wrong")
    assert json.loads(b"".join(answered().chunks))["role"] == "assistant"


def test_faults_are_put_together(answered) -> None:
    answer = answered("message-role-wrong", "message-type-wrong", "request-id-missing-on-answers")
    body = json.loads(b"".join(answer.chunks))
    assert (body["role"], body["type"]) == ("model", "completion")
    assert "request-id" not in answer.headers


def test_faults_of_streams_are_put_together_in_any_order(answered) -> None:
    for names in (("event-lines-missing", "message-start-twice"), ("message-start-twice", "event-lines-missing")):
        text = b"".join(answered(*names, stream=True).chunks).decode()
        assert "event:" not in text
        assert text.count('"message_start"') == 2


@pytest.mark.parametrize("name", [name for name, fault in all_faults().items() if fault.area == "streaming"])
def test_a_fault_of_streams_goes_with_any_other(answered, name) -> None:
    """An edit that cannot cope with what another one left would end in an internal error."""
    for other in ("event-data-without-type", "index-missing", "start-without-message", "message-delta-without-delta"):
        for pair in ((name, other), (other, name)):
            assert answered(*pair, stream=True).status == 200, pair


def test_an_unknown_fault_names_the_nearest() -> None:
    with pytest.raises(HarnessError, match="Did you mean 'message-stop-missing'") as problem:
        faults_named(["message-stop-mising"])
    assert problem.value.exit_code == 4


def test_the_command_lists_faults_for_scripts() -> None:
    listed = json.loads(CliRunner().invoke(command, ["faults", "--json"]).stdout)
    assert {entry["id"] for entry in listed} == set(all_faults())
    one = next(entry for entry in listed if entry["id"] == "message-start-twice")
    assert one["area"] == "streaming"
    assert one["caught_by"] == ["stream-one-message-start"]
    assert set(one["links"]) == set(links_of(load_bugs(spec_folder()))["message-start-twice"])


def test_the_command_lists_faults_for_people() -> None:
    text = CliRunner().invoke(command, ["faults"]).stdout
    assert "  message-start-twice " in text
    assert re.search(r"^\d+ faults, \d+ of them seen in the wild$", text, re.MULTILINE)


def test_the_command_refuses_to_serve_an_unknown_fault() -> None:
    done = CliRunner().invoke(command, ["serve", "--port", "0", "--fault", "message-stop-mising"])
    assert isinstance(done.exception, HarnessError)
    assert done.exception.exit_code == 4


def test_a_fault_is_served_on_a_socket() -> None:
    steps = with_faults(Steps(), faults_named(["event-lines-missing"]))
    with LocalServer(steps=steps) as server:
        reply = httpx.post(f"{server.url}/v1/messages", headers=HEADERS, json={**BODY, "stream": True})
    assert reply.status_code == 200
    assert "event:" not in reply.text
    assert "LAPIS" in reply.text


def test_a_body_that_is_left_open_ends_when_the_client_leaves() -> None:
    steps = with_faults(Steps(), faults_named(["body-left-open"]))
    with LocalServer(steps=steps) as server, httpx.Client(timeout=httpx.Timeout(30, read=3)) as client:
        asked = {**BODY, "stream": True}
        with client.stream("POST", f"{server.url}/v1/messages", headers=HEADERS, json=asked) as reply:
            parts = reply.iter_bytes()
            while b"message_stop" not in next(parts):
                pass
            with pytest.raises(httpx.ReadTimeout):
                next(parts)
