"""`--messages-gate-behaviour`: claims in which the model has a say gate only where that was asked for."""

from __future__ import annotations

from support.project import chosen

CASE = "documents-text-repeated"


def test_a_deviation_of_the_behaviour_plane_is_repeated_until_it_is_settled_and_warns(project, canned) -> None:
    done = project.catalogue(*canned, *chosen(CASE), "-k", "json")
    assert done.ret == 2  # nothing that gates was judged
    assert set(project.outcomes.values()) <= {"fail", "ignored"}
    assert project.results["cases"][0]["attempts"] == 2
    assert project.results["cases"][0]["deviating_attempts"] == 2


def test_it_gates_where_that_was_asked_for(project, canned) -> None:
    done = project.catalogue("--messages-gate-behaviour", *canned, *chosen(CASE), "-k", "json")
    assert done.ret == 1
    done.assert_outcomes(failed=1)
    assert project.results["gate"]["policy"] == "must, behaviour"
