"""The catalogue as objects: base requests, scenarios and cases, read from YAML and checked against the ledger.

Belongs here: reading case files, resolving base requests, names of clauses, checks and scenarios. Does not belong
here: what a check does, which cases run, sending.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from conformance.base.suggestions import nearest
from conformance.model import Case, CheckCall, Direction, Json, Level, Mode, Plane, ScenarioName, Selector, Step
from conformance.standard.capabilities import Capability, load_capabilities
from conformance.standard.derive import derive
from conformance.standard.document import Document
from conformance.standard.ledger import Ledger
from conformance.standard.meaning import meanings
from conformance.standard.paths import catalogue_folder, spec_folder
from conformance.standard.requests import SendError, steps_of
from conformance.standard.source import SourceError, check_shape, load_yaml, locate
from conformance.standard.tiers import Tier, load_tiers, tier_name

BASE_FILES = ("bases.yaml", "frames.yaml")
DERIVED_FILE = "derived.yaml"
USER_SUFFIX = ".messages.yaml"
SAMPLED = (Selector.EVERY_STREAM, Selector.EVERY_STREAM_REQUEST, Selector.EVERY_ANSWER, Selector.EVERY_RESPONSE)
"""The selectors that a base request marked `$sample: true` is sent for."""


@dataclass(frozen=True)
class Catalogue:
    """Everything that can be sent and claimed.

    `scenarios` maps a scenario's name to its steps. `samples` maps a selector to the scenarios that are sent for it
    when nothing else in the plan would show it.
    """

    cases: tuple[Case, ...]
    scenarios: Mapping[str, tuple[Step, ...]]
    samples: Mapping[Selector, tuple[str, ...]]

    @cached_property
    def invalid(self) -> frozenset[str]:
        """Names of scenarios that only refusals send: what answers them says nothing of answers to valid requests."""
        refusing = {case.scenario for case in self.cases if case.scenario and case.direction is Direction.REFUSE}
        serving = {case.scenario for case in self.cases if case.scenario and case.direction is Direction.SERVE}
        return frozenset(refusing - serving)

    @cached_property
    def meanings(self) -> Mapping[str, str]:
        """A hash of what each case means, by id (see `meaning.py`)."""
        return meanings(self.cases, self.scenarios)


@dataclass(frozen=True)
class CheckNames:
    """What the loader has to know of the checks: the JSON Schema of each argument, by name of the check."""

    arguments: Mapping[str, Mapping[str, Json]]


@dataclass(frozen=True)
class Sources:
    """What cases are checked against while they are read."""

    ledger: Ledger
    document: Document
    checks: CheckNames


def load_catalogue(sources: Sources, *, files: Iterable[Path] = ()) -> Catalogue:
    """Reads the shipped catalogue and, behind it, the given case files of a user.

    Raises SourceError with file, line and key for anything that does not fit.
    """
    folder = catalogue_folder()
    bases = Bases.of(load_bases(folder))
    shipped = sorted(path for path in folder.rglob("*.yaml") if path.name not in BASE_FILES)
    cases = [
        case for path in shipped for case in read_cases(path, bases, sources, area=path.relative_to(folder).parts[0])
    ]
    for path in files:
        cases += read_cases(path, bases, sources, area=path.name.removesuffix(USER_SUFFIX))
    return _assemble(cases, bases)


@dataclass(frozen=True)
class Bases:
    """The base requests by name: as they are written, and as the steps that they stand for."""

    sends: Mapping[str, dict[str, Json]]
    steps: Mapping[str, tuple[Step, ...]]

    @staticmethod
    def of(sends: Mapping[str, dict[str, Json]]) -> Bases:
        """Resolves every base request once."""
        return Bases(sends, {name: steps_of(send, sends) for name, send in sends.items()})


def is_case_file(path: Path) -> bool:
    """True for files that hold cases: `*.messages.yaml` anywhere, and the shipped catalogue's files."""
    if path.name.endswith(USER_SUFFIX):
        return True
    return path.suffix == ".yaml" and path.name not in BASE_FILES and catalogue_folder() in path.parents


def load_bases(folder: Path) -> dict[str, dict[str, Json]]:
    """The base requests of the catalogue by name. Raises SourceError where two files define the same name."""
    bases: dict[str, dict[str, Json]] = {}
    for path in sorted(found for name in BASE_FILES for found in folder.rglob(name)):
        for name, send in load_yaml(path).items():
            if name in bases:
                raise SourceError(f"the base request {name!r} is defined twice", path=path, pointer=f"/{name}")
            bases[name] = send
    return bases


def read_cases(path: Path, bases: Bases, sources: Sources, *, area: str) -> list[Case]:
    """The cases of one file. Raises SourceError with file, line and key."""
    data = load_yaml(path)
    if path.name == DERIVED_FILE:
        return list(_derived_cases(path, data, bases, sources, area))
    check_shape(data, _schema(), path)
    return [_case(path, index, entry, bases, sources, area) for index, entry in enumerate(data)]


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((catalogue_folder() / "schema.json").read_text(encoding="utf-8"))
    return schema


