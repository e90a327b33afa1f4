"""`--messages-tier`: what has to be there, so that declining it violates the gate."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.reference.faults import faults_named, with_faults
from conformance.reference.pipeline import Steps
from conformance.reference.server import LocalServer
from support.project import chosen

SENTENCE = "Agent needs tools: declined with status 400"
CASES = ("tools-read", "messages-content-string", "transport-message-created", "system-string")


@pytest.fixture
def without_tools(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, ...]]:
    with LocalServer(steps=with_faults(Steps(), faults_named(["tools-refused"]))) as server:
        monkeypatch.setenv("ANTHROPIC_API_KEY", server.key)
        yield f"--messages-url={server.url}", f"--messages-model={server.model}"


@pytest.mark.parametrize("tier", ["agent", "full", None])
def test_declining_what_the_tier_needs_violates_the_gate(project, without_tools, tier: str | None) -> None:
    options = [f"--messages-tier={tier}"] if tier is not None else []
    done = project.catalogue(*without_tools, *options, *chosen(*CASES))
    assert done.ret == 1
    assert project.results["gate"]["declined"] == [SENTENCE]
    assert [defect["title"] for defect in project.results["defects"]] == [SENTENCE]
    assert project.outcomes["tools-read", "json"] == "unsupported"
    assert SENTENCE in done.stdout.str()
    assert project.results["defects"][0]["cases"][0] == "tools-read/json"


@pytest.mark.parametrize("options", [("--messages-tier=core",), ("--messages-lacks=tools",)])
def test_what_the_tier_does_not_need_or_the_target_says_to_lack_may_be_declined(
    project, without_tools, options: tuple[str, ...]
) -> None:
    assert project.catalogue(*without_tools, *options, *chosen(*CASES)).ret == 0
    assert project.results["gate"]["declined"] == []


def test_what_is_only_asked_for_together_with_what_is_declined_is_no_demand_of_its_own(project, without_tools) -> None:
    cases = chosen(*CASES, "tools-any-forces-a-call", "tools-named-choice-forces-the-call")
    assert project.catalogue(*without_tools, *cases).ret == 1
    assert project.results["gate"]["declined"] == [SENTENCE]


def test_an_unknown_tier_ends_with_exit_code_4(project) -> None:
    done = project.catalogue("--messages-tier=must")
    assert done.ret == 4
    assert "core, agent, full" in done.stderr.str() + done.stdout.str()
    assert project.wrote_nothing
