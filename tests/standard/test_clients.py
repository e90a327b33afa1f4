"""The files of the clients: they fit their schema, name what exists, and adding one is adding one file."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from conformance.model import Case, CheckCall, Mode, Plane, ScenarioName
from conformance.report import clients as report
from conformance.results.conclusions.readiness import readiness
from conformance.standard.clients import FOLDER, MECHANISMS, SCHEMA, KnownClient, Mechanism, Need, load_clients, pairs
from conformance.standard.library import Library
from conformance.standard.paths import spec_folder
from conformance.standard.source import SourceError, load_yaml
from support import make

HOME = spec_folder() / FOLDER

NEW = """\
client: Naga Chat
version: "1.0"
date: "2026-11-28"
packages: [PyPI naga-chat==1.0]
source: Its author says so.
modes: [stream]
sends:
  requests: POST /v1/messages
needs:
  waits-for-message-stop: {impact: breaks, symptom: The answer never ends.}
  usage-cache-counters-present: {impact: degrades, symptom: The savings show 0.}
"""


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    """A copy of the folder of specs, as far as clients need it."""
    shutil.copytree(HOME, tmp_path / FOLDER)
    return tmp_path


def add(specs: Path, text: str) -> Path:
    path = specs / FOLDER / "naga-chat.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problem(specs: Path, library: Library) -> SourceError:
    with pytest.raises(SourceError) as caught:
        load_clients(specs, library.catalogue.cases)
    return caught.value


def texts(client: KnownClient) -> list[str]:
    """Every sentence of a client that a report shows."""
    ways = [need.workaround for need in client.needs if need.workaround]
    return [client.source, *client.notes, *ways, *(need.symptom for need in client.needs)]


def test_adding_a_client_is_adding_one_file(specs: Path, library: Library) -> None:
    before = load_clients(spec_folder(), library.catalogue.cases)
    add(specs, NEW)
    after = load_clients(specs, library.catalogue.cases)
    (client,) = [each for each in after.clients if each not in before.clients]
    assert client.id == "naga-chat"
    assert "it completes a message at message_stop" in report.explain(client)
    assert "naga-chat" in report.text(after.clients)
    (found,) = [each for each in readiness(after, library.cases, []) if each.id == "naga-chat"]
    assert found.readiness == "undecided"


def test_what_no_mechanism_covers_is_needed_by_the_id_of_a_case(specs: Path, library: Library) -> None:
    add(specs, NEW)
    client = next(each for each in load_clients(specs, library.catalogue.cases).clients if each.id == "naga-chat")
    need = client.needs[1]
    assert need.mechanism.cases == (ScenarioName("usage-cache-counters-present"),)
    assert library.cases["usage-cache-counters-present"].title in need.mechanism.does


def test_the_schema_is_one_and_describes_every_file() -> None:
    schema = json.loads((HOME / SCHEMA).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    for path in HOME.glob("*.yaml"):
        part = "mechanisms" if path.name == MECHANISMS else "client"
        Draft202012Validator({**schema["$defs"][part], "$defs": schema["$defs"]}).validate(load_yaml(path))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("waits-for-message-stop", "waits-for-message-stopp", "Unknown mechanism or case 'waits-for-message-stopp'"),
        ("impact: breaks", "impact: hurts", "needs.waits-for-message-stop.impact"),
        ("modes: [stream]", "modes: [stream]\nruns: claude-cod", "Unknown client 'claude-cod'"),
        ("modes: [stream]", "modes: [stream]\nruns: naga-chat", "Unknown client 'naga-chat'"),
        ("sends:\n  requests", "sends:\n  colour", "sends.colour"),
        ("modes: [stream]", "modes: [stream]\nuser-agent: '('", "Unusable pattern"),
    ],
)
def test_a_mistake_is_refused_with_its_line(specs: Path, library: Library, old: str, new: str, said: str) -> None:
    path = add(specs, NEW.replace(old, new))
    found = str(problem(specs, library))
    assert said in found
    assert re.search(rf"{re.escape(str(path))}:\d+", found)


@pytest.mark.parametrize(
    ("cases", "said"),
    [("[stream-ends-with-message-stopp]", "Unknown case"), ("[stream-sent/json]", "not judged in mode json")],
)
def test_a_mechanism_names_cases_that_are_judged(specs: Path, library: Library, cases: str, said: str) -> None:
    path = specs / FOLDER / MECHANISMS
    text = path.read_text(encoding="utf-8").replace("[stream-one-message-start]", cases)
    path.write_text(text, encoding="utf-8")
    assert said in str(problem(specs, library))


def test_a_client_has_the_needs_of_the_client_that_it_runs(library: Library) -> None:
    by_id = {client.id: client for client in library.clients.clients}
    needs = by_id["claude-code"].needs
    assert by_id["claude-agent-sdk"].needs[: len(needs)] == needs


def test_a_need_is_decided_in_the_modes_in_which_the_client_asks() -> None:
    def case(name: str, *modes: Mode) -> Case:
        return make.case(CheckCall("status", 200), id=name, modes=modes)

    cases = {each.id: each for each in (case("both", Mode.JSON, Mode.STREAM), case("plain", Mode.JSON))}
    names = (ScenarioName("both"), ScenarioName("plain"), ScenarioName("both", Mode.JSON))
    need = Need(Mechanism("m", "reads", names), "breaks", "Nothing.")
    assert pairs(need, (Mode.STREAM,), cases) == (
        ("both", Mode.STREAM),
        ("plain", Mode.JSON),
        ("both", Mode.JSON),
    )


def test_every_mechanism_is_needed_by_a_client_and_none_twice_under_two_names(library: Library) -> None:
    data = load_yaml(HOME / MECHANISMS)["mechanisms"]
    needed = {need.mechanism.id for client in library.clients.clients for need in client.needs}
    assert set(data) - needed == set()
    shown = [tuple(each["cases"]) for each in data.values()]
    assert sorted({cases for cases in shown if shown.count(cases) > 1}) == []


def test_no_need_waits_for_a_model_that_cooperates(library: Library) -> None:
    named = set().union(
        *({name.name for need in client.needs for name in need.mechanism.cases} for client in library.clients.clients)
    )
    assert {name for name in named if library.cases[name].plane is not Plane.PROTOCOL} == set()


def test_the_words_of_clients_are_sentences(library: Library) -> None:
    for client in library.clients.clients:
        bad = [text for text in texts(client) if not re.search(r"[.!?]$", text) or text != text.strip()]
        assert bad == [], client.id
        assert [need.mechanism.does for need in client.needs if need.mechanism.does.endswith(".")] == []


def test_no_two_clients_have_the_same_title(library: Library) -> None:
    titles = [client.title for client in library.clients.clients]
    assert sorted({title for title in titles if titles.count(title) > 1}) == []
