"""Cases as they are written: from the entries of a case file to `Case` objects.

Names of other cases and scenarios stay as written here; `catalogue.py` resolves them when all cases are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from conformance.base.files import CASES, SHIPPED
from conformance.base.pointer import join
from conformance.base.suggestions import nearest
from conformance.model import Case, CheckCall, Direction, Json, Level, Mode, Part, Plane, ScenarioName, Selector, Step
from conformance.standard.bases import Bases
from conformance.standard.derive import DeriveError, derive
from conformance.standard.document import Document
from conformance.standard.ledger import Ledger
from conformance.standard.pairwise import PairwiseError, Template
from conformance.standard.paths import CASE_SCHEMA
from conformance.standard.requests import SendError, expand, with_part
from conformance.standard.schemas import read_checked
from conformance.standard.source import SourceError, check_shape, lines_of

DERIVED_FILE = "derived.yaml"
USER_SUFFIX = ".messages.yaml"
LARGEST_REQUESTS: Final = 32 * 1024 * 1024
"""Characters of the requests of one file of a user, what `$make` makes included."""


TOO_LARGE: Final = f"The requests of the file are larger than {LARGEST_REQUESTS:,} characters"


@dataclass(frozen=True)
class CheckNames:
    """The JSON Schema of each check's argument, by name of the check. A case that calls `refusal` expects a refusal.
    Those of `counting` take token counts as evidence.
    """

    arguments: Mapping[str, Mapping[str, Json]]
    refusal: str
    counting: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Sources:
    """What cases are checked against while they are read."""

    ledger: Ledger
    document: Document
    checks: CheckNames


def read_cases(path: Path, bases: Bases, sources: Sources, *, area: str) -> list[Case]:
    """The cases of one file. Raises SourceError with file, line and key."""
    if path.name == DERIVED_FILE:
        data = read_checked(path, CASE_SCHEMA, "derived")
        entries = (_Entry(path, f"/derive/{index}", entry) for index, entry in enumerate(data["derive"]))
        return [case for entry in entries for case in _derived(entry, bases, sources, area)]
    own = path.name.endswith(USER_SUFFIX)
    data = read_checked(path, CASE_SCHEMA, bounds=CASES if own else SHIPPED)
    line_of = lines_of(path) if own else lambda _: 0
    cases, size = [], 0
    for index, item in enumerate(data):
        entry = _Entry(path, f"/{index}", item, own)
        case = _written(entry, bases, sources, area, line_of(entry.pointer))
        size += _size(case.steps)
        if own and size > LARGEST_REQUESTS:
            raise entry.error(TOO_LARGE, "send")
        cases.append(case)
    return cases


def _size(steps: Sequence[Step]) -> int:
    return sum(_characters(step.body) for step in steps)


def _characters(value: Json) -> int:
    """About how long a value is as JSON."""
    if isinstance(value, str):
        return len(value) + 2
    if isinstance(value, dict):
        return sum(len(key) + 4 + _characters(item) for key, item in value.items())
    return sum(map(_characters, value)) + 2 if isinstance(value, list) else 4


@dataclass(frozen=True)
class _Entry:
    """An entry of a case file and its place. `own`: the file is a user's."""

    path: Path
    pointer: str
    data: Mapping[str, Json]
    own: bool = False

    def error(self, problem: str, *steps: str | int, suggestion: str | None = None) -> SourceError:
        """An error at a place inside the entry."""
        return SourceError(problem, path=self.path, pointer=join(self.pointer, *steps), suggestion=suggestion)


