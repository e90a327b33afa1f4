"""The tiers as data: every area and capability is listed under one of them, every case belongs to one."""

from __future__ import annotations

import pytest

from conformance.base.errors import HarnessError
from conformance.standard.paths import spec_folder
from conformance.standard.tiers import load_tiers, tier_name


def test_every_area_and_every_capability_is_listed_under_exactly_one_tier(library):
    areas = [area for tier in library.tiers for area in tier.areas]
    capabilities = [need for tier in library.tiers for need in (*tier.requires, *tier.optional)]
    optional = {name for name, capability in library.capabilities.items() if not capability.core}
    assert sorted(areas) == sorted({case.area for case in library.catalogue.cases})
    assert sorted(capabilities) == sorted(optional)


def test_every_case_that_a_tier_lists_exists(library):
    assert [name for tier in library.tiers for name in tier.cases if name not in library.cases] == []


@pytest.mark.parametrize(
    ("case", "tier"),
    [
        ("stream-events-named", "core"),
        ("tools-read", "agent"),
        ("request-tool-name-missing", "agent"),
        ("transport-count-needs-credential", "full"),
        ("messages-system-turn-read", "agent"),
        ("request-image-base64", "full"),
        ("tools-result-image", "full"),
        ("transport-count-endpoint", "full"),
        ("models-retrieved", "full"),
    ],
)
def test_a_case_belongs_to_the_highest_tier_that_claims_it(library, case, tier):
    assert library.cases[case].tier == tier


def test_what_no_tier_claims_belongs_to_the_last():
    assert tier_name(load_tiers(spec_folder()), "new", "new-area", (), ()) == "full"


def test_tiers_in_another_order_are_refused(tmp_path):
    text = (spec_folder() / "tiers.yaml").read_text(encoding="utf-8")
    (tmp_path / "tiers.yaml").write_text(text.replace("name: core", "name: agent", 1), encoding="utf-8")
    with pytest.raises(HarnessError, match="Expected the tiers core, agent, full, in order"):
        load_tiers(tmp_path)