def _case(path: Path, index: int, entry: Mapping[str, Json], bases: Bases, sources: Sources, area: str) -> Case:
    pointer = f"/{index}"
    clauses = _known_clauses(path, pointer, entry.get("clauses", []), sources.ledger)
    expect = _calls(path, f"{pointer}/expect", entry["expect"], sources.checks)
    steps = _steps(path, f"{pointer}/send", entry["send"], bases) if "send" in entry else ()
    on = _judged(path, pointer, entry.get("on", ()))
    return Case(
        id=entry["id"],
        title=entry["title"],
        area=area,
        clauses=clauses,
        level=_level(path, pointer, entry, clauses, sources.ledger),
        direction=_direction(expect),
        informational=bool(clauses) and sources.ledger[clauses[0]].informational,
        plane=Plane(entry.get("plane", "protocol")),
        modes=_modes(entry, steps, on),
        expect=expect,
        file=str(path),
        line=locate(path, pointer) if path.name.endswith(USER_SUFFIX) else 0,
        steps=steps,
        scenario=_scenario_name(entry["id"], steps, bases) if steps else None,
        on=on,
        control=_named(path, f"{pointer}/control", entry["control"]) if "control" in entry else None,
        beside=tuple(_named(path, f"{pointer}/beside", name) for name in entry.get("beside", ())),
        given=_calls(path, f"{pointer}/given", entry.get("given", ()), sources.checks),
        needs=tuple(entry.get("needs", ())),
        protects=entry.get("protects", False),
        caught=tuple(entry.get("caught", ())),
        aliases=tuple(entry.get("aliases", ())),
        since=entry.get("since"),
    )


def _derived_cases(path: Path, data: Mapping[str, Json], bases: Bases, sources: Sources, area: str) -> Iterator[Case]:
    for index, entry in enumerate(data["derive"]):
        frame = entry["frame"]
        if frame not in bases.sends:
            message = f"there is no base request named {frame!r}"
            raise SourceError(
                message, path=path, pointer=f"/derive/{index}/frame", suggestion=nearest(frame, bases.sends)
            )
        step = bases.steps[frame][0]
        for derived in derive(sources.document, entry, step.body):
            clauses = _known_clauses(path, f"/derive/{index}/clauses", derived.clauses, sources.ledger)
            yield Case(
                id=derived.id,
                title=derived.title,
                area=area,
                clauses=clauses,
                level=sources.ledger[clauses[0]].level,
                direction=Direction.REFUSE,
                informational=sources.ledger[clauses[0]].informational,
                plane=Plane.PROTOCOL,
                modes=(Mode.JSON,),
                expect=(CheckCall("refused", True),),
                file=str(path),
                line=0,
                steps=(replace(step, body=derived.body, fill_model=not derived.id.endswith("request-model-missing")),),
                scenario=derived.id,
                control=ScenarioName.parse(derived.control),
                needs=tuple(derived.needs),
                protects=derived.protects,
                caught=(f"{derived.id}-accepted",),
                derived=True,
            )


def _known_clauses(path: Path, pointer: str, names: Iterable[str], ledger: Ledger) -> tuple[str, ...]:
    for position, name in enumerate(names):
        if name not in ledger.clauses:
            raise SourceError(
                f"there is no clause {name!r} in the ledger",
                path=path,
                pointer=f"{pointer}/clauses/{position}",
                suggestion=nearest(name, ledger.clauses),
            )
    return tuple(names)


def _level(path: Path, pointer: str, entry: Mapping[str, Json], clauses: tuple[str, ...], ledger: Ledger) -> Level:
    if clauses:
        if "level" in entry:
            raise SourceError(
                "level comes from the first clause and is not written here", path=path, pointer=f"{pointer}/level"
            )
        return ledger[clauses[0]].level
    if not path.name.endswith(USER_SUFFIX):
        raise SourceError(f"the case {entry['id']!r} cites no clause", path=path, pointer=pointer)
    return Level(entry.get("level", "must"))


def _direction(expect: tuple[CheckCall, ...]) -> Direction:
    return Direction.REFUSE if any(call.name == "refused" for call in expect) else Direction.SERVE


def _judged(path: Path, pointer: str, on: Json) -> tuple[ScenarioName | Selector, ...]:
    """What `on` lists: kinds of replies, and scenarios by name."""
    names = [on] if isinstance(on, str) else list(on)
    return tuple(Selector(name) if name in list(Selector) else _named(path, f"{pointer}/on", name) for name in names)


def _named(path: Path, pointer: str, text: str) -> ScenarioName:
    try:
        return ScenarioName.parse(text)
    except ValueError:
        problem = f"{text!r} names no mode: write the scenario's name alone, or with /json or /stream behind it"
        raise SourceError(problem, path=path, pointer=pointer) from None


