"""`--messages-baseline` and `--messages-baseline-update`: only what is new gates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from conformance.reference.pipeline import Steps, make_message
from conformance.reference.server import LocalServer

AREA = "--messages-area=response"


@contextmanager
def endpoint(**wrong: Any) -> Iterator[tuple[str, ...]]:
    """The options for a reference endpoint whose Messages have these keys, whatever was asked (None: left out)."""

    def lying(prompt: Any, desk: Any, steps: Steps) -> dict[str, Any]:
        message = {**make_message(prompt, desk, steps), **wrong}
        return {key: value for key, value in message.items() if key not in wrong or wrong[key] is not None}

    with LocalServer(steps=replace(Steps(), make_message=lying)) as server:
        yield (f"--messages-url={server.url}", f"--messages-model={server.model}")


@pytest.fixture
def run(project: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs one area against an endpoint with a baseline, each time into a new folder."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", LocalServer().key)
    count = iter(range(99))

    def start(target: tuple[str, ...], *more: str) -> tuple[int, dict[str, Any], str]:
        out = f"out-{next(count)}"
        done = project.pytester.runpytest(
            "-p", "no:hypothesispytest", "--assert=plain", "--pyargs", "conformance",
            AREA, *target, "--messages-baseline=known.yaml", *more, f"--messages-out={out}",
        )  # fmt: skip
        import json

        results = json.loads((project.folder / out / "results.json").read_text(encoding="utf-8"))
        return int(done.ret), results, done.stdout.str()

    return start


def test_a_baseline_goes_through_its_life(project: Any, run: Callable[..., Any]) -> None:
    """Written by the first run, green in the second, red for what is new, red for what was repaired."""
    file = project.folder / "known.yaml"
    with endpoint(role="user") as target:
        code, results, _ = run(target, "--messages-baseline-update")
        assert code == 0
        written = file.read_text(encoding="utf-8")
        assert "- case: response-role-is-assistant\n  mode: json\n  reason: to be explained\n  expires: 20" in written
        assert results["baseline"]["update"].startswith(f"written with {results['baseline']['entries']} entries:")

        code, results, text = run(target)
        assert (code, results["gate"]["reasons"]) == (0, [])
        known = [case for case in results["cases"] if case["known"]]
        assert {case["id"] for case in known} >= {"response-role-is-assistant"}
        assert all(not case["gates"] and case["outcome"] in ("fail", "ignored") for case in known)
        assert results["summary"]["total"]["known"] == len(known) == results["baseline"]["entries"]
        assert f"{len(known)} known" in text.splitlines()[-1]

        explained = written.replace("reason: to be explained", "reason: the vendor is told", 1)
        file.write_text(explained, encoding="utf-8")
        code, _, _ = run(target, "--messages-baseline-update")
        assert (code, file.read_text(encoding="utf-8")) == (0, explained)

    with endpoint(role="user", id=None) as target:
        code, results, text = run(target)
        gating = {case["id"] for case in results["cases"] if case["gates"]}
        assert code == 1
        assert "response-has-id" in gating
        assert "response-role-is-assistant" not in gating
        assert "response-has-id" in text

    with endpoint() as target:
        code, results, text = run(target)
        assert code == 1
        assert [case["id"] for case in results["cases"] if case["gates"]] == []
        stale = results["baseline"]["stale"]
        assert {entry["state"] for entry in stale} == {"passes"}
        for entry in stale:
            assert f"{entry['entry']}  {entry['case']}/{entry['mode']} passes now: remove the entry" in text
        code, _, _ = run(target, "--messages-baseline-update")
        assert (code, file.read_text(encoding="utf-8").splitlines()[-1]) == (0, "[]")


def test_entries_that_were_not_selected_are_left_alone_and_told(project: Any, run: Callable[..., Any]) -> None:
    project.write("known.yaml", "- {case: tools-read, reason: later, expires: 2001-01-01}\n")
    with endpoint() as target:
        code, results, text = run(target)
        assert code == 0
        assert "known.yaml:1  tools-read not part of this run; left alone" in text
        assert [entry["state"] for entry in results["baseline"]["open"]] == ["open"]
        run(target, "--messages-baseline-update")
    assert "- case: tools-read\n  reason: later\n  expires: 2001-01-01\n" in (project.folder / "known.yaml").read_text()


def test_a_run_that_decides_nothing_does_not_write_a_baseline(project: Any, run: Callable[..., Any]) -> None:
    nowhere = ("--messages-url=http://127.0.0.1:9", "--messages-model=m")
    code, results, _ = run(nowhere, "--messages-baseline-update")
    assert code == 2
    assert results["baseline"]["update"] == "not written: nothing was decided in this run"
    assert not (project.folder / "known.yaml").exists()


def test_workers_know_the_baseline_too(project: Any, run: Callable[..., Any]) -> None:
    with endpoint(role="user") as target:
        assert run(target, "--messages-baseline-update", "-n", "2")[0] == 0
        code, results, _ = run(target, "-n", "2")
    assert code == 0
    assert results["summary"]["total"]["known"] == results["baseline"]["entries"] > 0


def test_an_entry_that_matches_nothing_in_a_complete_run_gates(project: Any) -> None:
    project.write("known.yaml", "- {case: tools-reed, reason: later, expires: 2999-12-31}\n")
    done = project.catalogue("--messages-baseline=known.yaml")
    assert done.ret == 1
    assert "known.yaml:1  tools-reed matches no case" in done.stdout.str()
    assert "did you mean 'tools-read'?" in done.stdout.str()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--messages-baseline-update"], "--baseline-update needs --baseline FILE"),
        (["--messages-baseline=bad.yaml"], "bad.yaml:2: [0].reson"),
    ],
)
def test_an_unusable_baseline_is_told_and_exit_code_4(project: Any, options: list[str], words: str) -> None:
    project.write("bad.yaml", "- case: a\n  reson: r\n  expires: 2027-02-20\n")
    done = project.catalogue(*options)
    assert done.ret == 4
    assert words in done.stderr.str() + done.stdout.str()
    assert project.wrote_nothing
