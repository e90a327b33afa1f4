import pytest

from conformance.judge.checks.refusal import refused
from support import make

ENVELOPE = {"type": "error", "error": {"type": "invalid_request_error", "message": "max_tokens: field required"}}


def error(kind: str) -> dict[str, object]:
    return {"type": "error", "error": {"type": kind, "message": "no"}}


def kinds(observation):
    assert observation.seen
    return [finding.kind for finding in observation.findings]


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refusal_of_the_request_with_an_envelope_is_as_it_has_to_be(status):
    assert kinds(refused(make.reply(ENVELOPE, status=status), True, make.facts())) == []


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_2xx_means_accepted(status):
    assert kinds(refused(make.reply({}, status=status), True, make.facts())) == ["accepted"]


@pytest.mark.parametrize("status", [500, 503, 529])
def test_a_breakdown_is_not_a_refusal_even_with_an_envelope(status):
    assert kinds(refused(make.reply(ENVELOPE, status=status), True, make.facts())) == ["server-error"]


@pytest.mark.parametrize("status", [301, 401, 403, 404, 405, 408, 409, 429])
def test_a_status_that_tells_of_something_else_is_a_refusal_for_another_reason(status):
    assert kinds(refused(make.reply(ENVELOPE, status=status), True, make.facts())) == ["other-reason"]


@pytest.mark.parametrize("kind", ["authentication_error", "rate_limit_error", "billing_error"])
def test_a_400_about_the_account_or_the_moment_is_a_refusal_for_another_reason(kind):
    assert kinds(refused(make.reply(error(kind), status=400), True, make.facts())) == ["other-reason"]


@pytest.mark.parametrize("body", [{}, None, [], "no", {"error": "no"}, {"detail": []}, {"type": "error", "error": 1}])
def test_a_400_without_the_envelope_is_told_as_such(body):
    assert kinds(refused(make.reply(body, status=400), True, make.facts())) == ["no-envelope"]


def test_nothing_is_seen_without_a_response():
    assert not refused(make.reply(status=None), True, make.facts()).seen


def test_a_named_status_takes_the_place_of_the_usual_ones():
    wanted = {"status": [404, 405], "type": "not_found_error"}
    assert kinds(refused(make.reply(error("not_found_error"), status=404), wanted, make.facts())) == []
    assert kinds(refused(make.reply(ENVELOPE, status=400), wanted, make.facts())) == ["other-reason"]
    assert kinds(refused(make.reply(ENVELOPE, status=404), wanted, make.facts())) == ["no-envelope"]


def test_a_named_type_may_be_one_about_the_account():
    wanted = {"status": 401, "type": "authentication_error"}
    assert kinds(refused(make.reply(error("authentication_error"), status=401), wanted, make.facts())) == []


def test_the_finding_tells_what_was_expected_and_what_came():
    (finding,) = refused(
        make.reply(error("not_found_error"), status=404), {"names": "max_tokens"}, make.facts()
    ).findings
    assert finding.expected == "a refusal: status 400 invalid_request_error that names max_tokens"
    assert finding.actual == 'status 404, "not_found_error": "no"'
    assert finding.where.line == 7
