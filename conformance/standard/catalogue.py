"""The catalogue: every case and scenario, with the names in them resolved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from conformance.base.pointer import join
from conformance.base.suggestions import nearest
from conformance.model import Case, Direction, Part, ScenarioName, Selector, Step
from conformance.standard.bases import FILES, Bases, load_bases
from conformance.standard.capabilities import Capability, load_capabilities
from conformance.standard.cases import USER_SUFFIX, Sources, read_cases
from conformance.standard.instructions import Markers, markers_of
from conformance.standard.meaning import meanings
from conformance.standard.paths import catalogue_folder, spec_folder
from conformance.standard.source import SourceError, load_yaml
from conformance.standard.tiers import Tier, load_tiers, tier_name

SAMPLED = (Selector.EVERY_STREAM, Selector.EVERY_STREAM_REQUEST, Selector.EVERY_ANSWER, Selector.EVERY_RESPONSE)
"""The selectors that a base request marked `$sample: true` is sent for."""


@dataclass(frozen=True)
class Catalogue:
    """Everything that can be sent and claimed.

    `scenarios` maps a scenario's name to its steps. `samples` maps a selector to the scenarios that are sent for it
    if nothing else in the plan shows it.
    """

    cases: tuple[Case, ...]
    scenarios: Mapping[str, tuple[Step, ...]]
    samples: Mapping[Selector, tuple[str, ...]]

    @cached_property
    def invalid(self) -> frozenset[str]:
        """Scenarios that only refusals send: their replies say nothing about replies to valid requests."""
        refusing = {case.scenario for case in self.cases if case.scenario and case.direction is Direction.REFUSE}
        serving = {case.scenario for case in self.cases if case.scenario and case.direction is Direction.SERVE}
        return frozenset(refusing - serving)

    @cached_property
    def optional(self) -> frozenset[str]:
        """Scenarios whose refusal is an answer: those that ask for optional capabilities (that probe one, or that no
        other case judges), and parts of a request that was refused as a whole.
        """
        by_need = {True: set[str](), False: set[str]()}
        for case in self.cases:
            by_need[bool(case.needs)].update(name.name for name in case.judged)
        probes = {probe.name for case in self.cases for probe in case.probes if probe is not None}
        parts = {part.scenario for case in self.cases for part in case.parts}
        return frozenset(by_need[True] - by_need[False] | probes | parts)

    @cached_property
    def markers(self) -> Markers:
        """What the cases look for in the text of replies, by scenario (see `instructions.py`)."""
        return markers_of(self.cases)

    @cached_property
    def meanings(self) -> Mapping[str, str]:
        """A hash of what each case means, by id (see `meaning.py`)."""
        return meanings(self.cases, self.scenarios)


def load_catalogue(sources: Sources, *, files: Iterable[Path] = ()) -> Catalogue:
    """Reads the shipped catalogue, followed by the case files of a user.

    Raises SourceError with file, line and key for anything invalid.
    """
    folder = catalogue_folder()
    bases = load_bases(folder)
    shipped = sorted(path for path in folder.rglob("*.yaml") if path.name not in FILES)
    cases = [
        case for path in shipped for case in read_cases(path, bases, sources, area=path.relative_to(folder).parts[0])
    ]
    for path in files:
        cases += read_cases(path, bases, sources, area=path.name.removesuffix(USER_SUFFIX))
    return _assemble(cases, bases, sources.checks.counting)


def _assemble(cases: Sequence[Case], bases: Bases, counting: frozenset[str]) -> Catalogue:
    scenarios = dict(bases.steps)
    seen: dict[str, Case] = {}
    for case in cases:
        for name in (case.id, *case.aliases):
            if name in seen:
                raise _error(case, f"Duplicate case id {name!r} (first used in {seen[name].file})", "id")
            seen[name] = case
        if case.scenario is not None:
            scenarios.setdefault(case.scenario, case.steps)
        scenarios.update({part.scenario: part.steps for part in case.parts})
    by_case = {case.id: case.scenario for case in cases if case.scenario is not None}
    capabilities, tiers = load_capabilities(spec_folder()), load_tiers(spec_folder())
    probed = (_probed(case, capabilities) for case in cases)
    gauges = tuple(name for name, send in bases.sends.items() if send.get("$gauge"))
    resolved = tuple(
        _placed(_resolved(case, scenarios, by_case, gauges, counting), tiers, scenarios) for case in probed
    )
    return Catalogue(_with_inner_parts(resolved), scenarios, _samples(bases))


def _with_inner_parts(cases: Sequence[Case]) -> tuple[Case, ...]:
    """The cases, where what is judged within the request of one is a part of that request, unless it has parts."""
    inner: dict[str, list[Part]] = {}
    for case in cases:
        if case.within is not None:
            inner.setdefault(case.within.name, []).append(Part(case.id, case.judged[0].name, case.steps, is_case=True))
    return tuple(
        replace(case, parts=tuple(inner[case.scenario])) if case.scenario in inner and not case.parts else case
        for case in cases
    )


def _resolved(
    case: Case,
    scenarios: Mapping[str, tuple[Step, ...]],
    by_case: Mapping[str, str],
    gauges: Sequence[str],
    counting: frozenset[str],
) -> Case:
    """The case with every name of another case replaced by the name of that case's scenario, and with its gauges.

    `gauges` are those of the catalogue, `counting` the checks that need them.
    """

    def known(name: ScenarioName, key: str) -> ScenarioName:
        found = by_case.get(name.name, name.name)
        if found not in scenarios:
            names = [*scenarios, *by_case, *(Selector if key == "on" else ())]
            raise _error(case, f"Unknown scenario {name.name!r}", key, suggestion=nearest(name.name, names))
        return replace(name, name=found)

    return replace(
        case,
        gauges=_gauges(case, scenarios, gauges) if counting.intersection(call.name for call in case.expect) else (),
        on=tuple(known(name, "on") if isinstance(name, ScenarioName) else name for name in case.on),
        control=known(case.control, "control") if case.control else None,
        within=known(case.within, "within") if case.within else None,
        beside=tuple(known(name, "beside") for name in case.beside),
        probes=tuple(known(name, "needs") if name else None for name in case.probes),
    )


def _gauges(case: Case, scenarios: Mapping[str, tuple[Step, ...]], gauges: Sequence[str]) -> tuple[ScenarioName, ...]:
    """The gauges on the paths that a case looks at: message requests, count requests, or both."""
    named = (*case.judged, *case.beside)
    paths = {step.path for name in named for step in scenarios.get(name.name, case.steps)}
    return tuple(ScenarioName(name) for name in gauges if scenarios[name][0].path in paths)


def _error(case: Case, problem: str, *steps: str | int, suggestion: str | None = None) -> SourceError:
    """An error at a place in a case, whose place in its file is looked up only now. A derived case has no entry."""
    path = Path(case.file)
    entries = load_yaml(path)
    places = [index for index, entry in enumerate(entries) if not case.derived and entry["id"] == case.id]
    pointer = join("", places[-1], *steps) if places else None
    return SourceError(problem, path=path, pointer=pointer, suggestion=suggestion)


def _probed(case: Case, capabilities: Mapping[str, Capability]) -> Case:
    """The case with the scenarios that probe what it needs. A user's case may need an unknown capability."""
    if not case.file.endswith(USER_SUFFIX):
        for key, names in (("needs", case.needs), ("lacks", case.lacks)):
            for position, name in enumerate(names):
                if name not in capabilities:
                    near = nearest(name, capabilities)
                    raise _error(case, f"Unknown capability {name!r}", key, position, suggestion=near)
    homes = [capabilities[need].reported_by for need in case.needs if need in capabilities]
    return replace(
        case,
        probes=tuple(capabilities[need].probe if need in capabilities else None for need in case.needs),
        opt_in=tuple(need for need in case.needs if need in capabilities and capabilities[need].opt_in),
        reported_by=next((name for name in homes if name and name != case.id), ""),
    )


def _placed(case: Case, tiers: Sequence[Tier], scenarios: Mapping[str, tuple[Step, ...]]) -> Case:
    """The case with the tier that counts it. A user's own case belongs to none."""
    if case.file.endswith(USER_SUFFIX):
        return case
    named = [name for name in (case.control, *case.beside, *case.on) if isinstance(name, ScenarioName)]
    names = [case.scenario or "", *(name.name for name in named)]
    steps = [step for name in names for step in scenarios.get(name, ())]
    paths = {step.path for step in steps}
    return replace(case, tier=tier_name(tiers, case.id, case.area, case.needs, paths))


def _samples(bases: Bases) -> dict[Selector, tuple[str, ...]]:
    samples: dict[Selector, list[str]] = {selector: [] for selector in Selector}
    for name, send in bases.sends.items():
        mark = send.get("$sample")
        for selector in SAMPLED if mark is True else mark or ():
            samples[Selector(selector)].append(name)
    return {selector: tuple(names) for selector, names in samples.items()}
