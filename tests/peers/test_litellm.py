"""The LiteLLM proxy in front of an OpenAI-compatible server: every gap that is known of it is found, and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Endpoint, Run, Suite

BROKEN_STREAMS: dict[str, str] = {
    "stream-usage-counts-input": "message_start is sent before the upstream has told the usage",
    "stream-signature-once": "the upstream's reasoning has no signature, and none is made",
}
"""Cases about streams that fail at level must, with the reason."""


@pytest.fixture
def run(run_of: Callable[[str], Run]) -> Run:
    return run_of("litellm")


def test_malformed_json_is_refused_whatever_the_form_of_the_error(run: Run) -> None:
    assert run.outcomes("transport-malformed-json-refused") == {"json": "pass"}


def test_the_order_of_events_is_right(run: Run) -> None:
    assert run.failing(area="streaming", level="must") == set(BROKEN_STREAMS)


def test_what_is_dropped_counts_as_ignored(run: Run) -> None:
    dropped = ("request-document-text", "request-search-result", "tools-auto-without-parallel")
    assert {case: run.outcomes(case) for case in dropped} == {case: {"json": "ignored"} for case in dropped}


def test_a_key_missing_in_message_delta_hides_no_other_deviation_of_streams(run: Run) -> None:
    assert run.outcomes("stop-sequence-hit") == {"json": "fail", "stream": "fail"}
    assert run.outcomes("transport-request-id-on-streams") == {"stream": "fail"}


@pytest.mark.parametrize(
    "case",
    [
        "messages-content-string",
        "system-string",
        "stop-end-turn",
        "stop-max-tokens",
        "tools-default-calls-a-tool",
        "tools-any-forces-a-call",
        "tools-none-forbids-calls",
        "tools-parallel-calls",
        "tools-result-string",
        "tools-loop-with-real-call",
        "messages-unicode-survives",
        "transport-bearer-accepted",
        "models-entries-name-models",
    ],
)
def test_what_the_proxy_does_well_passes(run: Run, case: str) -> None:
    assert set(run.outcomes(case).values()) == {"pass"}


@pytest.fixture(scope="module")
def baseline(litellm: Endpoint, run_suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The deviations of a first run, as a baseline that the run itself wrote."""
    file = tmp_path_factory.mktemp("baseline") / "litellm.yaml"
    first: Run = run_suite(litellm, "--baseline", str(file), "--baseline-update")
    assert file.exists(), first.printed
    return file


@pytest.fixture
def upstream_that_ignores_tools(upstream: Any) -> Iterator[None]:
    upstream.ignores_tools = True
    yield
    upstream.ignores_tools = False


def test_with_the_baseline_of_the_first_run_the_gate_holds(litellm: Endpoint, run_suite: Suite, baseline: Path) -> None:
    # What the baseline lists hides more than half of the results of the area errors: no reply has the error envelope.
    second: Run = run_suite(litellm, "--baseline", str(baseline), "--min-decided", "40")
    assert second.exit_code == 0, second.printed
    assert second.found("stream-usage-counts-input"), "a known deviation is still shown"


@pytest.mark.usefixtures("upstream_that_ignores_tools")
def test_a_new_fault_in_the_upstream_violates_the_gate(litellm: Endpoint, run_suite: Suite, baseline: Path) -> None:
    third: Run = run_suite(litellm, "--baseline", str(baseline))
    assert third.exit_code == 1, third.printed
    assert {"tools-any-forces-a-call", "tools-named-choice-forces-the-call"} <= third.gating()
    assert "stream-usage-counts-input" not in third.gating(), "a known deviation does not gate"
