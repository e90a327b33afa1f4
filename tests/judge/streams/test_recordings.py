"""Genuine recorded streams: no case has a finding on any of them, whatever its level."""

from collections import Counter

import pytest

DAMAGE = {
    "headers-redacted": {"stream-content-type"},
    "headers-dropped": {"stream-content-type"},
    "headers-filtered": {"stream-content-type"},
    # The recorder parsed the body and wrote it again: its line ends are the recorder's.
    "keys-resorted": {"stream-ends-with-blank-line"},
}
"""What recorders did to an exchange -> the cases that would judge the recorder."""


@pytest.fixture(scope="module")
def recordings(kit):
    found = []
    for record in kit.recorded_streams():
        response = record["response"]
        reply = kit.reply_to(response["sse"], request=record["request"]["body"], headers=response["headers"])
        found.append((record, reply))
    return found


def test_no_case_has_a_finding_on_a_genuine_stream(kit, recordings):
    alarms = []
    for record, reply in recordings:
        excused = set().union(*(DAMAGE.get(flag, set()) for flag in record.get("fidelity") or ()))
        found = set(kit.failing(reply)) | set(kit.failing(reply, must=False))
        alarms += [(record["source"], case) for case in sorted(found - excused)]
    assert alarms == []
    assert len(recordings) > 300


def test_every_genuine_stream_walks_to_message_stop_without_a_violation(recordings):
    walks = Counter((reply.stream.state.name, reply.stream.violations) for _, reply in recordings)
    assert set(walks) == {("ENDED", ())}


def test_every_genuine_stream_adds_up_to_a_message_with_objects_as_tool_input(recordings):
    tools = 0
    for record, reply in recordings:
        assert reply.message["stop_reason"] is not None, record["source"]
        for block in reply.message["content"]:
            if "input" in block:
                tools += 1
                assert isinstance(block["input"], dict), record["source"]
    assert tools > 50


def test_the_recordings_show_what_most_cases_are_about(kit, recordings):
    seen = Counter()
    for _, reply in recordings:
        seen.update(case.id for case in kit.streaming_cases() if case.on and kit.observe(case, reply).seen)
    never = {case.id for case in kit.streaming_cases() if case.on} - set(seen)
    assert never == {
        "stream-error-event",  # no genuine stream failed
        "stream-body-ends",  # recordings have no times
        "stream-adds-up-to-a-message",  # needs the JSON answer to the same request
    }
