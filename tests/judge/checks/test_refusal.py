import pytest

from conformance.judge.checks.refusal import refused
from conformance.protocol.refusals import other_field, other_subject
from support import make

LAPIS = {"marker": "LAPIS-7431"}
ENVELOPE = {"type": "error", "error": {"type": "invalid_request_error", "message": "max_tokens: field required"}}


def error(kind: str) -> dict[str, object]:
    return {"type": "error", "error": {"type": kind, "message": "no"}}


def kinds(observation):
    assert observation.seen
    return [finding.kind for finding in observation.findings]


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refusal_of_the_request_with_an_envelope_is_as_it_has_to_be(status):
    assert kinds(refused(make.reply(ENVELOPE, status=status), True, make.context())) == []


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_2xx_means_accepted(status):
    assert kinds(refused(make.reply({}, status=status), True, make.context())) == ["accepted"]


@pytest.mark.parametrize("status", [500, 503, 529])
def test_a_breakdown_is_not_a_refusal_even_with_an_envelope(status):
    assert kinds(refused(make.reply(ENVELOPE, status=status), True, make.context())) == ["server-error"]


@pytest.mark.parametrize("status", [301, 401, 403, 404, 405, 408, 409, 429])
def test_another_status_is_reported(status):
    assert kinds(refused(make.reply(ENVELOPE, status=status), True, make.context())) == ["other-status"]


@pytest.mark.parametrize("kind", ["authentication_error", "rate_limit_error", "billing_error"])
def test_a_400_about_the_account_or_the_moment_is_a_refusal_for_another_reason(kind):
    observation = refused(make.reply(error(kind), status=400), True, make.context())
    assert not observation.seen
    assert kind in observation.note


@pytest.mark.parametrize("body", [{}, None, [], "no", {"error": "no"}, {"detail": []}, {"type": "error", "error": 1}])
def test_a_400_without_the_envelope_is_a_refusal(body):
    assert kinds(refused(make.reply(body, status=400), True, make.context())) == []


def test_nothing_is_seen_without_a_response():
    assert not refused(make.reply(status=None), True, make.context()).seen


def test_a_named_status_takes_the_place_of_the_usual_ones():
    wanted = {"status": [404, 405], "type": "not_found_error"}
    assert kinds(refused(make.reply(error("not_found_error"), status=404), wanted, make.context())) == []
    assert kinds(refused(make.reply(ENVELOPE, status=400), wanted, make.context())) == ["other-status"]


def test_a_named_type_may_be_one_about_the_account():
    wanted = {"status": 401, "type": "authentication_error"}
    assert kinds(refused(make.reply(error("authentication_error"), status=401), wanted, make.context())) == []


def test_the_finding_says_what_was_expected_and_what_came():
    (finding,) = refused(
        make.reply(error("not_found_error"), status=404), {"names": "max_tokens"}, make.context()
    ).findings
    assert finding.expected == "a refusal: status 400 invalid_request_error that names max_tokens"
    assert finding.actual == 'status 404, "not_found_error": "no"'
    assert finding.where.line == 7


def against_control(words: object, changed: dict[str, object], *, wanted: object = True):
    base = {"model": "m", "max_tokens": 8, "messages": [{"role": "user", "content": "x"}]}
    control = make.reply(make.message(), request=base)
    body = (
        words
        if not isinstance(words, str)
        else {"type": "error", "error": {"type": "invalid_request_error", "message": words}}
    )
    return refused(make.reply(body, 400, request=base | changed), wanted, make.context("text", text=control))


@pytest.mark.parametrize(
    "words",
    [
        "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens.",
        "prompt is too long: 9000 tokens > 8192 maximum",
        "You exceeded your current quota, please check your plan and billing details.",
        "Your credit balance is too low",
        "max_tokens: must be at least 16",
        "'max_tokens' has to be at least 16",
        "messages.0.content: Field required",
        "messages: at least one message is required",
        {"detail": [{"loc": ["body", "max_tokens"], "msg": "max_tokens must be at least 16"}]},
        {"error": {"message": "`max_tokens` is too small", "code": 400}},
        {"field": "messages", "reason": "wrong"},
        {"reason": "You exceeded your quota"},
    ],
)
def test_a_refusal_for_another_reason_shows_nothing_and_quotes_the_words(words):
    observation = against_control(words, {"temperature": "hot"})
    assert not observation.seen
    assert observation.note.startswith("refused for another reason: ")


