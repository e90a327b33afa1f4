"""When token counts are evidence: they grow with a plain message, alike in both modes."""

from __future__ import annotations

import pytest

from conformance.judge.counts import why_dead
from conformance.model import Mode
from support import make


def dead(count, mode=Mode.JSON, **options):
    return why_dead(make.context(**make.gauges(count)), mode, **options)


@pytest.mark.parametrize(
    "count",
    [
        lambda size, _: 8 + size // 4,
        lambda size, _: 3000 + size // 6,
        lambda size, _: size,
        lambda size, mode: size // 4 + (2 if mode is Mode.STREAM else 1),
    ],
    ids=["tokens", "behind a prompt of the gateway", "characters", "one more in streams"],
)
@pytest.mark.parametrize("mode", Mode)
def test_counts_that_grow_with_the_message_are_alive(count, mode):
    assert dead(count, mode) == ""


@pytest.mark.parametrize(
    "count",
    [
        lambda *_: 1,
        lambda *_: 0,
        lambda size, _: 9 - size // 100,
        lambda size, _: 10 + (size > 100),
        lambda size, _: 10 + size * 50,
        lambda size, mode: size // 4 + (30 if mode is Mode.STREAM else 1),
        lambda size, mode: 10 if mode is Mode.STREAM else 8 + size // 4,
    ],
    ids=["one", "zero", "shrinking", "hardly growing", "too many", "modes differ", "constant in streams"],
)
@pytest.mark.parametrize("mode", Mode)
def test_other_counts_are_dead(count, mode):
    assert dead(count, mode)


@pytest.mark.parametrize("counted", Mode)
def test_a_mode_that_counts_nothing_does_not_disagree(counted):
    def count(size: int, mode: Mode) -> int:
        return 8 + size // 4 if mode is counted else 0

    assert {mode: dead(count, mode) == "" for mode in Mode} == {mode: mode is counted for mode in Mode}


def test_count_tokens_has_gauges_of_its_own():
    assert dead(lambda *_: 10, counting=True)
    living = {name: reply for name, reply in make.gauges().items() if name.startswith("count")}
    context = make.context(**make.gauges(lambda *_: 10) | living)
    assert why_dead(context, Mode.STREAM, counting=True) == ""
    assert why_dead(context, Mode.STREAM)


def test_without_two_gauges_counts_are_no_evidence():
    context = make.context()
    assert why_dead(make.HandMadeContext(context.case, {"gauge-2": context.replies["gauge-2/json"]}), Mode.JSON)


def test_a_dead_count_makes_no_check_pass_or_fail():
    constant = make.gauges(lambda *_: 20)
    answer = make.reply(make.message("hm"))
    for other in (
        make.reply(make.message("hm")),
        make.reply(make.message("hm", usage=make.USAGE | {"input_tokens": 5})),
    ):
        for check, argument in (
            ("honoured", True),
            ("honoured", {"marker": "X"}),
            ("read-or-refused", {"marker": "X"}),
        ):
            assert not make.observe(check, argument, answer, control="ask", ask=other, **constant).seen
    count = make.reply({"input_tokens": 20}, path="/v1/messages/count_tokens")
    for row in ("same", "near", "larger"):
        assert not make.observe("token-counts", {f"count-{row}": "count"}, count, count=count, **constant).seen
    assert not make.observe("token-counts", {"input-as-counted": "count"}, answer, count=count, **constant).seen
    assert make.observe("counts-grow", True, answer, **constant).findings
    assert make.observe("counts-grow", True, count, **constant).findings
