"""Which results a run asks for: by case, area, level and mode, by the clients that it is about, or a smoke test."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from conformance.base.errors import UsageError
from conformance.base.suggestions import unknown
from conformance.config.settings import RunSettings
from conformance.engine.plan import FIRST, scenarios_of
from conformance.model import Case, Level, Mode, Plane
from conformance.standard.clients import KnownClient, left_to_the_whole, pairs
from conformance.standard.library import Library

SMOKE: Final = 25
"""Requests of a smoke test, at most."""

_JUDGING: Final = 0.2
"""What it costs to judge a result, in requests, so that of two without a request the one that catches more is taken."""

Chosen = frozenset[tuple[str, Mode]]
"""Results by case and mode."""


def check_selection(settings: RunSettings, library: Library) -> None:
    """Raises UsageError where the options name a case, an area or a client that does not exist, or contradict."""
    catalogue = library.catalogue
    ids = [name for case in catalogue.cases for name in (case.id, *case.aliases)]
    areas = sorted({case.area for case in catalogue.cases})
    clients = [client.id for client in library.clients.clients]
    for word, names, known in (
        ("case", settings["case"], ids),
        ("area", settings["area"], areas),
        ("client", settings["client"], clients),
    ):
        for name in names:
            if name not in known and not (word == "case" and fnmatch.filter(known, name)):
                raise UsageError(unknown(word, name, known))
    if settings["smoke"] and settings["client"]:
        raise UsageError("Use either --smoke or --client: a smoke test is about the clients that are used most.")


def chosen(settings: RunSettings, library: Library) -> Chosen | None:
    """The results that --client or --smoke leaves; None where neither is given."""
    if settings["smoke"]:
        return smoke(library)
    if settings["client"]:
        named = (client for client in library.clients.clients if client.id in settings["client"])
        return frozenset(item for client in named for item in needed_by(client, library))
    return None


def selected_items(library: Library, settings: RunSettings) -> list[tuple[Case, Mode]]:
    """The cases and modes that the options of a run select, in order of the catalogue."""
    left = chosen(settings, library)
    every = ((case, mode) for case in library.catalogue.cases for mode in case.modes)
    return [(case, mode) for case, mode in every if is_selected(case, mode, settings, left)]


def is_selected(case: Case, mode: Mode, settings: RunSettings, left: Chosen | None) -> bool:
    """Whether the options of a run select a case in a mode; `left` is what `chosen` says of them.

    Without such options everything is selected.
    """
    cases, areas, levels = (settings[key] for key in ("case", "area", "level"))
    return (
        (not cases or any(fnmatch.fnmatchcase(name, each) for each in cases for name in (case.id, *case.aliases)))
        and (not areas or case.area in areas)
        and (not levels or case.level in levels)
        and (not settings["mode"] or mode == settings["mode"])
        and (left is None or (case.id, mode) in left)
    )


def needed_by(
    client: KnownClient, library: Library, impacts: Iterable[str] = ("breaks", "degrades")
) -> list[tuple[str, Mode]]:
    """The results that show whether an endpoint serves a client, those first without which it breaks."""
    cases = library.cases
    found: dict[tuple[str, Mode], None] = {}
    for impact in impacts:
        for need in client.needs:
            if need.impact == impact:
                found.update(dict.fromkeys(pairs(need, client.modes, cases)))
    return list(found)


def smoke(library: Library, most: int = SMOKE) -> Chosen:
    """The results of a smoke test: what the most used clients break without, then what catches most faults.

    Parts of what a client sends as a whole are not asked for one by one. Together the results take at most `most`
    requests. A client whose needs do not fit as a whole is left out.
    """
    basket = _Basket(library, most)
    used = {client.id: client for client in library.clients.clients}
    for name in library.clients.most_used:
        client = used[name]
        apart = left_to_the_whole(client, library.cases)
        asked = replace(client, needs=tuple(need for need in client.needs if need.mechanism.id not in apart))
        basket.take_all(needed_by(asked, library, ["breaks"]))
    basket.fill()
    return frozenset(basket.items)


class _Basket:
    """Results, and the requests that they take, up to a number of requests."""

    def __init__(self, library: Library, most: int) -> None:
        self._catalogue = library.catalogue
        self._cases = library.cases
        self._most = most
        self._sent: dict[str, int] = {f"{FIRST}/{Mode.JSON}": 1}
        self._caught: set[str] = set()
        self.items: dict[tuple[str, Mode], None] = {}

    def take_all(self, items: Iterable[tuple[str, Mode]]) -> None:
        """Takes all of the items, or none where they do not fit."""
        wanted = list(items)
        cost = self._cost(wanted)
        if sum(self._sent.values()) + sum(cost.values()) > self._most:
            return
        self._sent |= cost
        for item in wanted:
            self.items[item] = None
            self._caught.update(self._cases[item[0]].caught)

    def fill(self) -> None:
        """Takes what catches most faults for a request until nothing fits."""
        left = dict(self._candidates())
        while left:
            worth = {
                item: len(caught - self._caught) / (_JUDGING + sum(self._cost([item]).values()))
                for item, caught in left.items()
            }
            best = max(worth, key=lambda item: worth[item])
            if worth[best] <= 0:
                return
            self.take_all([best])
            del left[best]

    def _candidates(self) -> Iterator[tuple[tuple[str, Mode], frozenset[str]]]:
        for case in self._catalogue.cases:
            shown = all(self._catalogue.samples.get(selector) for selector in case.selectors)
            if shown and case.level is Level.MUST and case.plane is Plane.PROTOCOL and not case.informational:
                yield from (((case.id, mode), frozenset(case.caught)) for mode in case.modes)

    def _cost(self, items: Iterable[tuple[str, Mode]]) -> dict[str, int]:
        """The scenarios that the items need and that are not sent yet, with their requests."""
        needed = (
            scenario for name, mode in items for scenario in scenarios_of(self._cases[name], mode, self._catalogue)
        )
        return {each.id: len(each.steps) for each in needed if each.id not in self._sent}
