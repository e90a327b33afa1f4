"""A run against an endpoint that attacks at one layer, or at all of them, keeps every promise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis.strategies import SearchStrategy

from hostile import properties, strategies
from hostile.attacks.attack import Attack, Plan
from hostile.drive import folder, run
from hostile.profile import examples
from hostile.server import Stage

pytestmark = pytest.mark.slow

LAYERS: Mapping[str, SearchStrategy[Attack]] = {
    "connection": strategies.connection(),
    "status line": strategies.status_line(),
    "headers": strategies.headers(),
    "content coding": strategies.codings(),
    "charset": strategies.charsets(),
    "JSON text": strategies.texts(),
    "JSON values": strategies.values(),
    "framing of events": strategies.framings(),
    "events": strategies.events(),
    "text, numbers, dates and ids": strategies.words(),
}


def _holds(stage: Stage, plans: Sequence[Plan], key: str, *, reports: bool = False) -> None:
    with folder() as here:
        properties.holds(run(stage, plans, key, here, reports=reports), key)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_run_keeps_its_promises_at_each_layer(stage: Stage, layer: str) -> None:
    shown = layer.startswith("text")

    @examples()
    @given(strategies.plans(LAYERS[layer]), strategies.keys())
    def holds(plans: tuple[Plan, ...], key: str) -> None:
        _holds(stage, plans, key, reports=shown)

    holds()


def test_a_run_keeps_its_promises_when_layers_are_attacked_together(stage: Stage) -> None:
    @examples()
    @given(strategies.plans(*LAYERS.values(), strategies.spoken()), strategies.keys())
    def holds(plans: tuple[Plan, ...], key: str) -> None:
        _holds(stage, plans, key)

    holds()
