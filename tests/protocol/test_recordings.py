"""Genuine recorded streams: what the walk and the accumulated Message make of them.

What the cases say of them: `tests/judge/test_no_false_alarm.py`.
"""

from collections import Counter

import pytest

from support import streams


@pytest.fixture(scope="module")
def recordings(corpus):
    found = []
    for record in streams.recorded_streams(corpus):
        response = record["response"]
        reply = streams.reply_to(response["sse"], request=record["request"]["body"], headers=response["headers"])
        found.append((record, reply))
    return found


def test_every_genuine_stream_walks_to_message_stop_without_a_violation(recordings):
    assert len(recordings) > 50
    walks = Counter((reply.trace.state.name, reply.trace.violations) for _, reply in recordings)
    assert set(walks) == {("ENDED", ())}


def test_every_genuine_stream_adds_up_to_a_message_with_objects_as_tool_input(recordings):
    tools = 0
    for record, reply in recordings:
        assert reply.message["stop_reason"] is not None, record["source"]
        for block in reply.message["content"]:
            if "input" in block:
                tools += 1
                assert isinstance(block["input"], dict), record["source"]
    assert tools > 20