def _written(entry: _Entry, bases: Bases, sources: Sources, area: str, line: int) -> Case:
    data = entry.data
    clauses = _clauses(entry, ("clauses",), data.get("clauses", ()), sources.ledger)
    expect = tuple(_calls(entry, "expect", sources.checks))
    whole, single = _sends(entry, bases)
    steps = bases.steps_of(whole, entry.path, join(entry.pointer, "send")) if whole is not None else ()
    on = _judged(entry)
    return Case(
        id=data["id"],
        title=data["title"],
        area=area,
        clauses=clauses,
        level=_level(entry, clauses, sources.ledger),
        direction=Direction.REFUSE if any(call.name == sources.checks.refusal for call in expect) else Direction.SERVE,
        informational=bool(clauses) and sources.ledger[clauses[0]].informational,
        plane=Plane(data.get("plane", "protocol")),
        modes=_modes(data, steps, on),
        expect=expect,
        file=str(entry.path),
        line=line,
        steps=steps,
        parts=tuple(_parts(entry, single, bases)),
        within=_within(entry, steps),
        scenario=_scenario(data["id"], steps, bases) if steps else None,
        on=on,
        control=_scenario_name(entry, "control", data["control"]) if "control" in data else None,
        beside=tuple(_scenario_name(entry, "beside", name) for name in data.get("beside", ())),
        given=tuple(_calls(entry, "given", sources.checks)),
        needs=tuple(data.get("needs", ())),
        lacks=tuple(data.get("lacks", ())),
        protects=data.get("protects", False),
        caught=tuple(data.get("caught", ())),
        aliases=tuple(data.get("aliases", ())),
    )


def _sends(entry: _Entry, bases: Bases) -> tuple[Mapping[str, Json] | None, Mapping[str, Mapping[str, Json]]]:
    """What the case sends, None where it sends nothing, and each of its parts alone, by name.

    A part with a base request is a request of its own. Any other is added to what the case sends.
    """
    data = entry.data
    own = {name: part for name, part in data.get("parts", {}).items() if "$base" in part}
    try:
        alone = {name: expand(part, bases.sends) for name, part in own.items()}
    except SendError as problem:
        raise entry.error(str(problem), "parts") from None
    if "send" not in data:
        return None, alone
    send = data["send"]
    if "parts" not in data and "pairwise" not in data:
        return send, {}
    try:
        frame = expand(send, bases.sends)
        added = {name: part for name, part in data.get("parts", {}).items() if name not in own}
        whole = dict(frame)
        for part in reversed(added.values()):
            whole = with_part(whole, part)
        if "pairwise" in data:
            template = Template(data["pairwise"]["turns"], data["pairwise"]["of"])
            whole = with_part(whole, {"messages": template.history()})
            added |= {name: {"messages": turns} for name, turns in template.alone().items()}
    except SendError as problem:
        raise entry.error(str(problem), "send", problem.key) from None
    except PairwiseError as problem:
        raise entry.error(str(problem), "pairwise") from None
    return whole, {**alone, **{name: with_part(frame, part) for name, part in added.items()}}


def _parts(entry: _Entry, sends: Mapping[str, Mapping[str, Json]], bases: Bases) -> Iterator[Part]:
    """The parts of a case. Raises SourceError where those of a user are too large together."""
    size = 0
    for name, send in sends.items():
        steps = bases.steps_of(send, entry.path, join(entry.pointer, "send"))
        size += _size(steps)
        if entry.own and size > LARGEST_REQUESTS:
            raise entry.error(TOO_LARGE, "send")
        yield Part(name, f"{entry.data['id']}+{name}", steps)


def _within(entry: _Entry, steps: tuple[Step, ...]) -> ScenarioName | None:
    """The scenario that holds what the case sends. Raises SourceError where the case has more than one request."""
    if "within" not in entry.data:
        return None
    if len(steps) != 1 or _modes(entry.data, steps, ()) != (Mode.JSON,):
        raise entry.error("Only a case with one request and the mode json is judged within another request", "within")
    return _scenario_name(entry, "within", f"{entry.data['within']}/{Mode.JSON}")


