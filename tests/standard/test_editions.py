"""Editions: what scores is frozen, and what it means as well."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.base.errors import HarnessError
from conformance.commands.edition import write_edition
from conformance.model import CheckCall
from conformance.standard.cases import USER_SUFFIX
from conformance.standard.catalogue import Catalogue
from conformance.standard.editions import (
    Edition,
    changes,
    edition_of,
    load_edition,
    load_editions,
    render,
    scored,
)
from conformance.standard.library import Library
from conformance.standard.paths import spec_folder
from conformance.standard.source import SourceError

FOLDER = spec_folder() / "editions"


def catalogue_of(library: Library, *cases) -> Catalogue:
    return replace(library.catalogue, cases=cases)


def written(folder: Path) -> dict[str, bool]:
    """The editions of a folder, each with whether it is frozen."""
    return {edition.name: edition.frozen for edition in load_editions(folder)}


def test_every_scored_case_means_what_the_newest_edition_says(library):
    """New cases wait for the next edition; a case that is changed or gone needs one now."""
    newest = load_edition(FOLDER)
    assert newest is not None
    found = changes(newest, library.catalogue)
    remedy = "change it back, or freeze with `messages-conformance edition DATE --freeze`; see specs/editions/README.md"
    assert (found.changed, found.gone) == ((), ()), remedy


def test_every_edition_is_sorted_and_written_by_the_command():
    for edition in load_editions(FOLDER):
        assert (FOLDER / f"{edition.name}.yaml").read_text(encoding="utf-8") == render(edition)


def test_new_and_changed_cases_do_not_score_and_own_cases_do(library):
    old, changed, new = library.catalogue.cases[:3]
    edition = edition_of("2026-11-22", catalogue_of(library, old, changed), frozen=True)
    own = replace(new, id="mine", file=f"mine{USER_SUFFIX}")
    now = catalogue_of(library, old, replace(changed, expect=(CheckCall("status", 299),)), new, own)
    assert [case.scored for case in scored(now, edition).cases] == [True, False, False, True]


def test_a_better_title_leaves_a_case_scored(library):
    edition = edition_of("2026-11-22", library.catalogue, frozen=True)
    better = (replace(case, title=f"{case.title}, in better words") for case in library.catalogue.cases)
    assert all(case.scored for case in scored(catalogue_of(library, *better), edition).cases)


def test_a_renamed_case_scores_under_its_alias(library):
    case = library.catalogue.cases[0]
    edition = edition_of("2026-11-22", catalogue_of(library, case), frozen=True)
    now = catalogue_of(library, replace(case, id="a-better-name", aliases=(case.id,)))
    assert [each.scored for each in scored(now, edition).cases] == [True]
    assert not changes(edition, now)


@pytest.mark.parametrize("edition", [None, "draft"])
def test_neither_a_draft_nor_a_missing_edition_scores(library, edition):
    draft = edition_of("2026-11-22", library.catalogue, frozen=False) if edition else None
    assert not any(case.scored for case in scored(library.catalogue, draft).cases)


def test_changes_are_new_gone_and_changed(library):
    first, second, third = library.catalogue.cases[:3]
    edition = edition_of("2026-11-22", catalogue_of(library, first, second), frozen=True)
    found = changes(edition, catalogue_of(library, replace(second, modes=second.modes[:0]), third))
    assert (found.new, found.gone, found.changed) == ((third.id,), (first.id,), (second.id,))
    assert not changes(edition, catalogue_of(library, first, second))


class TestFreezing:
    def test_a_freeze_replaces_every_edition_that_was_not_released(self, tmp_path, library):
        put(tmp_path, Edition("2026-01-01", frozen=True, released="0.1.0"))
        put(tmp_path, Edition("2026-02-01", frozen=True), Edition("2026-02-02", frozen=False))
        told = write_edition("2026-03-01", freeze=True, folder=tmp_path)
        assert written(tmp_path) == {"2026-03-01": True, "2026-01-01": True}
        assert f"{len(library.cases)} new, 0 changed, 1 gone" in told
        newest = load_edition(tmp_path)
        assert all(case.scored for case in scored(library.catalogue, newest).cases)

    def test_the_same_date_can_be_frozen_again_until_it_is_released(self, tmp_path):
        put(tmp_path, Edition("2026-03-01", frozen=True, cases={"no-such-case": "0" * 12}))
        assert "1 gone" in write_edition("2026-03-01", freeze=True, folder=tmp_path)
        with pytest.raises(HarnessError, match="2026-03-01 is frozen; freeze it again"):
            write_edition("2026-03-01", freeze=False, folder=tmp_path)

    def test_a_draft_stays_beside_the_frozen_edition_and_no_run_takes_it(self, tmp_path):
        put(tmp_path, Edition("2026-02-01", frozen=True))
        write_edition("2026-03-01", freeze=False, folder=tmp_path)
        assert written(tmp_path) == {"2026-03-01": False, "2026-02-01": True}
        newest = load_edition(tmp_path)
        assert newest is not None
        assert newest.name == "2026-02-01"
        with pytest.raises(HarnessError, match="2026-03-01 is a draft, and a draft never scores"):
            load_edition(tmp_path, "2026-03-01")

    @pytest.mark.parametrize("name", ["2026-03-01", "2026-02-28"])
    @pytest.mark.parametrize("freeze", [True, False])
    def test_a_released_edition_is_final_and_nothing_is_dated_before_it(self, tmp_path, name, freeze):
        put(tmp_path, Edition("2026-03-01", frozen=True, released="0.1.0"))
        before = (tmp_path / "2026-03-01.yaml").read_bytes()
        with pytest.raises(HarnessError, match="2026-03-01 is released and final") as caught:
            write_edition(name, freeze=freeze, folder=tmp_path)
        assert caught.value.exit_code == 4
        assert (tmp_path / "2026-03-01.yaml").read_bytes() == before

    def test_a_name_that_is_no_date_is_refused(self, tmp_path):
        with pytest.raises(HarnessError, match="named by its date"):
            write_edition("next", freeze=True, folder=tmp_path)


def put(folder: Path, *editions: Edition) -> None:
    for edition in editions:
        cases = edition.cases or {"gone-since": "0" * 12}
        (folder / f"{edition.name}.yaml").write_text(render(replace(edition, cases=cases)), encoding="utf-8")


def test_an_unknown_edition_is_reported_with_those_that_exist(tmp_path):
    put(tmp_path, Edition("2026-03-01", frozen=True))
    with pytest.raises(HarnessError, match=r"Unknown edition 'next'\. Known editions: 2026-03-01\.") as caught:
        load_edition(tmp_path, "next")
    assert caught.value.exit_code == 4


def test_without_any_edition_there_is_none(tmp_path):
    assert load_edition(tmp_path) is None


def test_a_file_under_a_wrong_name_is_refused(tmp_path):
    text = render(Edition("2026-11-22", frozen=True, cases={"some-case": "0" * 12}))
    (tmp_path / "2027-01-01.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=r"2027-01-01.yaml:\d: edition: The file is named 2027-01-01"):
        load_edition(tmp_path)
