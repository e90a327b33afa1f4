"""The named levels as data: every area and ability stands under one of them, every case belongs to one."""

from __future__ import annotations

import pytest

from conformance.judge.library import load_library
from conformance.model import HarnessError
from conformance.standard.library import Library
from conformance.standard.paths import spec_folder
from conformance.standard.tiers import level_name, load_levels


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library("2023-06-01")


def test_every_area_and_every_ability_stands_under_exactly_one_level(library):
    areas = [area for level in library.levels for area in level.areas]
    abilities = [need for level in library.levels for need in (*level.requires, *level.optional)]
    optional = {name for name, capability in library.capabilities.items() if not capability.core}
    assert sorted(areas) == sorted({case.area for case in library.catalogue.cases})
    assert sorted(abilities) == sorted(optional)


def test_every_case_that_a_level_lists_exists(library):
    assert [name for level in library.levels for name in level.cases if name not in library.cases] == []


@pytest.mark.parametrize(
    ("case", "tier"),
    [
        ("stream-events-named", "core"),
        ("tools-read", "agent"),
        ("request-tool-name-missing", "agent"),
        ("transport-count-needs-credential", "agent"),
        ("messages-system-turn-read", "agent"),
        ("request-image-base64", "full"),
        ("tools-result-image", "full"),
        ("transport-sibling-endpoints", "full"),
        ("models-retrieved", "full"),
    ],
)
def test_a_case_belongs_to_the_highest_level_that_claims_it(library, case, tier):
    assert library.cases[case].tier == tier


def test_what_no_level_claims_belongs_to_the_last():
    assert level_name(load_levels(spec_folder()), "new", "new-area", (), ()) == "full"


def test_levels_in_another_order_are_refused(tmp_path):
    text = (spec_folder() / "tiers.yaml").read_text(encoding="utf-8")
    (tmp_path / "tiers.yaml").write_text(text.replace("name: core", "name: agent", 1), encoding="utf-8")
    with pytest.raises(HarnessError, match="the levels stand in this order"):
        load_levels(tmp_path)
