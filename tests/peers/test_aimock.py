"""aimock, a mock server from npm: its streams are right, and every gap that is known of it is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Endpoint, Run, Suite

GAPS: dict[str, tuple[str, ...]] = {
    "a request without model is accepted": ("request-model-missing",),
    "a request without max_tokens is accepted": ("request-max_tokens-missing",),
    "a request without messages is accepted": ("request-messages-missing",),
    "a message with an unknown role is accepted": ("request-message-role-unknown",),
    "the list of models is that of another API": ("models-entries-name-models", "models-page-has-cursors"),
    "the error for malformed JSON is that of another API": ("errors-have-envelope",),
    "tool_choice none is ignored": ("tools-none-forbids-calls",),
    "no response has a request-id": (
        "transport-request-id-on-answers",
        "transport-request-id-on-errors",
        "transport-request-id-on-streams",
    ),
}
"""What is known of aimock 1.43.0, and the cases that find it."""

NO_USAGE: dict[str, str] = {
    "stream-usage-counts-input": "usage is 0 unless a fixture gives it, and message_start repeats that 0",
}
"""Cases about streams that fail, with the reason."""


@pytest.fixture(scope="module")
def run(aimock: Endpoint, run_suite: Suite) -> Run:
    done: Run = run_suite(aimock)
    return done


def test_the_run_ends_with_deviations_and_without_a_traceback(run: Run) -> None:
    assert run.exit_code == 1, run.printed
    assert "Traceback" not in run.printed
    assert run.results["complete"], run.results["incomplete_reason"]


@pytest.mark.parametrize("gap", GAPS)
def test_a_known_gap_is_found(run: Run, gap: str) -> None:
    missed = [case for case in GAPS[gap] if not run.found(case)]
    assert not missed, f"{gap}, but {', '.join(missed)} say: {[run.outcomes(case) for case in missed]}"


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
