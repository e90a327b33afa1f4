import pytest

from conformance.judge.checks.stop import stop_reason_is, stop_sequence_is
from conformance.judge.checks.text import text_contains, text_lacks


def test_text_is_looked_for_across_the_blocks_of_a_reply(reply_of, message_of, facts_of):
    reply = reply_of(message_of("1 2 ", "3"))
    assert not text_contains(reply, "2 3", facts_of()).findings
    (finding,) = text_contains(reply, ["1", "4", "5"], facts_of()).findings
    assert finding.expected == '"4" and "5" in the text'


def test_a_word_is_found_in_any_case_of_letters(reply_of, message_of, facts_of):
    reply = reply_of(message_of("It is Red."))
    assert not text_contains(reply, {"word": "red"}, facts_of()).findings
    assert text_contains(reply, "red", facts_of()).findings
    (finding,) = text_contains(reply, {"word": "blue"}, facts_of()).findings
    assert finding.expected == '"blue" in the text'


def test_text_that_does_not_belong_there_is_a_finding(reply_of, message_of, facts_of):
    reply = reply_of(message_of("1 2 3"))
    assert not text_lacks(reply, "4", facts_of()).findings
    assert text_lacks(reply, ["4", "3"], facts_of()).findings


def test_a_reply_without_text_proves_nothing_about_text_that_is_absent(reply_of, message_of, facts_of):
    assert not text_lacks(reply_of(message_of()), "4", facts_of()).seen


def test_the_stop_reason_is_one_of_those_named(reply_of, message_of, facts_of):
    reply = reply_of(message_of("a", stop_reason="max_tokens"))
    assert not stop_reason_is(reply, "max_tokens", facts_of()).findings
    assert not stop_reason_is(reply, ["end_turn", "max_tokens"], facts_of()).findings
    (finding,) = stop_reason_is(reply, "end_turn", facts_of()).findings
    assert (finding.actual, finding.where.pointer) == ('"max_tokens"', "/stop_reason")


def test_a_refusal_by_the_model_shows_nothing_of_other_stop_reasons(reply_of, message_of, facts_of):
    assert not stop_reason_is(reply_of(message_of(stop_reason="refusal")), "end_turn", facts_of()).seen


def test_the_stop_sequence_is_the_string_or_null(reply_of, message_of, facts_of):
    met = reply_of(message_of("1", stop_reason="stop_sequence", stop_sequence="7"))
    assert not stop_sequence_is(met, "7", facts_of()).findings
    assert stop_sequence_is(met, None, facts_of()).findings
    assert stop_sequence_is(reply_of(message_of("1")), "7", facts_of()).findings


@pytest.mark.parametrize(
    ("check", "argument"),
    [
        (text_contains, "a"),
        (text_lacks, "a"),
        (stop_reason_is, "a"),
        (stop_sequence_is, "a"),
    ],
)
def test_nothing_is_seen_in_a_reply_that_is_no_message(reply_of, facts_of, check, argument):
    assert not check(reply_of({}, status=400), argument, facts_of()).seen
