"""What a run sends and judges: the selected cases and the scenarios that they need, each once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from conformance.base.errors import UsageError
from conformance.base.suggestions import unknown
from conformance.config.settings import RunSettings
from conformance.model import Case, Mode, Plane, Scenario, ScenarioName
from conformance.standard.catalogue import Catalogue
from conformance.standard.models import ENTRY, ENTRY_SCENARIO, LISTED, SHOWN_BY_LIST, is_listed

FIRST = "text"
"""The scenario that the preflight sends; its answer serves every case that needs it."""


MOST_ON_DEMAND = 60
"""Requests that a run sends on demand, at most."""


@dataclass(frozen=True)
class Plan:
    """The items to judge, in order, and the scenarios to send, in order.

    `on_demand` are sent only where judging asks for them: the parts of a request that was refused as a whole, and what
    depends on what the list of models says.
    """

    items: tuple[tuple[Case, Mode], ...]
    scenarios: tuple[Scenario, ...]
    on_demand: tuple[Scenario, ...] = ()

    @property
    def requests(self) -> int:
        """How many requests the plan sends where nothing is retried."""
        return sum(len(scenario.steps) for scenario in self.scenarios)


def check_selection(settings: RunSettings, catalogue: Catalogue) -> None:
    """Raises UsageError where the options name a case or an area that does not exist."""
    ids = [name for case in catalogue.cases for name in (case.id, *case.aliases)]
    areas = sorted({case.area for case in catalogue.cases})
    for word, names, known in (("case", settings["case"], ids), ("area", settings["area"], areas)):
        for name in names:
            if name not in known:
                raise UsageError(unknown(word, name, known))


def selected_items(catalogue: Catalogue, settings: RunSettings) -> list[tuple[Case, Mode]]:
    """The cases and modes that the options of a run select, in order of the catalogue."""
    return [(case, mode) for case in catalogue.cases for mode in case.modes if is_selected(case, mode, settings)]


def is_selected(case: Case, mode: Mode, settings: RunSettings) -> bool:
    """Whether the options of a run select a case in a mode. Without such options everything is selected."""
    cases, areas, levels = (settings[key] for key in ("case", "area", "level"))
    return (
        (not cases or any(name in cases for name in (case.id, *case.aliases)))
        and (not areas or case.area in areas)
        and (not levels or case.level in levels)
        and (not settings["mode"] or mode == settings["mode"])
    )


def build_plan(items: Sequence[tuple[Case, Mode]], catalogue: Catalogue, absent: Collection[str] = ()) -> Plan:
    """The plan for the given items: every scenario that one of them needs, the preflight's first.

    Nothing is sent for items that need a capability which the target lacks (`absent`). A part of a request is sent in
    json mode, for both modes of the whole.
    """
    wanted: dict[str, Scenario] = {}

    def want(name: ScenarioName, mode: Mode) -> None:
        scenario = scenario_of(name, mode, catalogue)
        wanted.setdefault(scenario.id, scenario)

    asked = [(case, mode) for case, mode in items if not set(case.needs) & (set(absent) - SHOWN_BY_LIST)]
    applying = [(case, mode) for case, mode in asked if not is_listed(case)]
    want(ScenarioName(FIRST), Mode.JSON)
    for case, mode in applying:
        for name in names_of(case):
            want(name, mode)
    modes = dict.fromkeys(mode for _, mode in asked)
    for case, _ in asked:
        for name in case.gauges:
            for mode in modes:  # whether the two modes count alike
                want(name, mode)
    for case, mode in applying:
        for selector in case.selectors:
            for sample in catalogue.samples.get(selector, ()):
                want(ScenarioName(sample), Mode.STREAM if selector.streams else mode)
    on_demand = {part.scenario: Scenario(part.scenario, Mode.JSON, part.steps) for c, _ in applying for part in c.parts}
    for case, mode in asked:
        if is_listed(case):
            own = scenario_of(case.judged[0], mode, catalogue)
            on_demand[own.id] = own
            for name in names_of(case):
                if name not in case.judged:
                    want(name, mode)
    return Plan(tuple(items), tuple(wanted.values()), tuple(on_demand.values()))


def names_of(case: Case) -> Iterable[ScenarioName]:
    """The names of all scenarios that a case looks at."""
    if not case.on:
        yield from case.judged
    if case.control is not None:
        yield case.control
    yield from case.beside
    yield from (probe for probe in case.probes if probe is not None)
    if any(need in ENTRY or need in LISTED for need in case.needs):
        yield ScenarioName(ENTRY_SCENARIO)  # what the endpoint itself says of the model
    if case.on:
        yield from case.judged


def scenario_of(name: ScenarioName, mode: Mode, catalogue: Catalogue) -> Scenario:
    """The scenario of a name in a mode; requests that create no message exist in json mode only."""
    steps = catalogue.scenarios[name.name]
    exists = any(step.makes_message for step in steps)
    return Scenario(name.name, (name.mode or mode) if exists else Mode.JSON, steps)


def needed(case: Case, mode: Mode, plan: Plan, catalogue: Catalogue) -> tuple[str, ...]:
    """The ids of the scenarios that have to be done before a case can be judged."""
    if case.selectors:
        return tuple(scenario.id for scenario in plan.scenarios)
    named = [scenario_of(name, mode, catalogue).id for name in names_of(case)]
    if case.plane is Plane.BEHAVIOUR:  # all that shows whether the model does what it is asked to
        named += [scenario.id for scenario in plan.scenarios if scenario.name in catalogue.markers]
    gauges = [scenario_of(name, each, catalogue).id for name in case.gauges for each in Mode]
    planned = {scenario.id for scenario in plan.scenarios}
    return tuple(dict.fromkeys([*named, *(name for name in gauges if name in planned)]))
