"""aimock, a mock server from npm: its streams are right, and what it does well passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Run

NO_USAGE: dict[str, str] = {
    "stream-usage-counts-input": "usage is 0 unless a fixture gives it, and message_start repeats that 0",
}
"""Cases about streams that fail, with the reason."""


@pytest.fixture
def run(run_of: Callable[[str], Run]) -> Run:
    return run_of("aimock")


def test_malformed_json_is_refused_whatever_the_form_of_the_error(run: Run) -> None:
    assert run.outcomes("transport-malformed-json-refused") == {"json": "pass"}


def test_count_tokens_may_be_missing(run: Run) -> None:
    assert run.outcomes("transport-count-endpoint") == {"json": "unsupported"}
    assert run.outcomes("counting-needs-no-max-tokens") == {"json": "unsupported"}


def test_an_answer_to_an_ignored_tool_choice_counts_as_ignored(run: Run) -> None:
    assert run.outcomes("tools-none-forbids-calls") == {"json": "ignored"}


def test_streams_are_right_but_for_the_missing_usage(run: Run) -> None:
    assert run.failing(area="streaming", level="must") == set(NO_USAGE)


def test_the_order_of_events_was_judged_and_holds(run: Run) -> None:
    assert {case: run.outcomes(case) for case in GRAMMAR} == {case: {"stream": "pass"} for case in GRAMMAR}


GRAMMAR = (
    "stream-starts-with-message-start",
    "stream-one-message-start",
    "stream-index-contiguous",
    "stream-blocks-do-not-overlap",
    "stream-blocks-stopped",
    "stream-deltas-fit-blocks",
    "stream-message-delta-present",
    "stream-ends-with-message-stop",
    "stream-nothing-after-message-stop",
)
"""Cases on the order of events, all of which every stream shows."""


@pytest.mark.parametrize(
    "case",
    [
        "messages-content-string",
        "tools-default-calls-a-tool",
        "tools-parallel-calls",
        "tools-result-string",
        "tools-loop-with-real-call",
        "system-string",
        "messages-unicode-survives",
        "transport-x-api-key-accepted",
    ],
)
def test_what_aimock_does_well_passes(run: Run, case: str) -> None:
    assert set(run.outcomes(case).values()) == {"pass"}
