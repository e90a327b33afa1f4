"""An endpoint that dies gets no green, whenever and however it dies, and the run says so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from conformance.model import Outcome
from hostile.attacks.attack import Attack, Moment, Plan
from hostile.attacks.connections import Cut
from hostile.attacks.deaths import FOREIGN, Foreign
from hostile.draft import Ending
from hostile.drive import Ran, run, selected
from hostile.server import Stage

KEY = "sk-dies-sooner-or-later"

AREA = selected(area="usage", mode="json")
"""Cases on kinds of replies, each of which a single answer decides."""

BROKEN: dict[str, Attack] = {
    "close": Cut(Ending.CLOSE, 0),
    "close in the body": Cut(Ending.CLOSE, 260),
    "reset": Cut(Ending.RESET, 0),
    "silence": Cut(Ending.SILENCE, 0),
    "silence in the body": Cut(Ending.SILENCE, None),
}
WAYS: dict[str, Attack] = {**BROKEN, **{name: Foreign(name) for name in FOREIGN}}


def against(stage: Stage, here: Path, plans: Sequence[Plan] = ()) -> Ran:
    ran = run(stage, plans, KEY, here, items=AREA, concurrency=1)
    assert ran.results is not None, ran.shown
    return ran


@pytest.fixture(scope="module")
def requests(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many requests an endpoint gets that lives."""
    alive = against(stage, tmp_path_factory.mktemp("alive"))
    assert alive.results is not None
    assert alive.results.exit_code == 0
    return len(alive.script.calls)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_whenever_and_however_it_dies(stage: Stage, tmp_path: Path, requests: int, way: str, share: float) -> None:
    n = 2 + round(share * (requests - 2))
    results = against(stage, tmp_path, [Plan((WAYS[way],), Moment.FROM, n)]).results
    assert results is not None
    assert results.exit_code != 0
    assert "no longer answers an ordinary request" in " ".join(results.gate.reasons)
    assert "--resume continues the run" in " ".join(results.gate.reasons)
    if isinstance(WAYS[way], Cut):
        assert results.exit_code == 2


@pytest.mark.parametrize("way", WAYS)
def test_an_endpoint_that_is_away_for_a_while_gets_no_green_either(
    stage: Stage, tmp_path: Path, requests: int, way: str
) -> None:
    away = [Plan((WAYS[way],), Moment.ONLY, n) for n in range(2, requests)]
    results = against(stage, tmp_path, away).results
    assert results is not None
    assert results.exit_code != 0


@pytest.mark.parametrize("way", BROKEN)
def test_a_request_that_crashes_the_server_is_no_reason_to_stop(stage: Stage, tmp_path: Path, way: str) -> None:
    class Crash(Attack):
        layer = BROKEN[way].layer

        def apply(self, draft) -> None:
            if b"get_weather" in draft.call.body:
                BROKEN[way].apply(draft)

    ran = run(stage, [Plan((Crash(),))], KEY, tmp_path)
    assert ran.results is not None
    assert "no longer answers" not in " ".join(ran.results.gate.reasons)
    assert Outcome.NOT_RUN not in {judgement.outcome for judgement in ran.judgements.values()}
    assert ran.results.exit_code != 0