def _derived(entry: _Entry, bases: Bases, sources: Sources, area: str) -> Iterator[Case]:
    frame = entry.data["frame"]
    if frame not in bases.steps:
        raise entry.error(f"Unknown base request {frame!r}", "frame", suggestion=nearest(frame, bases.steps))
    step = bases.steps[frame][0]
    try:
        found = list(derive(sources.document, entry.data, step.body))
    except DeriveError as problem:
        raise entry.error(str(problem), *problem.steps, suggestion=problem.suggestion) from None
    for derived in found:
        clauses = _clauses(entry, ("clauses", derived.kind), derived.clauses, sources.ledger)
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
            expect=(CheckCall(sources.checks.refusal, True),),
            file=str(entry.path),
            line=0,
            steps=(replace(step, body=derived.body, fill_model=not derived.id.endswith("request-model-missing")),),
            scenario=derived.id,
            control=ScenarioName.parse(derived.control),
            needs=derived.needs,
            protects=derived.protects,
            caught=(f"{derived.id}-accepted",),
            derived=derived.kind,
        )


def _clauses(entry: _Entry, at: tuple[str, ...], names: Iterable[str], ledger: Ledger) -> tuple[str, ...]:
    for position, name in enumerate(names):
        if name not in ledger:
            raise entry.error(f"Unknown clause {name!r}", *at, position, suggestion=nearest(name, ledger.clauses))
    return tuple(names)


def _level(entry: _Entry, clauses: tuple[str, ...], ledger: Ledger) -> Level:
    if not clauses:
        if not entry.own:
            raise entry.error(f"The case {entry.data['id']!r} cites no clause", "id")
        return Level(entry.data.get("level", "must"))
    if "level" in entry.data:
        raise entry.error("The level comes from the first clause; remove this key", "level")
    return ledger[clauses[0]].level


def _judged(entry: _Entry) -> tuple[ScenarioName | Selector, ...]:
    """What `on` lists: selectors, and scenarios by name."""
    on = entry.data.get("on", ())
    names = [on] if isinstance(on, str) else on
    return tuple(Selector(name) if name in list(Selector) else _scenario_name(entry, "on", name) for name in names)


def _scenario_name(entry: _Entry, key: str, text: str) -> ScenarioName:
    try:
        return ScenarioName.parse(text)
    except ValueError:
        problem = f"Unknown mode in {text!r}. Write the scenario's name, alone or followed by /json or /stream"
        raise entry.error(problem, key) from None


def _scenario(case_id: str, steps: tuple[Step, ...], bases: Bases) -> str:
    """The scenario of a case. A case that sends a base request as it is shares that request's scenario."""
    return next((name for name, known in bases.steps.items() if known == steps), case_id)


def _modes(
    data: Mapping[str, Any], steps: tuple[Step, ...], on: tuple[ScenarioName | Selector, ...]
) -> tuple[Mode, ...]:
    if "modes" in data:
        return tuple(Mode(mode) for mode in data["modes"])
    if steps:
        return (Mode.JSON, Mode.STREAM) if steps[-1].makes_message and steps[-1].raw is None else (Mode.JSON,)
    selectors = {name for name in on if isinstance(name, Selector)}
    if any(selector.streams for selector in selectors):
        return (Mode.STREAM,)
    return (Mode.JSON,) if selectors - {Selector.EVERY_ANSWER} else (Mode.JSON, Mode.STREAM)


def _calls(entry: _Entry, key: str, checks: CheckNames) -> Iterator[CheckCall]:
    """The checks under `expect` or `given`."""
    for position, item in enumerate(entry.data.get(key, ())):
        names = [name for name in item if name != "step"]
        if len(names) != 1:
            raise entry.error(f"Expected exactly one check, found {len(names)}", key, position)
        name = names[0]
        if name not in checks.arguments:
            near = nearest(name, checks.arguments)
            raise entry.error(f"Unknown check {name!r}", key, position, name, suggestion=near)
        check_shape(item[name], checks.arguments[name], entry.path, pointer=join(entry.pointer, key, position, name))
        yield CheckCall(name, item[name], item.get("step"))
