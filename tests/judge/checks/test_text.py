import pytest

from conformance.judge.checks.stop import stop_reason_is, stop_sequence_is
from conformance.judge.checks.text import text_contains, text_lacks
from support import make


def test_text_is_looked_for_across_the_blocks_of_a_reply():
    reply = make.reply(make.message("1 2 ", "3"))
    assert not text_contains(reply, "2 3", make.facts()).findings
    (finding,) = text_contains(reply, ["1", "4", "5"], make.facts()).findings
    assert finding.expected == '"4" and "5" in the text'


def test_a_word_is_found_in_any_case_of_letters():
    reply = make.reply(make.message("It is Red."))
    assert not text_contains(reply, {"word": "red"}, make.facts()).findings
    assert text_contains(reply, "red", make.facts()).findings
    (finding,) = text_contains(reply, {"word": "blue"}, make.facts()).findings
    assert finding.expected == '"blue" in the text'


def test_text_that_does_not_belong_there_is_a_finding():
    reply = make.reply(make.message("1 2 3"))
    assert not text_lacks(reply, "4", make.facts()).findings
    assert text_lacks(reply, ["4", "3"], make.facts()).findings


def test_a_reply_without_text_proves_nothing_about_text_that_is_absent():
    assert not text_lacks(make.reply(make.message()), "4", make.facts()).seen


def test_the_stop_reason_is_one_of_those_named():
    reply = make.reply(make.message("a", stop_reason="max_tokens"))
    assert not stop_reason_is(reply, "max_tokens", make.facts()).findings
    assert not stop_reason_is(reply, ["end_turn", "max_tokens"], make.facts()).findings
    (finding,) = stop_reason_is(reply, "end_turn", make.facts()).findings
    assert (finding.actual, finding.where.pointer) == ('"max_tokens"', "/stop_reason")


def test_a_refusal_by_the_model_shows_nothing_of_other_stop_reasons():
    assert not stop_reason_is(make.reply(make.message(stop_reason="refusal")), "end_turn", make.facts()).seen


def test_the_stop_sequence_is_the_string_or_null():
    met = make.reply(make.message("1", stop_reason="stop_sequence", stop_sequence="7"))
    assert not stop_sequence_is(met, "7", make.facts()).findings
    assert stop_sequence_is(met, None, make.facts()).findings
    assert stop_sequence_is(make.reply(make.message("1")), "7", make.facts()).findings


@pytest.mark.parametrize(
    ("check", "argument"),
    [
        (text_contains, "a"),
        (text_lacks, "a"),
        (stop_reason_is, "a"),
        (stop_sequence_is, "a"),
    ],
)
def test_nothing_is_seen_in_a_reply_that_is_no_message(check, argument):
    assert not check(make.reply({}, status=400), argument, make.facts()).seen
