"""When an endpoint is ready for a client, limited, not ready or undecided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from conformance.model import Case, CheckCall, Judgement, Mode, Outcome, ScenarioName
from conformance.results.conclusions.readiness import readiness
from conformance.results.model import ClientResult
from conformance.standard.clients import Clients, KnownClient, Mechanism, Need
from support import make


def case(name: str, **more: Any) -> Case:
    return make.case(CheckCall("status", 200), id=name, **more)


CASES = [
    case("first"),
    case("second"),
    case("streamed", modes=(Mode.STREAM,)),
    case("pictures", needs=("vision",)),
    case("demanded", needs=("extra",), opt_in=("extra",)),
    case("start", modes=(Mode.STREAM,)),
    case("routed", reported_by="first"),
]


def need(name: str, impact: Any = "breaks", **more: Any) -> Need:
    return Need(Mechanism(f"reads-{name}", f"reads {name}", (ScenarioName(name),), **more), impact, f"No {name}.")


def one(outcomes: Mapping[str, Outcome], *needs: Need, **target: Any) -> ClientResult:
    """What these outcomes mean to a client with these needs."""
    modes = (Mode.JSON, Mode.STREAM)
    client = KnownClient("chat", "Chat", "1", "2026-11-28", ("x",), "Run.", modes, {"requests": "one"}, needs)
    judged = [Judgement(name, mode, outcome) for name, outcome in outcomes.items() for mode in dict(_modes())[name]]
    known = {each.id: each for each in CASES}
    (found,) = readiness(Clients((client,), ("start",)), known, judged, **target)
    return found


def _modes() -> list[tuple[str, tuple[Mode, ...]]]:
    return [(each.id, each.modes) for each in CASES]


PASS, FAIL = Outcome.PASS, Outcome.FAIL


def test_an_endpoint_that_serves_every_need_is_ready() -> None:
    found = one({"first": PASS, "second": PASS}, need("first"), need("second", "degrades"))
    assert (found.readiness, found.deciding, found.symptoms, found.needs) == ("ready", (), (), ())


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.IGNORED, Outcome.UNSUPPORTED])
def test_a_need_that_breaks_makes_it_not_ready_and_says_by_which_case(outcome: Outcome) -> None:
    found = one({"first": outcome, "second": PASS}, need("first"), need("second"))
    assert (found.readiness, found.deciding, found.symptoms) == ("not-ready", ("first",), ("No first.",))
    assert [(each.id, each.state, each.cases) for each in found.needs] == [("reads-first", "violated", ("first/json",))]


def test_a_need_that_degrades_makes_it_limited() -> None:
    found = one({"first": PASS, "second": FAIL}, need("first"), need("second", "degrades"))
    assert (found.readiness, found.deciding) == ("limited", ("second",))


def test_an_undecided_need_makes_an_undecided_client_also_where_something_degrades() -> None:
    needs = need("first", "degrades"), need("second")
    for outcome in (Outcome.INCONCLUSIVE, Outcome.NOT_RUN):
        found = one({"first": FAIL, "second": outcome}, *needs)
        assert (found.readiness, found.deciding, found.symptoms) == ("undecided", ("second",), ("No first.",))


def test_what_breaks_a_client_decides_whatever_is_open() -> None:
    found = one({"first": FAIL, "second": Outcome.INCONCLUSIVE}, need("first"), need("second"))
    assert (found.readiness, found.deciding) == ("not-ready", ("first",))


def test_a_need_of_a_case_that_was_not_part_of_the_run_is_undecided() -> None:
    assert one({"first": PASS}, need("first"), need("second")).readiness == "undecided"


def test_symptoms_of_what_breaks_come_first() -> None:
    found = one({"first": FAIL, "second": FAIL}, need("first", "degrades"), need("second"))
    assert found.symptoms == ("No second.", "No first.")


def test_what_the_target_lacks_is_not_served() -> None:
    outcomes = {"pictures": Outcome.NOT_APPLICABLE}
    assert one(outcomes, need("pictures"), lacking=["vision"]).readiness == "not-ready"


def test_a_precondition_that_nothing_met_is_nothing_to_trip_over() -> None:
    assert one({"pictures": Outcome.NOT_APPLICABLE}, need("pictures")).readiness == "ready"


def test_what_is_sent_on_demand_only_is_undecided_until_it_is_declared() -> None:
    outcomes = {"demanded": Outcome.NOT_APPLICABLE}
    assert one(outcomes, need("demanded")).readiness == "undecided"
    assert one(outcomes, need("demanded"), declared=["extra"]).readiness == "ready"


def test_where_no_key_is_checked_every_way_to_send_one_will_do() -> None:
    keyed = need("first", unless_lacking="authentication")
    assert one({"first": Outcome.NOT_APPLICABLE}, keyed, lacking=["authentication"]).readiness == "ready"


def test_what_hides_streams_leaves_no_client_undecided() -> None:
    """Whether the client minds is what its need of the hiding case says."""
    outcomes = {"start": FAIL, "streamed": Outcome.INCONCLUSIVE}
    assert one(outcomes, need("streamed")).readiness == "ready"
    assert one(outcomes, need("streamed"), need("start", "degrades")).readiness == "limited"
    assert one({**outcomes, "first": Outcome.INCONCLUSIVE}, need("streamed"), need("first")).readiness == "undecided"


def test_a_route_that_another_case_reports_as_missing_is_not_served() -> None:
    assert one({"first": FAIL, "routed": Outcome.INCONCLUSIVE}, need("routed")).readiness == "not-ready"
