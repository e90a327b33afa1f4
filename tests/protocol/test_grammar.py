import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.protocol import grammar
from conformance.protocol.blocks import FITS
from conformance.protocol.exchange import Chunk
from conformance.protocol.grammar import GRAMMAR, KNOWN_EVENTS, REPAIRS, RULES, UNFINISHED, State
from conformance.protocol.sse import Event, parse
from conformance.protocol.trace import trace_of
from support import streams


def walked(*parts):
    return trace_of(parse([Chunk(0.0, "".join(parts).encode())]))


def rules(*parts):
    return [violation.rule for violation in walked(*parts).violations]


@pytest.mark.parametrize("state", [state for state in State if state is not State.FAILED])
def test_every_known_event_is_legal_or_has_a_repair_in_every_state_but_not_both(state):
    assert set(GRAMMAR[state]) | set(REPAIRS[state]) == KNOWN_EVENTS
    assert not set(GRAMMAR[state]) & set(REPAIRS[state])


def test_nothing_is_judged_after_an_error_event():
    assert not GRAMMAR[State.FAILED]
    assert not REPAIRS[State.FAILED]


def test_following_repairs_always_ends():
    for state in State:
        for kind in REPAIRS[state]:
            here, seen = state, set()
            while kind not in GRAMMAR[here] and REPAIRS[here][kind][1] is not here:
                assert here not in seen
                seen.add(here)
                here = REPAIRS[here][kind][1]


def test_every_rule_of_the_tables_is_listed_and_judged_by_one_case():
    named = {rule for row in REPAIRS.values() for rule, _ in row.values()} | set(UNFINISHED.values())
    judged = [call.argument for case in streams.streaming_cases() for call in case.expect if call.name == "grammar"]
    assert named <= set(RULES)
    assert sorted(judged) == sorted(RULES)


def test_the_states_in_which_streams_end_are_those_after_message_stop_and_error():
    assert {State.ENDED, State.FAILED} == set(State) - set(UNFINISHED)


def test_legal_streams_break_no_rule():
    ping, new = streams.event("ping"), streams.event("brand_new", x=1)
    legal = [
        (streams.START, streams.DELTA, streams.STOP),
        (
            streams.START,
            streams.text(0, "a"),
            streams.text(1),
            streams.tool(2, "{}"),
            streams.thinking(3, "h"),
            streams.DELTA,
            streams.STOP,
        ),
        (
            ping,
            new,
            streams.START,
            ping,
            streams.start(0, type="text", text=""),
            ping,
            new,
            streams.stop(0),
            new,
            streams.DELTA,
            ping,
            streams.STOP,
            ping,
        ),
        (streams.START, streams.DELTA, streams.DELTA, streams.STOP),
        (
            streams.START,
            streams.block(0, {"type": "brand_new", "x": 1}, {"type": "text_delta", "text": "a"}),
            streams.DELTA,
            streams.STOP,
        ),
        (
            streams.START,
            streams.block(0, {"type": "text", "text": ""}, {"type": "brand_new_delta"}),
            streams.DELTA,
            streams.STOP,
        ),
        (streams.event("error", error={"type": "overloaded_error", "message": "m"}),),
        (
            streams.START,
            streams.start(0, type="text", text=""),
            streams.event("error", error={}),
            streams.DELTA,
            streams.stop(4),
        ),
    ]
    assert [rules(*stream) for stream in legal] == [[]] * len(legal)


