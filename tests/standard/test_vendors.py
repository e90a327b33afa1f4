"""The files of the vendors: they fit their schema, name what exists, and adding one is adding one file."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from conformance.base.errors import UsageError
from conformance.judge.library import load_library
from conformance.model import Judgement, Mode, Outcome
from conformance.results.conclusions.claims import claim_results
from conformance.standard.library import Library
from conformance.standard.paths import spec_folder
from conformance.standard.source import SourceError
from conformance.standard.vendors import FOLDER, Vendor, check_cases, load_vendor, vendor_ids

NEW = """\
vendor: Quokka
date: "2026-11-28"
pages:
  start: {title: First steps, url: https://docs.quokka.example/start, date: "2026-11-28"}
connection:
  documented-base-url: https://api.quokka.example/v1
  base-url: https://api.quokka.example
  auth: bearer
claims:
  ids: {says: Every reply has an id., page: start, promises: support, cases: [response-has-id]}
  search: {says: "Search has one option.", page: start, promises: subset, cases: [server-tools-search]}
  errors: {says: Errors have no outer type., page: start, promises: deviation, cases: [errors-have-envelope]}
  speed: {says: It is fast., page: start, promises: support, undecidable: No clause is about speed.}
known-deviations:
  - {case: response-has-id, mode: stream, reason: A fix is promised., expires: "2027-05-01"}
"""


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    (tmp_path / FOLDER).mkdir()
    shutil.copy(spec_folder() / FOLDER / "schema.json", tmp_path / FOLDER)
    return tmp_path


def add(specs: Path, text: str = NEW) -> Path:
    path = specs / FOLDER / "quokka.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def quokka(specs: Path) -> Vendor:
    add(specs)
    return load_vendor("quokka", specs)


def test_adding_a_vendor_is_adding_one_file(specs: Path, quokka: Vendor) -> None:
    assert vendor_ids(specs) == ("quokka",)
    assert quokka.key_variable == "QUOKKA_API_KEY"
    assert (quokka.base_url, quokka.documented_base_url) == (
        "https://api.quokka.example",
        "https://api.quokka.example/v1",
    )
    assert [claim.id for claim in quokka.claims] == ["ids", "search", "errors", "speed"]
    assert quokka.case_file is None


def test_cases_of_its_own_are_in_a_file_beside_it(specs: Path) -> None:
    path = add(specs)
    own = path.with_name("quokka.messages.yaml")
    own.write_text("[]", encoding="utf-8")
    assert load_vendor("quokka", specs).case_file == own
    assert vendor_ids(specs) == ("quokka",)


def test_an_unknown_vendor_is_refused_with_the_nearest_name(specs: Path) -> None:
    add(specs)
    with pytest.raises(UsageError, match=r"Unknown vendor 'quoka'. Did you mean 'quokka'\?"):
        load_vendor("quoka", specs)


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("page: start", "page: stort", r"quokka.yaml:10: .*Unknown page 'stort'. Did you mean 'start'\?"),
        ("promises: support", "promises: the moon", r"quokka.yaml:10: "),
        ("cases: [response-has-id]", "undecided: no", r"quokka.yaml:10: "),
        ("2027-05-01", "2027-05-41", r"quokka.yaml:\d+: .*Expected a day as in 2027-02-20"),
        ("cases: [response-has-id]", "cases: [response-has-id], contradicted-by: [idz]", r"Unknown claim 'idz'"),
    ],
)
def test_a_profile_that_does_not_fit_is_refused_where_it_does_not(
    specs: Path, before: str, after: str, problem: str
) -> None:
    add(specs, NEW.replace(before, after, 1))
    with pytest.raises(SourceError, match=problem):
        load_vendor("quokka", specs)


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("[response-has-id]", "[response-has-it]", r"quokka.yaml:10: .*Unknown case 'response-has-it'. Did you mean"),
        ("case: response-has-id", "case: response-has-it", r"quokka.yaml:\d+: .*Unknown case 'response-has-it'"),
    ],
)
def test_its_cases_exist(specs: Path, library: Library, before: str, after: str, problem: str) -> None:
    add(specs, NEW.replace(before, after, 1))
    with pytest.raises(SourceError, match=problem):
        check_cases(load_vendor("quokka", specs), library.cases, specs)


def verdicts(vendor: Vendor, library: Library, outcomes: dict[tuple[str, Mode], Outcome]) -> dict[str, str]:
    judgements = [Judgement(case, mode, outcome, "") for (case, mode), outcome in outcomes.items()]
    return {claim.id: claim.verdict for claim in claim_results(vendor, library.cases, judgements)}


BOTH = [(case, mode) for case in ("response-has-id", "errors-have-envelope", "server-tools-search") for mode in Mode]


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.PASS, ["kept", "kept", "conforms"]),
        (Outcome.FAIL, ["broken", "broken", "deviates"]),
        (Outcome.IGNORED, ["broken", "broken", "deviates"]),
        (Outcome.UNSUPPORTED, ["broken", "kept", "deviates"]),
        (Outcome.INCONCLUSIVE, ["undecided", "undecided", "undecided"]),
        (Outcome.NOT_APPLICABLE, ["undecided", "undecided", "undecided"]),
        (None, ["undecided", "undecided", "undecided"]),
    ],
)
def test_a_promise_decides_what_an_outcome_means(
    quokka: Vendor, library: Library, outcome: Outcome | None, expected: list[str]
) -> None:
    outcomes = dict.fromkeys(BOTH, outcome) if outcome is not None else {}
    found = verdicts(quokka, library, outcomes)
    assert [found[name] for name in ("ids", "search", "errors")] == expected
    assert found["speed"] == "undecided"


def test_one_result_that_speaks_against_a_claim_decides_it(quokka: Vendor, library: Library) -> None:
    outcomes = {("response-has-id", Mode.JSON): Outcome.PASS, ("response-has-id", Mode.STREAM): Outcome.FAIL}
    judgements = [Judgement(case, mode, outcome, "") for (case, mode), outcome in outcomes.items()]
    (claim,) = [each for each in claim_results(quokka, library.cases, judgements) if each.id == "ids"]
    assert (claim.verdict, claim.case, claim.cases) == ("broken", "response-has-id", ("response-has-id/stream",))


@pytest.mark.parametrize("name", vendor_ids())
def test_a_printed_base_url_with_a_path_is_tried_as_an_sdk_joins_it(name: str) -> None:
    vendor = load_vendor(name)
    printed = urlsplit(vendor.documented_base_url).path
    if printed == urlsplit(vendor.base_url).path:
        return
    cases = load_library("2023-06-01", vendor=name).cases
    claimed = {case.name for claim in vendor.claims for case in claim.cases}
    assert f"{printed}/v1/messages" in {step.path for case in claimed for step in cases[case].steps}
