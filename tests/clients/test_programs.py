"""Each program works against the reference endpoint, directly and through the proxy, which finds nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from support.real_clients import Program

if TYPE_CHECKING:
    from conftest import Outcome


def test_it_works_directly(outcome: Outcome) -> None:
    assert not outcome.missing("direct"), "\n\n".join(outcome.missing("direct"))


def test_it_works_through_the_proxy(outcome: Outcome) -> None:
    assert not outcome.missing("through"), "\n\n".join(outcome.missing("through"))


def test_the_proxy_finds_nothing(outcome: Outcome) -> None:
    assert not outcome.deviating, outcome.said
    assert outcome.results["exit_code"] == 0, outcome.said
    assert "not judged" not in outcome.said
    assert "Traceback" not in outcome.said


def test_the_client_lived_through_nothing_but_what_is_known(program: Program, outcome: Outcome) -> None:
    _, _, lived = outcome.said.partition("What clients lived through\n")
    strange = [line for line in lived.splitlines() if not any(known in line for known in program.lives_through)]
    assert not strange, strange


def test_the_proxy_recognises_the_client(program: Program, outcome: Outcome) -> None:
    assert f"client    {program.recognised} (" in outcome.said, outcome.said


def test_no_scenario_takes_more_requests_than_it_may(program: Program, outcome: Outcome) -> None:
    sent = {done["id"]: len(outcome.of(done)) for done in outcome.happened["through"]}
    assert all(sent.values()), sent
    many = {each["id"]: sent[each["id"]] for each in program.scenarios if sent[each["id"]] > each.get("at-most", 1_000)}
    assert not many, many


def test_the_figures_are_kept(outcome: Outcome, keep: Callable[[Outcome], None]) -> None:
    assert outcome.requests
    if not outcome.deviating and not outcome.missing("direct") and not outcome.missing("through"):
        keep(outcome)
