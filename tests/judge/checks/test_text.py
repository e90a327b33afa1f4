import pytest

from conformance.judge.checks.text import MOST_LOST, characters_as_in_json, prompt_undamaged, text_contains, text_lacks
from conformance.protocol.reply import Reply
from support import make, streams


def test_text_is_looked_for_across_the_blocks_of_a_reply():
    reply = make.reply(make.message("1 2 ", "3"))
    assert not text_contains(reply, "2 3", make.context()).findings
    (finding,) = text_contains(reply, ["1", "4", "5"], make.context()).findings
    assert finding.expected == '"4" and "5" in the text'


def test_a_word_is_found_in_any_case_of_letters():
    reply = make.reply(make.message("It is Red."))
    assert not text_contains(reply, {"word": "red"}, make.context()).findings
    assert text_contains(reply, "red", make.context()).findings
    (finding,) = text_contains(reply, {"word": "blue"}, make.context()).findings
    assert finding.expected == '"blue" in the text'


def test_text_that_does_not_belong_there_is_a_finding():
    reply = make.reply(make.message("1 2 3"))
    assert not text_lacks(reply, "4", make.context()).findings
    assert text_lacks(reply, ["4", "3"], make.context()).findings


def test_a_reply_without_text_lacks_every_text():
    observed = text_lacks(make.reply(make.message()), "4", make.context())
    assert (observed.seen, observed.findings) == (True, ())


ASKED = {"messages": [{"role": "user", "content": "Reply with KOBALT-5512 Zürich 東京 👩‍🚀"}]}


@pytest.mark.parametrize(
    "text", ["KOBALT-5512 Z\ufffd\ufffdrich", "5512 Zürich \ufffd\ufffd 👩‍🚀", "Zürich 東\ufffd 👩‍🚀"]
)
def test_a_character_of_the_request_that_comes_back_replaced_is_damage(text):
    (finding,) = prompt_undamaged(make.reply(make.message(text), request=ASKED), True, make.context()).findings
    assert "as the request says" in finding.expected


@pytest.mark.parametrize("text", ["a \ufffd b", "\ufffd", "KOBALT\ufffd5512", "Zürich"])
def test_a_replacement_character_of_the_models_own_is_no_damage(text):
    assert not prompt_undamaged(make.reply(make.message(text), request=ASKED), True, make.context()).findings


def test_a_request_with_a_replacement_character_may_get_it_back():
    asked = {"messages": [{"role": "user", "content": "Say Z\ufffdrich, not Zürich"}]}
    assert not prompt_undamaged(make.reply(make.message("Say Z\ufffdrich"), request=asked), True, make.context()).seen


def answers(json: str, streamed: str, count: int = 5) -> list[Reply]:
    plain = [make.reply(make.message(json)) for _ in range(count)]
    body = streams.START + streams.text(0, streamed) + streams.DELTA + streams.STOP
    return [*plain, streams.reply_to(body)]


@pytest.mark.parametrize(
    ("json", "streamed", "count", "seen", "findings"),
    [
        ("whole", "a \ufffd b", 5, True, 1),
        ("whole", "whole", 5, True, 0),
        ("whole", "a \ufffd b", 4, False, 0),
        ("a \ufffd b", "a \ufffd b", 5, False, 0),
    ],
)
def test_streams_hold_replacement_characters_only_if_json_answers_do(json, streamed, count, seen, findings):
    observed = characters_as_in_json(answers(json, streamed, count), True, make.context())
    assert (observed.seen, len(observed.findings)) == (seen, findings)


def test_json_in_place_of_a_stream_shows_nothing_of_streams():
    unasked = [make.reply(make.message("whole"), stream=True) for _ in range(50)]
    replies = [*(make.reply(make.message("whole")) for _ in range(50)), *unasked]
    assert not characters_as_in_json(replies, True, make.context()).seen


@pytest.mark.parametrize(
    ("check", "argument"),
    [
        (text_contains, "a"),
        (text_lacks, "a"),
    ],
)
def test_nothing_is_seen_in_a_reply_that_is_no_message(check, argument):
    assert not check(make.reply({}, status=400), argument, make.context()).seen


def test_so_many_lost_characters_are_looked_for_and_no_more():
    others, damaged = [f"{number:04d}\ufffd" for number in range(MOST_LOST)], "5512 Z\ufffdrich"
    for text, found in ((damaged + "".join(others), True), ("".join(others) + damaged, False)):
        observed = prompt_undamaged(make.reply(make.message(text), request=ASKED), True, make.context())
        assert bool(observed.findings) is found