def test_words_that_quote_the_value_are_about_it_also_where_they_name_the_context():
    words = "max_completion_tokens=100000000 cannot be greater than max_model_len=8192"
    assert kinds(against_control(words, {"max_tokens": 100_000_000})) == []
    assert not against_control(words, {"max_tokens": 200_000_000}).seen


@pytest.mark.parametrize(
    "words",
    [
        "temperature: Input should be a valid number",
        "Input should be a valid number",
        "invalid request",
        "`temperature` and `max_tokens` cannot be used together",
        "The model does not support this",
        "1 validation error: body.temperature is no float",
        "",
        {"detail": "bad temperature"},
        {"error": "Bad Request"},
        {"model": "m", "content": None, "reason": "bad"},
        [],
        None,
    ],
)
def test_words_that_name_the_field_or_none_at_all_are_a_refusal(words):
    observation = against_control(words, {"temperature": "hot"})
    assert observation.seen
    assert observation.findings == ()


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        *(("context", words) for words in (
            "context length", "context window", "context size", "context limit", "Maximum context", "max_model_len",
            "prompt is too long", "prompt too long", "input exceeds", "request is too long", "too many tokens",
            "too many input tokens", "too many prompt tokens",
        )),
        *(("quota", words) for words in (
            "quota", "credit", "credits", "balance", "billing", "rate limit", "rate_limit", "ratelimit",
            "Too many requests", "overloaded", "usage limit", "insufficient funds",
        )),
        *((None, words) for words in ("context", "input", "creditor", "imbalanced", "a limit", "too many tools")),
    ],
)  # fmt: skip
def test_the_words_say_what_a_refusal_is_about(subject, words):
    assert other_subject(f"Sorry: {words} ...") == subject


@pytest.mark.parametrize(
    ("words", "own"),
    [("output_format: wrong", "format"), ("'max_tokens' is wrong", "max_tokens_to_sample")],
)
def test_an_older_or_a_longer_name_is_that_of_the_same_field(words, own):
    known = {"output_format", "max_tokens"}
    assert other_field(words, known, {own}) is None
    assert other_field(words, known, {"temperature"}) in known


def test_a_parent_of_what_is_wrong_is_no_other_field():
    wrong = {"messages": [{"role": "user", "content": [{"type": "text"}]}]}
    for words in ("messages.0.content.0.text.text: Field required", "messages: invalid", "messages[0] is not valid"):
        assert against_control(words, wrong).seen


def test_a_claim_about_the_context_is_met_by_words_about_the_context():
    words = "prompt is too long: 9000 tokens > 8192 maximum"
    assert against_control(words, {"max_tokens": 7}, wanted={"about": "context"}).seen
    assert not against_control("Your credit balance is too low", {"max_tokens": 7}, wanted={"about": "context"}).seen


class TestReadOrRefused:
    def test_an_answer_with_the_marker_passes(self):
        answer = make.reply(make.message("Lapis-7431"))
        observation = make.observe("read-or-refused", LAPIS, answer)
        assert observation.seen
        assert observation.findings == ()

    def test_a_refusal_passes_only_beside_an_answered_control(self):
        refusal = make.reply(make.error(), 415)
        fine = make.observe("read-or-refused", LAPIS, refusal, control="text", text=make.reply(make.message()))
        assert fine.seen
        assert fine.findings == ()
        useless = make.observe("read-or-refused", LAPIS, refusal, control="text", text=make.reply({}, 400))
        assert not useless.seen

    def test_a_canned_answer_shows_nothing(self):
        assert not make.observe("read-or-refused", LAPIS, make.reply(make.message("hello"))).seen

    @pytest.mark.parametrize(
        ("tokens", "before", "seen"), [(20, 8, True), (8, 8, False), (20, 0, False), (0, 0, False)]
    )
    def test_more_input_tokens_than_in_a_shorter_request_show_that_it_was_read(self, tokens, before, seen):
        answer, control = (
            make.reply(make.message("qx", usage={"input_tokens": count, "output_tokens": 1}))
            for count in (tokens, before)
        )
        assert make.observe("read-or-refused", LAPIS, answer, control="hello", hello=control).seen is seen

    @pytest.mark.parametrize(("body", "status"), [(b"<html>", 302), (b"{}", 500), (b"", 503)])
    def test_a_breakdown_is_reported(self, body, status):
        assert make.observe("read-or-refused", LAPIS, make.reply(body, status)).findings
