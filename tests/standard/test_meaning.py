"""The canonical form of a case changes with what the case says about an endpoint, and with nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, fields, make_dataclass, replace
from typing import Any

import pytest

from conformance.model import Case, CheckCall, Direction, Level, Mode, Part, Plane, ScenarioName, Selector, Step
from conformance.standard.catalogue import Catalogue
from conformance.standard.library import Library
from conformance.standard.meaning import canonical, meanings
from support import make, standard

ANOTHER: Mapping[str, Any] = {
    "clauses": ("REQ-HTTP-001",),
    "level": Level.MAY,
    "direction": Direction.REFUSE,
    "informational": True,
    "plane": Plane.BEHAVIOUR,
    "modes": (Mode.JSON,),
    "expect": (CheckCall("status", 299),),
    "steps": (Step(path="/elsewhere"),),
    "on": (Selector.EVERY_ERROR,),
    "control": ScenarioName("text"),
    "beside": (ScenarioName("text"), ScenarioName("weather", Mode.STREAM)),
    "given": (CheckCall("status", 299),),
    "needs": ("vision",),
    "lacks": ("prefill",),
    "within": ScenarioName("text"),
    "protects": True,
}
"""Another value of every field of a case that means something."""

MEANS_NOTHING: Mapping[str, Any] = {
    "id": "renamed",
    "title": "The endpoint does what it did, in better words",
    "area": "elsewhere",
    "file": "moved.yaml",
    "line": 7,
    "scenario": "renamed",
    "caught": ("another-fault",),
    "aliases": ("old",),
    "parts": (Part("half", "plain+half", (Step(),)),),
    "derived": True,
    "probes": (ScenarioName("text"),),
    "gauges": (ScenarioName("text"),),
    "opt_in": ("vision",),
    "reported_by": "transport-count-endpoint",
    "tier": "full",
    "scored": False,
}
"""Another value of every other field."""

ANOTHER_REQUEST: Mapping[str, Any] = {
    "method": "PUT",
    "path": "/v1/elsewhere",
    "query": {"beta": "true"},
    "headers": {"anthropic-beta": "some-beta"},
    "body": {"model": "m"},
    "raw": b"\xff",
    "auth": "none",
    "fill_model": False,
}

ANOTHER_CALL: Mapping[str, Any] = {"name": "refused", "argument": 1, "step": 1}

PLAIN = make.case(CheckCall("status", 200), id="plain", modes=(Mode.JSON, Mode.STREAM), steps=(Step(),))


@pytest.fixture(scope="module")
def case(library: Library) -> Case:
    return library.cases["tools-any-forces-a-call"]


def changed(library: Library, edit: Callable[[Case], Case]) -> set[str]:
    """The cases that mean something else after an edit of all of them."""
    catalogue = library.catalogue
    after = meanings(map(edit, catalogue.cases), catalogue.scenarios)
    return {name for name, meaning in catalogue.meanings.items() if after[name] != meaning}


def test_every_field_has_its_place_in_the_tables() -> None:
    """A new field of a case or a request fails here, until someone decides whether it means something."""
    assert {each.name for each in fields(Case)} == ANOTHER.keys() | MEANS_NOTHING.keys()
    assert {each.name for each in fields(Step)} == ANOTHER_REQUEST.keys()
    assert {each.name for each in fields(CheckCall)} == ANOTHER_CALL.keys()


@pytest.mark.parametrize("name", sorted(ANOTHER))
def test_a_part_of_a_case_that_means_something_changes_its_meaning(library: Library, name: str) -> None:
    assert form(library, replace(PLAIN, **{name: ANOTHER[name]})) != form(library, PLAIN)


@pytest.mark.parametrize("name", sorted(ANOTHER_REQUEST))
def test_a_part_of_a_request_changes_the_meaning_of_the_case(library: Library, name: str) -> None:
    other = replace(PLAIN, steps=(replace(PLAIN.steps[0], **{name: ANOTHER_REQUEST[name]}),))
    assert form(library, other) != form(library, PLAIN)


@pytest.mark.parametrize("name", sorted(ANOTHER_CALL))
def test_a_part_of_an_expectation_changes_the_meaning_of_the_case(library: Library, name: str) -> None:
    other = replace(PLAIN, expect=(replace(PLAIN.expect[0], **{name: ANOTHER_CALL[name]}),))
    assert form(library, other) != form(library, PLAIN)


def form(library: Library, case: Case) -> Any:
    return canonical(case, library.catalogue.scenarios)


@pytest.mark.parametrize("name", sorted(set(MEANS_NOTHING) - {"id"}))
def test_what_means_nothing_changes_no_case(library: Library, name: str) -> None:
    assert changed(library, lambda case: replace(case, **{name: MEANS_NOTHING[name]})) == set()


def test_better_titles_change_no_case(library: Library) -> None:
    assert changed(library, lambda case: replace(case, title=f"{case.title}, in better words")) == set()


def test_a_new_field_with_a_default_changes_no_case(library: Library) -> None:
    """Neither in requests nor in cases and checks, and not by where it stands among the others."""
    wider = make_dataclass("WiderStep", [("http_version", str, field(default="1.1"))], bases=(Step,), frozen=True)
    called = make_dataclass("WiderCall", [("weight", int, field(default=1))], bases=(CheckCall,), frozen=True)
    claimed = make_dataclass("WiderCase", [("owner", str, field(default=""))], bases=(Case,), frozen=True)

    def widened(case: Case) -> Case:
        values = {each.name: getattr(case, each.name) for each in fields(Case)}
        for name in ("expect", "given"):
            values[name] = tuple(called(call.name, call.argument, call.step) for call in values[name])
        values["steps"] = tuple(wider(*(getattr(step, each.name) for each in fields(Step))) for step in case.steps)
        return claimed(**values)

    assert changed(library, widened) == set()


def test_a_changed_expectation_header_or_clause_changes_exactly_that_case(library: Library, case: Case) -> None:
    step = replace(case.steps[0], headers={"anthropic-beta": "some-beta"})
    for edit in ({"expect": (CheckCall("status", 201),)}, {"steps": (step,)}, {"clauses": ("REQ-TOOL-001",)}):
        found = changed(library, lambda each, edit=edit: replace(each, **edit) if each.id == case.id else each)
        assert found == {case.id}, edit


def test_a_changed_base_request_changes_the_cases_that_look_at_it_and_no_other(library: Library) -> None:
    """As the thing sent, as the control, beside another, and as what is judged."""
    catalogue = library.catalogue
    looking = {
        case.id
        for case in catalogue.cases
        if any(
            isinstance(name, ScenarioName) and name.name == "weather" for name in (*case.on, *case.beside, case.control)
        )
    }
    (step,) = catalogue.scenarios["weather"]
    after = meanings(catalogue.cases, {**catalogue.scenarios, "weather": (replace(step, auth="none"),)})
    assert looking
    assert {name for name, meaning in catalogue.meanings.items() if after[name] != meaning} == looking


def test_a_renamed_scenario_changes_no_case(library: Library) -> None:
    def renamed(name: Any) -> Any:
        return replace(name, name="sunshine") if isinstance(name, ScenarioName) and name.name == "weather" else name

    catalogue = library.catalogue
    after = meanings(
        [
            replace(
                case,
                control=renamed(case.control),
                on=tuple(map(renamed, case.on)),
                beside=tuple(map(renamed, case.beside)),
            )
            for case in catalogue.cases
        ],
        {{"weather": "sunshine"}.get(name, name): steps for name, steps in catalogue.scenarios.items()},
    )
    assert after == catalogue.meanings


def test_the_order_of_names_means_nothing_and_the_governing_clause_does(library: Library) -> None:
    catalogue = library.catalogue
    turned = {
        "needs": lambda case: replace(case, needs=case.needs[::-1]),
        "modes": lambda case: replace(case, modes=case.modes[::-1]),
        "clauses": lambda case: replace(case, clauses=(*case.clauses[:1], *case.clauses[:0:-1])),
    }
    for what, edit in turned.items():
        assert changed(library, edit) == set(), what
    several = next(case for case in catalogue.cases if len(case.clauses) > 1)
    other = replace(several, clauses=several.clauses[::-1])
    assert meanings([other], catalogue.scenarios) != meanings([several], catalogue.scenarios)


def test_no_two_cases_mean_the_same(library: Library) -> None:
    by_meaning: dict[str, list[str]] = {}
    for name, meaning in library.catalogue.meanings.items():
        by_meaning.setdefault(meaning, []).append(name)
    assert [names for names in by_meaning.values() if len(names) > 1] == []


def test_a_case_means_the_same_in_every_api_version(library: Library) -> None:
    assert standard.library("2026-10-21").catalogue.meanings == library.catalogue.meanings


def test_bodies_that_differ_on_the_wire_differ_in_meaning(case: Case) -> None:
    bodies = [{"a": 1}, {"a": 1.0}, {"a": True}, {"a": "1"}, {"a": None}, {}, None, {"a": "\u00e9"}, {"a": "e\u0301"}]
    made = [Catalogue((replace(case, steps=(Step(body=body),)),), {}, {}).meanings[case.id] for body in bodies]
    assert len(set(made)) == len(made)
