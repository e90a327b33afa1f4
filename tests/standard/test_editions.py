"""Editions: what scores is frozen, and what it means as well."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.judge.library import Library, load_library
from conformance.model import CheckCall, HarnessError, Level
from conformance.standard.catalogue import USER_SUFFIX
from conformance.standard.editions import Edition, difference, edition_of, load_edition, meaning, render, scored
from conformance.standard.paths import spec_folder

FOLDER = spec_folder() / "editions"
EDITIONS = sorted(path.stem for path in FOLDER.glob("*.yaml"))


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library("2023-06-01")


def test_the_newest_edition_has_every_case_as_it_is_now(library):
    """A scored case never changes its meaning without a new edition. Cases that are new wait for the next one."""
    newest = load_edition(FOLDER)
    assert newest is not None
    found = difference(newest, library.catalogue.cases)
    told = f"new {list(found.new)}, changed {list(found.changed)}, gone {list(found.gone)}"
    if not newest.frozen:
        if found:
            pytest.skip(f"the draft is behind: run `messages-conformance edition {newest.name}`; {told}")
        return
    remedy = "change it back, or make a new edition with `messages-conformance edition DATE --freeze`"
    assert (found.changed, found.gone) == ((), ()), f"a scored case of edition {newest.name} changed: {remedy}; {told}"


@pytest.mark.parametrize("name", EDITIONS)
def test_every_edition_is_sorted_and_written_by_the_command(name):
    edition = load_edition(FOLDER, name)
    assert (FOLDER / f"{name}.yaml").read_text(encoding="utf-8") == render(edition)


def test_only_the_newest_edition_may_be_a_draft():
    editions = [load_edition(FOLDER, name) for name in EDITIONS]
    assert [edition.name for edition in editions[:-1] if not edition.frozen] == []


def test_a_case_means_the_same_in_both_api_versions(library):
    other = load_library("2026-10-21").cases
    assert [case.id for case in library.catalogue.cases if meaning(case) != meaning(other[case.id])] == []


def test_the_meaning_changes_with_claim_request_expectation_and_strength_and_with_nothing_else(library):
    case = library.cases["tools-any-forces-a-call"]
    changed = [
        replace(case, title="Something else"),
        replace(case, clauses=("REQ-TOOL-001",)),
        replace(case, level=Level.SHOULD),
        replace(case, expect=(*case.expect, CheckCall("status", 200))),
        replace(case, steps=(replace(case.steps[0], body={}),)),
        replace(case, steps=(replace(case.steps[0], raw=b"\x00"),)),
        replace(case, needs=()),
        replace(case, control="text"),
    ]
    assert len({meaning(case), *(meaning(other) for other in changed)}) == len(changed) + 1
    same = replace(case, file="moved.yaml", line=7, aliases=("old",), caught=("other-fault",), tier="core")
    assert meaning(same) == meaning(case)


def test_in_a_frozen_edition_new_and_changed_cases_do_not_score_and_own_cases_do(library):
    old, changed, new = library.catalogue.cases[:3]
    edition = edition_of("2026-11-22", [old, changed], frozen=True)
    own = replace(new, id="mine", file=f"mine{USER_SUFFIX}")
    cases = (old, replace(changed, title="Means something else now"), new, own)
    assert [case.scored for case in scored(cases, edition, USER_SUFFIX)] == [True, False, False, True]


def test_in_a_draft_every_case_scores(library):
    draft = Edition("2026-11-22", frozen=False)
    assert all(case.scored for case in scored(library.catalogue.cases, draft, USER_SUFFIX))
    assert draft.label == "2026-11-22 (draft)"


def test_differences_are_new_gone_and_changed(library):
    first, second, third = library.catalogue.cases[:3]
    found = difference(edition_of("2026-11-22", [first, second], frozen=True), [replace(second, title="x"), third])
    assert (found.new, found.gone, found.changed) == ((third.id,), (first.id,), (second.id,))
    assert not difference(edition_of("2026-11-22", [first], frozen=True), [first])


def test_an_unknown_edition_is_told_with_those_that_there_are():
    with pytest.raises(HarnessError, match="there is no edition '1999-01-01'") as caught:
        load_edition(FOLDER, "1999-01-01")
    assert caught.value.exit_code == 4


def test_without_any_edition_there_is_none(tmp_path):
    assert load_edition(tmp_path) is None


def test_a_file_under_a_wrong_name_is_refused(tmp_path, library):
    text = render(edition_of("2026-11-22", library.catalogue.cases[:1], frozen=True))
    (tmp_path / "2027-01-01.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(HarnessError, match="the file is called 2027-01-01"):
        load_edition(tmp_path)
