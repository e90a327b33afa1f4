"""The damage that recorders do, as data."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.engine.offline import recorders_of
from conformance.judge.checks import REGISTRY
from conformance.standard.library import Library
from conformance.standard.recorders import KnownNames, load_recorders
from conformance.standard.source import SourceError


def test_a_flag_leaves_out_the_checks_and_cases_that_it_names_and_no_other(library: Library) -> None:
    recorders, cases = recorders_of(library), library.cases
    flags = ["ids-scrubbed", "headers-dropped", "unheard-of"]
    assert recorders.touched_by(flags, cases["response-id-unique"], "unique") == ("ids-scrubbed",)
    errors = cases["transport-request-id-on-errors"]
    assert recorders.touched_by(flags, errors, "header-present") == ("headers-dropped",)
    assert recorders.touched_by(flags, cases["response-has-id"], "matches") == ()


def test_a_flag_that_keeps_some_checks_leaves_out_all_others(library: Library) -> None:
    recorders, case = recorders_of(library), library.cases["errors-are-json"]
    assert recorders.touched_by(["no-response-body"], case, "json-body") == ("no-response-body",)
    assert recorders.touched_by(["no-response-body"], case, "header-present") == ()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("- {flag: a, title: t, reason: r, leaves-out: {cases: [response-has-idd]}}", "response-has-idd"),
        ("- {flag: a, title: t, reason: r, leaves-out: {clauses: [REQ-NO-001]}}", "REQ-NO-001"),
        ("- {flag: a, title: t, reason: r, keeps: [header-presentt]}", "'header-present'"),
        ("- {flag: a, title: t, reason: r}", "leaves-out"),
        ("- {flag: a, title: t, reason: r, keeps: [status], leaves-out: {}}", "recorders.yaml:1"),
        ("- &a {flag: a, title: t, reason: r, leaves-out: {}}\n- *a", "Duplicate flag"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(library: Library, tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "recorders.yaml").write_text(content + "\n")
    known = KnownNames(library.cases, library.ledger.clauses, REGISTRY)
    with pytest.raises(SourceError) as problem:
        load_recorders(tmp_path, known)
    assert words in str(problem.value)
