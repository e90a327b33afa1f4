import pytest

from conformance.judge.checks.refusal import refused
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
def test_a_status_about_something_else_is_a_refusal_for_another_reason(status):
    assert kinds(refused(make.reply(ENVELOPE, status=status), True, make.context())) == ["other-reason"]


@pytest.mark.parametrize("kind", ["authentication_error", "rate_limit_error", "billing_error"])
def test_a_400_about_the_account_or_the_moment_is_a_refusal_for_another_reason(kind):
    assert kinds(refused(make.reply(error(kind), status=400), True, make.context())) == ["other-reason"]


@pytest.mark.parametrize("body", [{}, None, [], "no", {"error": "no"}, {"detail": []}, {"type": "error", "error": 1}])
def test_a_400_without_the_envelope_is_reported_as_such(body):
    assert kinds(refused(make.reply(body, status=400), True, make.context())) == ["no-envelope"]


def test_nothing_is_seen_without_a_response():
    assert not refused(make.reply(status=None), True, make.context()).seen


def test_a_named_status_takes_the_place_of_the_usual_ones():
    wanted = {"status": [404, 405], "type": "not_found_error"}
    assert kinds(refused(make.reply(error("not_found_error"), status=404), wanted, make.context())) == []
    assert kinds(refused(make.reply(ENVELOPE, status=400), wanted, make.context())) == ["other-reason"]
    assert kinds(refused(make.reply(ENVELOPE, status=404), wanted, make.context())) == ["no-envelope"]


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

    @pytest.mark.parametrize(("body", "status"), [(b"<html>", 415), (b"{}", 500), (b"", 400)])
    def test_a_breakdown_is_reported(self, body, status):
        assert make.observe("read-or-refused", LAPIS, make.reply(body, status)).findings
