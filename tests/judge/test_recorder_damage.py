"""What in a reply may be the work of a recorder, and what is the endpoint's."""

from __future__ import annotations

import pytest

from conformance.judge.recorder_damage import damage_of
from support import make
from support.streams import event, message, text

HEAD = event("message_start", message=message()) + text(0, "Hi")
ENDED = event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 1})
LAST = event("message_stop")


@pytest.mark.parametrize(
    ("stream", "unfinished"),
    [
        (HEAD + ENDED + LAST, False),
        (HEAD + ENDED, False),
        ((HEAD + ENDED).rstrip(), True),
        (HEAD, True),
        (HEAD[:-20], True),
    ],
    ids=["whole", "without message_stop", "cut in message_delta", "without message_delta", "cut in a block"],
)
def test_a_stream_is_unfinished_where_its_client_may_have_left(stream: str, unfinished: bool) -> None:
    """Behind message_delta nobody leaves: message_stop comes with it."""
    assert ("stream-unfinished" in damage_of(make.reply(stream))) is unfinished
