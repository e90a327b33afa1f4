"""What is known of real gateways is data, with findings of kinds that exist, and the page about them shows it."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.report.comparison import thing
from support.real_gateways import PAGE, gateways, page


@pytest.fixture(scope="module", params=gateways())
def gateway(request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(gateways()[request.param])


def test_a_gateway_says_what_was_run_and_when_a_person_read_the_exchanges(gateway: dict[str, Any]) -> None:
    assert set(gateway) == {"gateway", "version", "upstream", "checked", "changes"}
    assert all(str(value) for value in gateway.values())


def test_each_change_is_a_sentence_with_evidence_and_with_findings(gateway: dict[str, Any]) -> None:
    for change in gateway["changes"]:
        assert set(change) == {"change", "seen", "found"}
        assert not change["change"].endswith(".")
        assert not change["seen"].endswith(".")
        kinds = [found.partition(" ")[0] for found in change["found"]]
        assert all(thing(kind) for kind in kinds if "*" not in kind)


def test_a_finding_has_one_reason(gateway: dict[str, Any]) -> None:
    named = [found for change in gateway["changes"] for found in change["found"]]
    assert len(named) == len(set(named))


def test_the_page_shows_the_data() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(gateways()), "run `python -m support.real_gateways` in tests"
