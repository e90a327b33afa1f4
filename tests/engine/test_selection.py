"""What a run asks for, by clients and as a smoke test."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.engine.plan import build_plan
from conformance.engine.selection import SMOKE, needed_by, smoke
from conformance.model import Mode
from conformance.standard.clients import left_to_the_whole
from conformance.standard.library import Library


def requests_of(library: Library, items: frozenset[tuple[str, object]]) -> int:
    wanted = [(library.cases[name], mode) for name, mode in items]
    return build_plan(wanted, library.catalogue).requests


@pytest.mark.parametrize("most", [1, 10, SMOKE, 60])
def test_a_smoke_test_keeps_its_bound(library: Library, most: int) -> None:
    assert requests_of(library, smoke(library, most)) <= most


def test_a_smoke_test_holds_what_the_first_client_breaks_without(library: Library) -> None:
    first = next(client for client in library.clients.clients if client.id == library.clients.most_used[0])
    apart = left_to_the_whole(first, library.cases)
    needed = replace(first, needs=tuple(need for need in first.needs if need.mechanism.id not in apart))
    assert set(needed_by(needed, library, ["breaks"])) <= smoke(library)
    assert {("client-claude-code-again", Mode.STREAM), ("client-claude-code-loop", Mode.STREAM)} <= smoke(library)


def test_what_is_added_catches_more_faults_than_it_has_requests(library: Library) -> None:
    caught = {fault for name, _ in smoke(library) for fault in library.cases[name].caught}
    assert len(caught) > 4 * SMOKE
