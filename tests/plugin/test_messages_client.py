"""`--messages-client`: what a client needs is sent, and the gate is whether the client is ready."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from conformance.reference.faults import faults_named, with_faults
from conformance.reference.pipeline import Steps
from conformance.reference.server import LocalServer

Serve = Callable[..., tuple[str, ...]]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Serves the reference endpoint with faults, and says how to reach it."""
    with ExitStack() as servers:

        def serve(*faults: str) -> tuple[str, ...]:
            server = servers.enter_context(LocalServer(steps=with_faults(Steps(), faults_named(faults))))
            monkeypatch.setenv("ANTHROPIC_API_KEY", server.key)
            return f"--messages-url={server.url}", f"--messages-model={server.model}"

        yield serve


def test_a_ready_client_is_a_green_and_the_only_one_in_the_results(project, served: Serve) -> None:
    done = project.catalogue(*served(), "--messages-client=aider")
    assert done.ret == 0, done.stdout.str()
    assert [(each["id"], each["readiness"]) for each in project.results["clients"]] == [("aider", "ready")]
    assert len(project.results["cases"]) < 20


def test_a_client_that_breaks_is_a_red_in_the_words_of_its_user(project, served: Serve) -> None:
    done = project.catalogue(*served("system-array-refused"), "--messages-client=cline")
    assert done.ret == 1
    (client,) = project.results["clients"]
    assert client["readiness"] == "not-ready"
    assert f"{client['title']} is not ready: {client['symptoms'][0]}" in project.results["gate"]["declined"]


def test_a_client_of_which_nobody_knows_is_no_green(project, served: Serve) -> None:
    done = project.catalogue(*served(), "--messages-client=cline", "--messages-mode=json")
    assert done.ret == 2
    assert any("is undecided" in sentence for sentence in project.results["gate"]["missing"])


def test_a_client_that_does_not_exist_is_a_usage_error(project, served: Serve) -> None:
    done = project.catalogue(*served(), "--messages-client=claude-cod")
    assert done.ret == 4
    assert "Did you mean 'claude-code'?" in done.stdout.str() + done.stderr.str()


def test_a_smoke_test_is_about_the_most_used_clients(project, served: Serve) -> None:
    done = project.catalogue(*served(), "--messages-smoke")
    assert done.ret == 0, done.stdout.str()
    assert project.results["requests"] <= 26
    found = {each["id"]: each["readiness"] for each in project.results["clients"]}
    assert found["claude-code"] == "ready"
    assert "undecided" not in found.values()


def test_a_smoke_test_finds_what_breaks_the_first_of_them(project, served: Serve) -> None:
    done = project.catalogue(*served("message-stop-missing", "block-stop-missing"), "--messages-smoke")
    assert done.ret == 1
    found = {each["id"]: each["readiness"] for each in project.results["clients"]}
    assert found["claude-code"] == "not-ready"


def test_a_smoke_test_and_a_client_exclude_each_other(project, served: Serve) -> None:
    assert project.catalogue(*served(), "--messages-smoke", "--messages-client=aider").ret == 4
