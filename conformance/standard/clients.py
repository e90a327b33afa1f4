"""The clients (`specs/clients/`): real programs that talk to endpoints, what they send and what they need.

A client needs what its mechanisms need: `mechanisms.yaml` says by which cases an endpoint shows that it serves one.
What no mechanism covers, a client needs by the id of a case. Whether a run serves a client is a conclusion of its
results.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from conformance.base.patterns import PatternError, compiled
from conformance.base.pointer import join
from conformance.base.suggestions import nearest
from conformance.model import Case, Json, Mode, ScenarioName
from conformance.standard.schemas import read_checked
from conformance.standard.source import SourceError

FOLDER = "clients"
MECHANISMS = "mechanisms.yaml"
SCHEMA = "schema.json"

WHOLES = "clients"
"""The area of the cases that send what a client sends as a whole."""

FIRST_BYTE = "first-byte"
SILENCE = "silence"
"""Kinds of limits: how long a client waits for the first byte of a reply, and for the next one."""

Impact = Literal["breaks", "degrades"]


@dataclass(frozen=True)
class Mechanism:
    """Something that clients do and that needs the endpoint to play along.

    `does` completes "The client ...". `cases` show that the endpoint serves it, each in every mode of the client unless
    a mode is named. `unless_lacking` is a capability without which nothing is needed, or empty.
    """

    id: str
    does: str
    cases: tuple[ScenarioName, ...]
    unless_lacking: str = ""


@dataclass(frozen=True)
class Need:
    """What a client needs: a mechanism, what happens to the user where the endpoint does not serve it, and a way out.

    `breaks`: the client cannot be used. `degrades`: it works with less, or without one of its features.
    """

    mechanism: Mechanism
    impact: Impact
    symptom: str
    workaround: str = ""


@dataclass(frozen=True)
class KnownClient:
    """One client. `modes` are those in which it asks for messages, `sends` what its requests hold, in words by topic.

    `date` is the day on which it was observed, `source` how. `user_agent` is a pattern (RE2) that finds it in the
    header of that name, None where nothing shows which client it is. `limits` are the seconds after which it hangs up,
    by kind.
    """

    id: str
    title: str
    version: str
    date: str
    packages: tuple[str, ...]
    source: str
    modes: tuple[Mode, ...]
    sends: Mapping[str, Json]
    needs: tuple[Need, ...]
    limits: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    user_agent: str | None = None


@dataclass(frozen=True)
class Clients:
    """All clients by id, and the cases that hide streams: a deviation from one leaves nothing in streams to judge.

    `most_used` are the ids of clients that a smoke test is about, the first one above all.
    """

    clients: tuple[KnownClient, ...] = ()
    hiding: tuple[str, ...] = ()
    most_used: tuple[str, ...] = ()


NO_CLIENTS = Clients()


def load_clients(folder: Path, cases: Iterable[Case]) -> Clients:
    """The clients in the order of their ids. `folder` is the specs folder.

    Raises SourceError, with file, line and key, for a file that does not fit the schema, for an unknown mechanism,
    client or case, for a case that exists in no mode that is asked for, and for a pattern that is none.
    """
    home = folder / FOLDER
    known = {case.id: case for case in cases}
    shared = read_checked(home / MECHANISMS, home / SCHEMA, "mechanisms")
    mechanisms, hiding = _mechanisms(shared, home / MECHANISMS, known)
    files = {path.stem: path for path in sorted(home.glob("*.yaml")) if path.name != MECHANISMS}
    data = {name: read_checked(path, home / SCHEMA, "client") for name, path in files.items()}
    own = {name: _needs(item, files[name], mechanisms, known) for name, item in data.items()}
    for name, item in data.items():
        _check_pattern(item.get("user-agent"), files[name])
    clients = tuple(_client(name, item, _included(name, item, own, files)) for name, item in data.items())
    return Clients(clients, hiding, _most_used(shared, home / MECHANISMS, own))


def pairs(need: Need, modes: Sequence[Mode], cases: Mapping[str, Case]) -> tuple[tuple[str, Mode], ...]:
    """The results (case and mode) that show whether an endpoint serves a need of a client that asks in these modes.

    A case that is judged in none of these modes counts in those that it has: how a request is answered without a
    stream says how it is answered with one.
    """
    found: dict[tuple[str, Mode], None] = {}
    for name in need.mechanism.cases:
        has = cases[name.name].modes
        asked = (name.mode,) if name.mode is not None else [mode for mode in has if mode in modes] or has
        found.update(dict.fromkeys((name.name, mode) for mode in asked))
    return tuple(found)


def left_to_the_whole(client: KnownClient, cases: Mapping[str, Case]) -> frozenset[str]:
    """The ids of mechanisms that a short run need not ask about one by one: parts of what the client sends as a
    whole, in a case without which it breaks.
    """
    named = {need.mechanism.id: [cases[each.name] for each in need.mechanism.cases] for need in client.needs}
    if not any(need.impact == "breaks" and _is_whole(named[need.mechanism.id]) for need in client.needs):
        return frozenset()
    return frozenset(name for name, own in named.items() if not _is_whole(own) and all(case.steps for case in own))


def _is_whole(cases: Iterable[Case]) -> bool:
    return all(case.area == WHOLES for case in cases)


def _most_used(data: Mapping[str, Json], path: Path, known: Mapping[str, object]) -> tuple[str, ...]:
    for index, name in enumerate(data["most-used"]):
        if name not in known:
            pointer = join("", "most-used", index)
            raise SourceError(f"Unknown client {name!r}", path=path, pointer=pointer, suggestion=nearest(name, known))
    return tuple(data["most-used"])


def _mechanisms(
    data: Mapping[str, Json], path: Path, known: Mapping[str, Case]
) -> tuple[dict[str, Mechanism], tuple[str, ...]]:
    found: dict[str, Mechanism] = {}
    for key, item in data["mechanisms"].items():
        names = []
        for index, text in enumerate(item["cases"]):
            names.append(_case(text, known, path, join("", "mechanisms", key, "cases", index)))
        found[key] = Mechanism(key, item["does"], tuple(names), item.get("unless-lacking", ""))
    for index, text in enumerate(data["hiding"]):
        _case(text, known, path, join("", "hiding", index))
    return found, tuple(data["hiding"])


def _case(text: str, known: Mapping[str, Case], path: Path, pointer: str) -> ScenarioName:
    name = ScenarioName.parse(text)
    if name.name not in known:
        raise SourceError(f"Unknown case {text!r}", path=path, pointer=pointer, suggestion=nearest(name.name, known))
    if name.mode is not None and name.mode not in known[name.name].modes:
        raise SourceError(f"The case {name.name} is not judged in mode {name.mode}", path=path, pointer=pointer)
    return name


def _needs(
    item: Mapping[str, Json], path: Path, mechanisms: Mapping[str, Mechanism], known: Mapping[str, Case]
) -> tuple[Need, ...]:
    found = []
    for key, each in item.get("needs", {}).items():
        mechanism = mechanisms.get(key)
        if mechanism is None:
            mechanism = _by_case(key, mechanisms, known, path)
        found.append(Need(mechanism, each["impact"], each["symptom"], each.get("workaround", "")))
    return tuple(found)


def _by_case(key: str, mechanisms: Mapping[str, Mechanism], known: Mapping[str, Case], path: Path) -> Mechanism:
    case = known.get(key)
    if case is None:
        raise SourceError(
            f"Unknown mechanism or case {key!r}",
            path=path,
            pointer=join("", "needs", key),
            suggestion=nearest(key, [*mechanisms, *known]),
        )
    return Mechanism(key, f'depends on this: "{case.title}"', (ScenarioName(key),))


def _included(
    name: str, item: Mapping[str, Json], own: Mapping[str, tuple[Need, ...]], files: Mapping[str, Path]
) -> tuple[Need, ...]:
    """The needs of a client: its own, and those of the client that it runs, if it runs another."""
    runs = item.get("runs")
    if runs is not None and (runs == name or runs not in own):
        others = sorted(set(own) - {name})
        raise SourceError(
            f"Unknown client {runs!r}", path=files[name], pointer="/runs", suggestion=nearest(runs, others)
        )
    mine = {need.mechanism.id: need for need in own[name]}
    return tuple({**{need.mechanism.id: need for need in own.get(runs or "", ())}, **mine}.values())


def _check_pattern(pattern: str | None, path: Path) -> None:
    try:
        compiled(pattern or "")
    except PatternError as problem:
        raise SourceError(f"Unusable pattern: {problem}", path=path, pointer="/user-agent") from None


def _client(name: str, item: Mapping[str, Json], needs: tuple[Need, ...]) -> KnownClient:
    return KnownClient(
        id=name,
        title=item["client"],
        version=item["version"],
        date=item["date"],
        packages=tuple(item["packages"]),
        source=item["source"],
        modes=tuple(Mode(mode) for mode in item["modes"]),
        sends=item["sends"],
        needs=needs,
        limits=item.get("limits", {}),
        notes=tuple(item.get("notes", ())),
        user_agent=item.get("user-agent"),
    )
