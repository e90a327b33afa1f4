"""A client's key turns up in nothing that is written, wherever and however an endpoint says it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given

from hostile import properties, strategies
from hostile.attacks.attack import Plan
from hostile.drive import folder, run
from hostile.profile import examples
from hostile.server import Stage

pytestmark = pytest.mark.slow


def _holds(stage: Stage, plans: Sequence[Plan], key: str, *, reports: bool = False) -> None:
    with folder() as here:
        ran = run(stage, plans, key, here, reports=reports)
        properties.ends(ran)
        properties.leaks_nothing(ran, key)


def test_a_key_is_in_no_output(stage: Stage) -> None:
    @examples()
    @given(strategies.plans(strategies.spoken()), strategies.keys())
    def holds(plans: tuple[Plan, ...], key: str) -> None:
        _holds(stage, plans, key, reports=True)

    holds()


def test_a_key_is_in_no_output_of_packed_foreign_or_broken_bodies(stage: Stage) -> None:
    layers = (strategies.spoken(), strategies.codings(), strategies.charsets(), strategies.connection())

    @examples()
    @given(strategies.plans(*layers, most=3), strategies.keys())
    def holds(plans: tuple[Plan, ...], key: str) -> None:
        _holds(stage, plans, key)

    holds()


def test_a_short_key_is_never_a_whole_value(stage: Stage) -> None:
    @examples()
    @given(strategies.plans(strategies.spoken()), strategies.keys(2, 7))
    def holds(plans: tuple[Plan, ...], key: str) -> None:
        _holds(stage, plans, key)

    holds()
