"""What is known of real servers is data about cases that exist, and the page about them shows it."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.standard.library import Library
from support.real_servers import PAGE, page, servers

KEYS = {"server", "version", "behind", "checked", "measured", "defects"}
OF_DEFECTS = {"defect", "seen", "gating", "found", "by-chance"}


@pytest.fixture(scope="module", params=servers())
def server(request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(servers()[request.param])


def test_a_server_says_what_was_run_and_when_a_person_read_the_exchanges(server: dict[str, Any]) -> None:
    assert KEYS <= set(server) <= {*KEYS, "note"}
    assert all(str(server[key]) for key in KEYS)


def test_each_defect_is_a_sentence_with_evidence_and_with_cases(server: dict[str, Any]) -> None:
    for defect in server["defects"]:
        assert {"defect", "seen"} <= set(defect) <= OF_DEFECTS
        assert not defect["defect"].endswith(".")
        assert not defect["seen"].endswith(".")
        assert defect.get("gating") or defect.get("found"), defect["defect"]


def test_a_case_has_one_reason(library: Library, server: dict[str, Any]) -> None:
    named = [case for defect in server["defects"] for key in ("gating", "found") for case in defect.get(key, ())]
    assert len(named) == len(set(named))
    assert set(named) <= {case.id for case in library.catalogue.cases}


def test_the_page_shows_the_data() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(servers()), "run `python -m support.real_servers` in tests"
