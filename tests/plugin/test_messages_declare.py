"""`--messages-declare` and `--messages-lacks`: what a target is said to be able to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from conformance.reference.errors import refusal
from conformance.reference.pipeline import Steps, to_prompt
from conformance.reference.server import LocalServer
from support.project import chosen

CASES = ("tools-read", "tools-any-forces-a-call")


@contextmanager
def endpoint(*refused: str) -> Iterator[tuple[str, ...]]:
    """The options for an endpoint that declines requests with one of these keys cleanly."""

    def picky(call: Any, desk: Any, steps: Steps, component: str) -> Any:
        prompt = to_prompt(call, desk, steps, component)
        for key in refused:
            if key in prompt.body:
                raise refusal(400, f"{key} is not supported", None)
        return prompt

    with LocalServer(steps=replace(Steps(), to_prompt=picky)) as server:
        yield (f"--messages-url={server.url}", f"--messages-model={server.model}")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch, project: Any) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", LocalServer().key)


def capability(project: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in project.results["capabilities"] if each["name"] == name)
    return found


def test_what_is_not_declared_and_declined_is_unsupported(project: Any) -> None:
    with endpoint("tools") as target:
        done = project.catalogue(*target, *chosen(*CASES, "response-has-id"), "--messages-tier=core")
    assert done.ret == 0
    assert {outcome for (case, _), outcome in project.outcomes.items() if case in CASES} == {"unsupported"}
    assert capability(project, "tools")["contradiction"] == ""


def test_what_is_declared_and_declined_fails_and_contradicts(project: Any) -> None:
    with endpoint("tools") as target:
        done = project.catalogue(*target, *chosen("tools-read"), "--messages-declare=tools")
    assert done.ret == 1
    assert set(project.outcomes.values()) == {"fail"}
    assert "declared, but its probe is declined" in capability(project, "tools")["contradiction"]
    assert "the target declares tools, but the request is refused" in {
        case["reason"] for case in project.results["cases"]
    }
    assert "differs tools: declared, but its probe is declined" in done.stdout.str()


def test_what_is_said_to_lack_does_not_apply_and_is_not_sent(project: Any) -> None:
    with endpoint("tools") as target:
        done = project.catalogue(*target, *chosen(*CASES), "--messages-lacks=tools")
    assert done.ret == 2
    assert set(project.outcomes.values()) == {"not-applicable"}
    assert "tools" in project.results["target"]["lacks"]
    assert capability(project, "tools")["declared"] is False
    assert not [sent for sent in project.sent if sent["scenario"] in CASES]


def test_what_is_said_to_lack_and_seen_contradicts(project: Any) -> None:
    with endpoint() as target:
        project.catalogue(*target, "--messages-area=streaming", "--messages-lacks=tools")
    assert "declared as lacking" in capability(project, "tools")["contradiction"]


def test_a_request_that_is_refused_although_its_kind_is_accepted_fails(project: Any) -> None:
    with endpoint("tool_choice") as target:
        done = project.catalogue(*target, *chosen("tools-none-forbids-calls"))
    assert done.ret == 1
    assert set(project.outcomes.values()) == {"fail"}
    reasons = {case["reason"] for case in project.results["cases"]}
    assert reasons == {"accepts the probe of tools, but refuses this request"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--messages-lacks=text"], "text is core, and no target is exempt from it"),
        (["--messages-lacks=tolls"], "Did you mean 'tools'"),
        (["--messages-declare=tools", "--messages-lacks=tools"], "both declared and lacking"),
    ],
)
def test_what_cannot_be_said_is_told_and_exit_code_4(project: Any, options: list[str], words: str) -> None:
    done = project.catalogue(*options)
    assert done.ret == 4
    assert words in done.stderr.str() + done.stdout.str()
    assert project.wrote_nothing
