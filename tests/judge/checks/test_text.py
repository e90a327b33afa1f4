import pytest

from conformance.judge.checks.text import text_contains, text_lacks
from support import make


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


def test_a_reply_without_text_proves_nothing_about_text_that_is_absent():
    assert not text_lacks(make.reply(make.message()), "4", make.context()).seen


@pytest.mark.parametrize(
    ("check", "argument"),
    [
        (text_contains, "a"),
        (text_lacks, "a"),
    ],
)
def test_nothing_is_seen_in_a_reply_that_is_no_message(check, argument):
    assert not check(make.reply({}, status=400), argument, make.context()).seen
