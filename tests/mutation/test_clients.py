"""Readiness is what the clients did: for every measured client and feature that faults can show.

`tests/data/client_effects.json` says what each client did without a feature, `client_faults.yaml` how the reference
endpoint shows the same. `-s` prints the agreement.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import pytest
import yaml

from conformance.reference.faults import all_faults
from conformance.reference.pipeline import Steps
from conformance.results.conclusions.readiness import readiness
from conformance.standard.library import Library
from mutation.rehearsal import Stage, set_stage
from mutation.variations import variations
from support.brainless import MODELS
from support.data import DATA

READINESS = {
    "breaks": "not-ready",
    "breaks-part": "limited",
    "degrades": "limited",
    "recovers": "limited",
    "fine": "ready",
}
"""What a measured effect is called in a report. A client of which one feature breaks works with less."""

LEAST = 0.95
LEAST_OF_BREAKING = 0.90

FAULTS = {**all_faults(), **variations()}
SHOWN = yaml.safe_load((DATA / "client_faults.yaml").read_text(encoding="utf-8"))
LATER = yaml.safe_load((DATA / "client_effects_later.yaml").read_text(encoding="utf-8"))
EFFECTS: Mapping[str, Mapping[str, str]] = {
    row["feature"]: row["effects"]
    | {client: done[row["feature"]] for client, done in LATER.items() if row["feature"] in done}
    for row in json.loads((DATA / "client_effects.json").read_text(encoding="utf-8"))
}


@dataclass(frozen=True)
class Cell:
    """One client without one feature: what it did, and what readiness says."""

    feature: str
    client: str
    effect: str
    found: str

    @property
    def agrees(self) -> bool:
        return READINESS[self.effect] == self.found

    @property
    def breaking(self) -> bool:
        return self.effect.startswith("breaks")


@pytest.fixture(scope="module")
def stage(library: Library) -> Stage:
    """A stage that judges only what clients need."""
    needs = (need for client in library.clients.clients for need in client.needs)
    named = {case.name for need in needs for case in need.mechanism.cases}
    return set_stage(only=named.union(library.clients.hiding))


@pytest.fixture(scope="module")
def cells(stage: Stage) -> tuple[Cell, ...]:
    return tuple(_cells(stage))


def _cells(stage: Stage) -> Iterator[Cell]:
    for feature, faults in {**SHOWN["faults"], **SHOWN["variations"]}.items():
        found = ready(stage, faults)
        for client, effect in EFFECTS[feature].items():
            yield Cell(feature, client, effect, found[client])


def ready(stage: Stage, faults: Iterable[str], steps: Steps | None = None) -> dict[str, str]:
    """The readiness for each client of the reference endpoint with these faults."""
    verdicts = stage.verdicts([FAULTS[name] for name in faults], steps)
    return {each.id: each.readiness for each in readiness(stage.library.clients, stage.library.cases, verdicts)}


def share(cells: Iterable[Cell]) -> float:
    agreeing = Counter(cell.agrees for cell in cells)
    return agreeing[True] / agreeing.total()


def test_the_honest_endpoint_is_ready_for_every_client(stage: Stage) -> None:
    found = ready(stage, [])
    assert {client: status for client, status in found.items() if status != "ready"} == {}


@pytest.mark.parametrize("model", MODELS)
def test_no_client_waits_for_a_model_that_cooperates(stage: Stage, model: str) -> None:
    found = ready(stage, [], replace(Steps(), generate=MODELS[model].generate))
    assert {client: status for client, status in found.items() if status != "ready"} == {}


def test_readiness_agrees_with_what_the_clients_did(cells: tuple[Cell, ...]) -> None:
    for client in sorted({cell.client for cell in cells}):
        own = [cell for cell in cells if cell.client == client]
        print(f"{client:<18} {sum(cell.agrees for cell in own)} of {len(own)}")
    breaking = [cell for cell in cells if cell.breaking]
    print(f"all cells {share(cells):.1%} of {len(cells)}, of those that break {share(breaking):.1%} of {len(breaking)}")
    assert share(cells) >= LEAST
    assert share(breaking) >= LEAST_OF_BREAKING


def test_every_disagreement_is_explained_and_nothing_else_is(cells: tuple[Cell, ...]) -> None:
    differing = {(cell.feature, cell.client): cell.found for cell in cells if not cell.agrees}
    explained = {(each["feature"], each["client"]): each["found"] for each in SHOWN["disagreements"]}
    assert differing == explained


def test_every_client_and_every_measured_feature_is_accounted_for(library: Library) -> None:
    known = {client.id for client in library.clients.clients}
    assert {client for effects in EFFECTS.values() for client in effects} == known
    not_shown = [feature for features in SHOWN["not-shown"].values() for feature in features]
    assert sorted([*SHOWN["faults"], *SHOWN["variations"], *not_shown]) == sorted(EFFECTS)
    for key, known in (("faults", all_faults()), ("variations", variations())):
        assert {fault for faults in SHOWN[key].values() for fault in faults} - set(known) == set()
