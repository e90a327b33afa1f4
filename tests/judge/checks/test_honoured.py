import pytest

from conformance.judge.checks.honoured import honoured

MARKER = {"marker": "LAPIS-7431"}


def with_input(message_of, tokens, *content, **more):
    return message_of(*content, usage={"input_tokens": tokens, "output_tokens": 1, **more})


def test_a_marker_in_the_reply_is_evidence_in_any_case_of_letters(reply_of, message_of, facts_of):
    observation = honoured(reply_of(message_of("It is ", "lapis-7431.")), MARKER, facts_of())
    assert observation.seen
    assert not observation.findings


def test_more_input_tokens_than_the_control_are_evidence_without_the_marker(reply_of, message_of, facts_of):
    facts = facts_of("ask", ask=reply_of(with_input(message_of, 20, "NONE")))
    observation = honoured(reply_of(with_input(message_of, 21, "hm")), MARKER, facts)
    assert observation.seen
    assert not observation.findings


def test_cached_tokens_count_as_input(reply_of, message_of, facts_of):
    facts = facts_of("ask", ask=reply_of(with_input(message_of, 20, "NONE")))
    cached = with_input(message_of, 1, "hm", cache_creation_input_tokens=None, cache_read_input_tokens=25)
    assert not honoured(reply_of(cached), True, facts).findings


def test_neither_marker_nor_more_tokens_means_ignored(reply_of, message_of, facts_of):
    facts = facts_of("ask", ask=reply_of(with_input(message_of, 20, "NONE")))
    (finding,) = honoured(reply_of(with_input(message_of, 20, "NONE")), MARKER, facts).findings
    assert finding.kind == "ignored"
    assert finding.expected == '"LAPIS-7431" in the reply, or more input tokens than in ask'
    assert finding.actual == 'the reply "NONE"; 20 input tokens and 20 input tokens in ask'


@pytest.mark.parametrize("usage", [None, {}, {"input_tokens": "9"}, {"input_tokens": True}, []])
def test_usage_that_tells_nothing_is_no_evidence_either_way(reply_of, message_of, facts_of, usage):
    facts = facts_of("ask", ask=reply_of(with_input(message_of, 20, "NONE")))
    observation = honoured(reply_of(message_of("hm", usage=usage)), MARKER, facts)
    assert not observation.seen
    assert "no input tokens reported" in observation.note


def test_a_control_without_counted_tokens_proves_nothing(reply_of, message_of, facts_of):
    facts = facts_of("ask", ask=reply_of(with_input(message_of, 0, "NONE")))
    observation = honoured(reply_of(with_input(message_of, 9, "hm")), MARKER, facts)
    assert not observation.seen
    assert "0 input tokens in the control" in observation.note


def test_without_a_control_only_the_marker_counts(reply_of, message_of, facts_of):
    (finding,) = honoured(reply_of(message_of("hm")), MARKER, facts_of()).findings
    assert finding.kind == "ignored"


def test_nothing_is_seen_where_the_control_did_not_answer(reply_of, message_of, facts_of):
    for facts in (facts_of("ask"), facts_of("ask", ask=reply_of({}, status=500))):
        assert not honoured(reply_of(message_of("hm")), MARKER, facts).seen


def test_the_marker_needs_no_control_that_answered(reply_of, message_of, facts_of):
    observation = honoured(reply_of(message_of("LAPIS-7431")), MARKER, facts_of("ask"))
    assert observation.seen
    assert not observation.findings


def test_nothing_is_seen_in_a_reply_that_is_no_message(reply_of, facts_of):
    assert not honoured(reply_of({"type": "error"}, status=400), MARKER, facts_of()).seen
    assert not honoured(reply_of([1]), MARKER, facts_of()).seen


def test_unwanted_text_means_ignored_even_beside_the_marker(reply_of, message_of, facts_of):
    wanted = {**MARKER, "absent": "OPAL"}
    (finding,) = honoured(reply_of(message_of("LAPIS-7431, OPAL")), wanted, facts_of()).findings
    assert finding.kind == "ignored"
