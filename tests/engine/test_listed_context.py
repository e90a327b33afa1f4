"""Prompts that only a small or a large context makes worth sending wait for what the list of models says."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.engine.rejudge import rejudge
from conformance.model import Outcome
from conformance.wire.importers.files import open_recording

BEYOND, FULL = "stop-prompt-beyond-the-window", "stop-full-size-prompt"
SMALL, LARGE = "reference-1-text", "reference-1"


def without_list(call: Any, number: int) -> Any:
    return (404, {"type": "error", "error": {"type": "not_found_error", "message": "Not found"}}, {}) if (
        "/models" in call.path
    ) else None  # fmt: skip


@pytest.mark.parametrize(
    ("case", "model", "declared", "listed", "outcome", "reason"),
    [
        (BEYOND, SMALL, [], True, Outcome.PASS, ""),
        (BEYOND, LARGE, [], True, Outcome.NOT_APPLICABLE, "sent only on demand: --declare small-context"),
        (BEYOND, SMALL, [], False, Outcome.NOT_APPLICABLE, "sent only on demand: --declare small-context"),
        (BEYOND, SMALL, ["small-context"], False, Outcome.PASS, ""),
        (FULL, LARGE, [], True, Outcome.NOT_APPLICABLE, "sent only on demand: --declare large-context"),
        (FULL, LARGE, ["large-context"], True, Outcome.PASS, ""),
        (FULL, LARGE, ["large-context"], False, Outcome.PASS, ""),
        (FULL, SMALL, ["large-context"], True, Outcome.NOT_APPLICABLE, "the target is taken to lack large-context"),
    ],
)
def test_the_list_of_models_and_the_target_decide_what_is_sent(
    serve: Any, run: Any, case: str, model: str, declared: list[str], listed: bool, outcome: Outcome, reason: str
) -> None:
    endpoint = serve() if listed else serve(without_list)
    done = run(endpoint, case=[case], model=model, declare=declared)
    judged = done.of(case)
    assert judged.outcome is outcome
    assert judged.reason.startswith(reason)
    assert (case in endpoint.names()) == (outcome is Outcome.PASS)
    again = rejudge(open_recording(done.folder / "journal.ndjson"), ())
    assert {(each.case, each.mode): each for each in again.judgements} == done.judgements