def _modes(
    entry: Mapping[str, Json], steps: tuple[Step, ...], on: tuple[ScenarioName | Selector, ...]
) -> tuple[Mode, ...]:
    if "modes" in entry:
        return tuple(Mode(mode) for mode in entry["modes"])
    if steps:
        return (Mode.JSON, Mode.STREAM) if steps[-1].makes_message and steps[-1].raw is None else (Mode.JSON,)
    selectors = {name for name in on if isinstance(name, Selector)}
    if any(selector.streams for selector in selectors):
        return (Mode.STREAM,)
    return (Mode.JSON,) if selectors - {Selector.EVERY_ANSWER} else (Mode.JSON, Mode.STREAM)


def _calls(path: Path, pointer: str, items: Iterable[Mapping[str, Json]], checks: CheckNames) -> tuple[CheckCall, ...]:
    calls = []
    for position, item in enumerate(items):
        names = [key for key in item if key != "step"]
        here = f"{pointer}/{position}"
        if len(names) != 1:
            raise SourceError("a line of expect or given names exactly one check", path=path, pointer=here)
        name = names[0]
        if name not in checks.arguments:
            raise SourceError(
                f"there is no check named {name!r}",
                path=path,
                pointer=f"{here}/{name}",
                suggestion=nearest(name, checks.arguments),
            )
        check_shape(item[name], checks.arguments[name], path, pointer=f"{here}/{name}")
        calls.append(CheckCall(name, item[name], item.get("step")))
    return tuple(calls)


def _steps(path: Path, pointer: str, send: Mapping[str, Json], bases: Bases) -> tuple[Step, ...]:
    try:
        return steps_of(send, bases.sends)
    except SendError as problem:
        near = nearest(str(send.get("$base", "")), bases.sends) if problem.key == "$base" else None
        raise SourceError(str(problem), path=path, pointer=f"{pointer}/{problem.key}", suggestion=near) from None


def _scenario_name(case_id: str, steps: tuple[Step, ...], bases: Bases) -> str:
    """A case that sends a base request as it is shares that request's scenario."""
    return next((name for name, known in bases.steps.items() if known == steps), case_id)


def _assemble(cases: list[Case], bases: Bases) -> Catalogue:
    scenarios = dict(bases.steps)
    seen: dict[str, Case] = {}
    for case in cases:
        for name in (case.id, *case.aliases):
            if name in seen:
                other = seen[name]
                raise SourceError(f"the case id {name!r} is already used in {other.file}", path=Path(case.file))
            seen[name] = case
        if case.scenario is not None:
            scenarios.setdefault(case.scenario, case.steps)
    by_case = {case.id: case.scenario for case in cases if case.scenario is not None}
    capabilities, levels = load_capabilities(spec_folder()), load_tiers(spec_folder())
    probed = (_probed(case, capabilities) for case in cases)
    resolved = tuple(_placed(_resolved(case, scenarios, by_case), levels, scenarios) for case in probed)
    return Catalogue(resolved, scenarios, _samples(bases.sends))


def _resolved(case: Case, scenarios: Mapping[str, tuple[Step, ...]], by_case: Mapping[str, str]) -> Case:
    """The case with every name of another case replaced by the name of that case's scenario."""

    def known(name: ScenarioName) -> ScenarioName:
        found = by_case.get(name.name, name.name)
        if found not in scenarios:
            near = nearest(name.name, [*scenarios, *Selector])
            message = f"the case {case.id!r} names the scenario {name.name!r}, which does not exist"
            raise SourceError(message, path=Path(case.file), suggestion=near)
        return replace(name, name=found)

    return replace(
        case,
        on=tuple(known(name) if isinstance(name, ScenarioName) else name for name in case.on),
        control=known(case.control) if case.control else None,
        beside=tuple(known(name) for name in case.beside),
        probes=tuple(known(name) if name else None for name in case.probes),
    )


def _probed(case: Case, capabilities: Mapping[str, Capability]) -> Case:
    """The case with the scenarios that probe what it needs. A user's case may need what is not known here."""
    probes = [capabilities[need].probe if need in capabilities else "" for need in case.needs]
    return replace(case, probes=tuple(ScenarioName.parse(probe) if probe else None for probe in probes))


def _placed(case: Case, levels: Sequence[Tier], scenarios: Mapping[str, tuple[Step, ...]]) -> Case:
    """The case with the named level that counts it. A user's own case belongs to none."""
    if case.file.endswith(USER_SUFFIX):
        return case
    named = [name for name in (case.control, *case.beside, *case.on) if isinstance(name, ScenarioName)]
    names = [case.scenario or "", *(name.name for name in named)]
    steps = [step for name in names for step in scenarios.get(name, ())]
    paths = {step.path for step in steps}
    return replace(case, tier=tier_name(levels, case.id, case.area, case.needs, paths))


def _samples(bases: Mapping[str, dict[str, Json]]) -> dict[Selector, tuple[str, ...]]:
    samples: dict[Selector, list[str]] = {selector: [] for selector in Selector}
    for name, send in bases.items():
        mark = send.get("$sample")
        for selector in SAMPLED if mark is True else mark or ():
            samples[Selector(selector)].append(name)
    return {selector: tuple(names) for selector, names in samples.items()}
