"""`list clients` and `explain CLIENT`."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from conformance.base.errors import UsageError
from conformance.cli import command
from conformance.commands import explain
from conformance.standard.library import Library


def output(*arguments: str) -> str:
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 0, done.output
    return done.output


def test_every_client_is_listed_with_what_breaks_and_degrades_it(library: Library) -> None:
    lines = output("list", "clients").splitlines()
    assert [line.split()[0] for line in lines[:-2]] == [client.id for client in library.clients.clients]
    assert "explain" in lines[-1]


def test_scripts_get_the_needs_with_the_cases_that_decide_them(library: Library) -> None:
    listed = {each["id"]: each for each in json.loads(output("list", "clients", "--json"))}
    needs = {need["id"]: need for need in listed["claude-code"]["needs"]}
    assert needs["closes-blocks"]["cases"] == ["stream-blocks-stopped"]
    assert set(listed) == {client.id for client in library.clients.clients}


def test_a_client_is_explained_with_everything_that_its_file_says(library: Library) -> None:
    client = next(each for each in library.clients.clients if each.id == "claude-code")
    shown = " ".join(output("explain", "claude-code").split())
    sent = [line for value in client.sends.values() for line in ([value] if isinstance(value, str) else value)]
    needs = [text for need in client.needs for text in (need.mechanism.does, need.symptom, need.workaround)]
    said = [client.title, client.version, client.date, client.source, *client.packages, *sent, *needs, *client.notes]
    assert [text for text in said if text not in shown] == []


def test_a_mistyped_client_is_suggested() -> None:
    with pytest.raises(UsageError, match="Did you mean 'claude-code'"):
        explain.text("claude-cod")