def one_defect():
    """(name, the parts of a stream with one defect, the only rule that breaks)."""
    opening = streams.start(0, type="text", text="")
    word = streams.delta(0, "text_delta", text="a")
    second = streams.start(1, type="text", text="")
    end = (streams.DELTA, streams.STOP)
    blocks = (streams.text(0, "a"), streams.text(1, "b"), streams.text(2, "c"))
    return [
        ("no message_start", (*blocks, *end), grammar.MESSAGE_START_FIRST),
        (
            "message_start after a block",
            (streams.text(0, "a"), streams.START, streams.text(1, "b"), *end),
            grammar.MESSAGE_START_FIRST,
        ),
        (
            "message_start inside a block",
            (opening, streams.START, word, streams.stop(0), *end),
            grammar.MESSAGE_START_FIRST,
        ),
        ("nothing at all", (), grammar.MESSAGE_START_FIRST),
        ("nothing but pings", (streams.event("ping"),), grammar.MESSAGE_START_FIRST),
        ("two message_start", (streams.START, streams.START, *blocks, *end), grammar.ONE_MESSAGE_START),
        (
            "message_start in a block",
            (streams.START, opening, streams.START, word, streams.stop(0), *end),
            grammar.ONE_MESSAGE_START,
        ),
        (
            "message_start at the end",
            (streams.START, *blocks, streams.DELTA, streams.START, streams.STOP),
            grammar.ONE_MESSAGE_START,
        ),
        ("indices from 1", (streams.START, streams.text(1, "a"), streams.text(2, "b"), *end), grammar.INDEX_CONTIGUOUS),
        (
            "index gap",
            (streams.START, streams.text(0), streams.text(2), streams.text(3), *end),
            grammar.INDEX_CONTIGUOUS,
        ),
        (
            "always index 0",
            (streams.START, streams.text(0), streams.text(0), streams.text(0, "c"), *end),
            grammar.INDEX_CONTIGUOUS,
        ),
        ("indices going down", (streams.START, streams.text(0), streams.text(-1, "a"), *end), grammar.INDEX_CONTIGUOUS),
        (
            "index as string",
            (streams.START, streams.text("0", "a"), streams.text("1", "b"), *end),
            grammar.INDEX_IS_INTEGER,
        ),
        (
            "index null",
            (streams.START, streams.text(None, "a"), streams.text(None, "b"), *end),
            grammar.INDEX_IS_INTEGER,
        ),
        ("index true", (streams.START, streams.text(False, "a"), *end), grammar.INDEX_IS_INTEGER),
        (
            "overlap",
            (streams.START, opening, second, streams.stop(0), streams.stop(1), *end),
            grammar.BLOCKS_DO_NOT_OVERLAP,
        ),
        (
            "nesting",
            (streams.START, opening, second, streams.stop(1), word, streams.stop(0), *end),
            grammar.BLOCKS_DO_NOT_OVERLAP,
        ),
        (
            "lost start",
            (streams.START, word, word, streams.stop(0), streams.text(1, "b"), *end),
            grammar.DELTA_WITHOUT_START,
        ),
        ("delta before its start", (streams.START, word, streams.text(0, "b"), *end), grammar.DELTA_WITHOUT_START),
        (
            "unknown index",
            (streams.START, opening, streams.delta(7, "text_delta", text="x"), streams.stop(0), streams.text(1), *end),
            grammar.DELTA_WITHOUT_START,
        ),
        ("delta after its stop", (streams.START, streams.text(0, "a"), word, *end), grammar.DELTA_AFTER_STOP),
        (
            "index of the block before",
            (streams.START, streams.text(0), second, word, word, streams.stop(1), *end),
            grammar.DELTA_AFTER_STOP,
        ),
        (
            "stop never started",
            (streams.START, streams.text(0, "a"), streams.stop(1), streams.text(1), *end),
            grammar.STOP_WITHOUT_START,
        ),
        (
            "two stops",
            (streams.START, streams.text(0, "a"), streams.stop(0), streams.text(1), *end),
            grammar.STOP_AFTER_STOP,
        ),
        ("lost stop at the end", (streams.START, opening, word, *end), grammar.BLOCK_NOT_STOPPED),
        (
            "lost stop before a block",
            (streams.START, opening, word, streams.text(1, "b"), *end),
            grammar.BLOCK_NOT_STOPPED,
        ),
        ("all stops lost", (streams.START, opening, second, *end), grammar.BLOCK_NOT_STOPPED),
        (
            "thinking in a text block",
            (
                streams.START,
                streams.block(0, {"type": "text", "text": ""}, {"type": "thinking_delta", "thinking": "h"}),
                *end,
            ),
            grammar.DELTA_FITS_BLOCK,
        ),
        (
            "message_delta in a block",
            (streams.START, opening, streams.DELTA, word, streams.stop(0), streams.STOP),
            grammar.BLOCKS_BEFORE_MESSAGE_DELTA,
        ),
        (
            "block after message_delta",
            (streams.START, streams.DELTA, streams.text(0, "a"), streams.STOP),
            grammar.BLOCKS_BEFORE_MESSAGE_DELTA,
        ),
        ("no message_delta", (streams.START, *blocks, streams.STOP), grammar.MESSAGE_DELTA_PRESENT),
        ("no message_stop", (streams.START, *blocks, streams.DELTA), grammar.MESSAGE_STOP_LAST),
        ("cut between blocks", (streams.START, streams.text(0, "a")), grammar.MESSAGE_STOP_LAST),
        ("cut in a block", (streams.START, opening, word), grammar.MESSAGE_STOP_LAST),
        ("cut in an event", (streams.START, opening, word[: len(word) // 2]), grammar.MESSAGE_STOP_LAST),
        ("blocks after the end", (streams.START, *end, *blocks), grammar.NOTHING_AFTER_MESSAGE_STOP),
        (
            "two messages",
            (streams.START, *blocks, *end, streams.START, *blocks, *end),
            grammar.NOTHING_AFTER_MESSAGE_STOP,
        ),
    ]


def test_one_defect_breaks_one_rule():
    broken = {name: sorted(set(rules(*parts))) for name, parts, _ in one_defect()}
    assert broken == {name: [rule] for name, _, rule in one_defect()}


def test_every_rule_is_broken_by_some_defect():
    assert {rule for _, _, rule in one_defect()} == set(RULES)


def test_a_violation_says_where_it_is():
    (violation,) = walked(streams.START, streams.text(1, "a"), streams.DELTA, streams.STOP).violations
    assert (violation.event, violation.offset) == (2, len(streams.START))
    assert (violation.expected, violation.actual) == ("index 0 for this block", "index 1")


def test_blocks_carry_their_events():
    first, second = walked(
        streams.START, streams.text(0, "a", "b"), streams.start(1, type="tool_use"), streams.DELTA
    ).blocks
    assert (first.index, first.type, first.start, first.deltas, first.stop) == (0, "text", 2, (3, 4), 5)
    assert (second.type, second.start, second.deltas, second.stop) == ("tool_use", 6, (), None)


def test_data_without_type_is_walked_by_the_name_of_its_event():
    stream = (streams.START, streams.text(0, "a"), streams.DELTA, streams.STOP)
    untyped = "".join(stream).replace('"type": "message_start", ', "").replace('"type": "content_block_delta", ', "")
    assert rules(untyped) == []


@pytest.mark.parametrize("kind", sorted({delta for row in FITS.values() for delta in row}))
def test_every_delta_fits_only_its_blocks(kind):
    for block_type, fitting in FITS.items():
        body = streams.block(0, {"type": block_type}, {"type": kind})
        assert rules(streams.START, body, streams.DELTA, streams.STOP) == (
            [] if kind in fitting else [grammar.DELTA_FITS_BLOCK]
        )


indices = st.none() | st.integers(-1, 4) | st.sampled_from(["0", "x", True, 1.5, 10**30])
any_event = st.builds(
    lambda name, index, more: Event(name, json.dumps({"type": name, "index": index} | more), 0, 1, 0.0),
    st.sampled_from([*sorted(KNOWN_EVENTS), "ping", "new"]),
    indices,
    st.sampled_from([{}, {"content_block": {"type": "text"}}, {"delta": {"type": "text_delta"}}, {"delta": 3}]),
)


@given(st.lists(any_event, max_size=25))
def test_any_order_of_events_is_walked_to_its_end(events):
    found = trace_of(events)
    assert found.state in State
    assert len(found.kinds) == len(events)
    numbers = [violation.event or len(events) + 1 for violation in found.violations]
    assert numbers == sorted(numbers)
    assert (not found.violations) or {violation.rule for violation in found.violations} <= set(RULES)
    for block in found.blocks:
        assert all(block.start < number for number in block.deltas)


def test_a_long_hostile_stream_is_walked_to_its_end():
    kinds = sorted(KNOWN_EVENTS - {"message_stop", "error"})
    chance = random.Random(7)
    data = [json.dumps({"type": chance.choice(kinds), "index": chance.randrange(50)}) for _ in range(2_000)]
    events = [Event(None, text, at, at + 1, 0.0) for at, text in enumerate(data * 20)]
    assert trace_of(events).state in State


def test_deep_json_in_an_event_is_no_crash():
    deep = "[" * 200_000 + "]" * 200_000
    found = trace_of((Event("message_start", deep, 0, len(deep), 0.0),))
    assert found.kinds == ("message_start",)
