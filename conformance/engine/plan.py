"""What a run sends and judges: the selected cases and the scenarios that they need, each once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from conformance.judge.evidence import ASKS_AT_MOST, REPEATS_AT_MOST
from conformance.model import Case, Mode, Plane, Scenario, ScenarioName
from conformance.standard.catalogue import Catalogue
from conformance.standard.models import ENTRY, ENTRY_SCENARIO, LISTED, SHOWN_BY_LIST, is_listed

FIRST = "text"
"""The scenario that the preflight sends; its answer serves every case that needs it."""


MOST_ON_DEMAND = 60
"""Requests that a run sends on demand, at most."""

MOST_REPEATED = 30
"""Requests that a run repeats for each further attempt, at most: 60 with the three attempts of the default."""


def most_repeated(attempts: int) -> int:
    """How many requests a run repeats at most, where a case is attempted so often in all."""
    return MOST_REPEATED * (attempts - 1)


def why_not_repeated(most: int) -> str:
    """Why a request is not sent once more, where so many were."""
    return f"{REPEATS_AT_MOST} {most} requests"


def why_not_asked() -> str:
    """Why a request is not sent on demand, where so many were."""
    return f"{ASKS_AT_MOST} {MOST_ON_DEMAND} requests on demand"


@dataclass(frozen=True)
class Plan:
    """The items to judge, in order, and the scenarios to send, in order.

    `on_demand` are sent only where judging asks for them: the parts of a request that was refused as a whole, what a
    larger request holds that does not show it, and what depends on what the list of models says.
    """

    items: tuple[tuple[Case, Mode], ...]
    scenarios: tuple[Scenario, ...]
    on_demand: tuple[Scenario, ...] = ()

    @property
    def requests(self) -> int:
        """How many requests the plan sends where nothing is retried."""
        return sum(len(scenario.steps) for scenario in self.scenarios)


def build_plan(items: Sequence[tuple[Case, Mode]], catalogue: Catalogue, absent: Collection[str] = ()) -> Plan:
    """The plan for the given items: every scenario that one of them needs, the preflight's first.

    Nothing is sent for items that need a capability which the target lacks (`absent`). A part of a request is sent in
    json mode, for both modes of the whole.
    """
    asked = [(case, mode) for case, mode in items if not set(case.needs) & (set(absent) - SHOWN_BY_LIST)]
    modes = tuple(dict.fromkeys(mode for _, mode in asked))
    first = scenario_of(ScenarioName(FIRST), Mode.JSON, catalogue)
    own = (scenario for case, mode in asked for scenario in named_by(case, mode, catalogue))
    gauges = (scenario for case, _ in asked for scenario in gauges_of(case, modes, catalogue))
    sampled = (scenario for case, mode in asked for scenario in samples_of(case, mode, catalogue))
    wanted = {scenario.id: scenario for scenario in (first, *own, *gauges, *sampled)}
    on_demand = {scenario.id: scenario for case, mode in asked for scenario in on_demand_by(case, mode, catalogue)}
    return Plan(tuple(items), tuple(wanted.values()), tuple(on_demand.values()))


def scenarios_of(case: Case, mode: Mode, catalogue: Catalogue) -> Iterator[Scenario]:
    """Every scenario that a case needs in a mode, some of them twice."""
    yield from named_by(case, mode, catalogue)
    yield from gauges_of(case, list(Mode), catalogue)
    yield from samples_of(case, mode, catalogue)


def named_by(case: Case, mode: Mode, catalogue: Catalogue) -> Iterator[Scenario]:
    """The scenarios that a case looks at by name, without those that are sent on demand."""
    later = set(case.judged) if is_listed(case) or case.within is not None else set()
    return (scenario_of(name, mode, catalogue) for name in names_of(case) if name not in later)


def on_demand_by(case: Case, mode: Mode, catalogue: Catalogue) -> Iterator[Scenario]:
    """What is sent of a case only where judging asks for it."""
    yield from (Scenario(part.scenario, Mode.JSON, part.steps) for part in case.parts)
    if is_listed(case) or case.within is not None:
        yield scenario_of(case.judged[0], mode, catalogue)


def gauges_of(case: Case, modes: Iterable[Mode], catalogue: Catalogue) -> Iterator[Scenario]:
    """The scenarios that show whether token counts are alive, in each of the modes: whether they count alike."""
    return (scenario_of(name, mode, catalogue) for name in case.gauges for mode in modes)


def samples_of(case: Case, mode: Mode, catalogue: Catalogue) -> Iterator[Scenario]:
    """The scenarios that have to be sent so that a case on kinds of replies has some to look at."""
    for selector in case.selectors:
        for sample in catalogue.samples.get(selector, ()):
            yield scenario_of(ScenarioName(sample), Mode.STREAM if selector.streams else mode, catalogue)


def names_of(case: Case) -> Iterable[ScenarioName]:
    """The names of all scenarios that a case looks at."""
    if not case.on:
        yield from case.judged
    if case.within is not None:
        yield case.within
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
