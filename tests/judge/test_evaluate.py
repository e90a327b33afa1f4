"""From evidence to signals: which checks run on what, controls, givens, refusals of abilities, k of n."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from conformance.judge.capabilities import declined, route_missing
from conformance.judge.check import FINE, NOTHING_SEEN, Check, Observation, check, deviates
from conformance.judge.checks import REGISTRY
from conformance.judge.evaluate import Bench, judge
from conformance.judge.evidence import Evidence, ScenarioReplies
from conformance.judge.verdict import Policy
from conformance.model import (
    Case,
    CheckCall,
    Direction,
    Json,
    Judgement,
    Level,
    Mode,
    Outcome,
    Plane,
    Scenario,
    ScenarioName,
    Selector,
    Step,
)
from conformance.protocol.exchange import NO_ROOM, TOO_LARGE, Cut, Trouble
from conformance.protocol.reply import Reply
from conformance.standard.document import Document, load_document
from conformance.standard.models import Family, Models
from support import make

MESSAGE = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "LAPIS-7431"}], "usage": {}}
REFUSAL = {"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}
TOO_LONG = {"error": {"message": "maximum context length is 8192 tokens, but the prompt contains 8193"}}


@check("finds", argument={})
def finds(reply: Reply, argument: str) -> Observation:
    """A finding of a kind."""
    return deviates(reply, "something else", "this", kind=argument)


@check("fine")
def fine(reply: Reply) -> Observation:
    """Nothing to complain about."""
    return FINE


@check("unseen", argument={})
def unseen(reply: Reply, argument: Json) -> Observation:
    """Nothing to see."""
    return Observation(seen=False, note=argument if isinstance(argument, str) else "")


@check("marked", argument={})
def marked(reply: Reply, argument: str) -> Observation:
    """A reply with this key is as it should be, one with `bad` deviates, any other shows nothing."""
    if not isinstance(reply.json, dict) or not reply.json.keys() & {argument, "bad"}:
        return NOTHING_SEEN
    return deviates(reply, argument, "bad") if "bad" in reply.json else FINE


CHECKS: Mapping[str, Check] = {**REGISTRY, **{each.name: each for each in (finds, fine, unseen, marked)}}
REFUSED = CheckCall("refused", True)
STATUS = CheckCall("status", 200)


@pytest.fixture(scope="module")
def document() -> Document:
    return load_document()


@pytest.fixture
def bench(document: Document) -> Bench:
    return Bench(CHECKS, document, "some-model", Policy())


def case(*expect: CheckCall, **changes: object) -> Case:
    refuses = any(call.name == "refused" for call in expect)
    sends = {} if "on" in changes else {"steps": (Step(body={}),), "scenario": "a-case"}
    direction = Direction.REFUSE if refuses else Direction.SERVE
    return make.case(*expect, **{"direction": direction, **sends, **changes})


def named(*names: str) -> tuple[ScenarioName, ...]:
    return tuple(ScenarioName(name) for name in names)


class World:
    """What a run has seen."""

    def __init__(self) -> None:
        self.evidence: dict[str, ScenarioReplies] = {}
        self.line = 0

    def add(self, name: str, *answers: tuple[int, Json] | str, steps: int = 0, stopped: str = "", **at: str) -> World:
        """A scenario: status and body of each step; a text in place of them is a kind of trouble. `path` is where,
        `media` the content type.
        """
        replies = tuple(self._reply(name, number, answer, **at) for number, answer in enumerate(answers, start=1))
        scenario = Scenario(name, Mode.JSON, tuple(Step(body={}) for _ in range(steps or len(answers))))
        self.evidence[scenario.id] = ScenarioReplies(scenario, replies, stopped)
        return self

    def _reply(self, name: str, step: int, answer: tuple[int, Json] | str, **at: str) -> Reply:
        self.line += 1
        media = at.pop("media", "application/json")
        place = {"scenario": name, "step": step, "line": self.line} | at
        if isinstance(answer, str):
            return make.reply(status=None, trouble=Trouble(answer, "it broke", 0.1), **place)
        status, body = answer
        return make.reply(body, status, headers={"content-type": media}, ended=0.2, **place)

    def judge(self, judged: Case, bench: Bench, **unsent: str) -> Judgement:
        """The judgement of a case on what was seen."""
        return judge(judged, Mode.JSON, Evidence(self.evidence, unsent), bench)


def sees(*answers: tuple[int, Json] | str, **rest: object) -> World:
    return World().add("a-case", *answers, **rest)


def test_a_case_whose_checks_are_satisfied_passes_with_its_evidence(bench) -> None:
    judged = sees((200, MESSAGE)).judge(case(STATUS, CheckCall("honoured", {"marker": "LAPIS-7431"})), bench)
    assert (judged.outcome, judged.evidence, judged.seen, judged.findings) == (Outcome.PASS, (1,), 1, ())
    assert not judged.gates


def test_judging_stops_at_the_first_check_with_findings(bench) -> None:
    judged = sees((200, MESSAGE)).judge(
        case(CheckCall("fine"), CheckCall("finds", "deviation"), CheckCall("finds", "ignored")), bench
    )
    assert judged.outcome is Outcome.FAIL
    assert len(judged.findings) == 1
    assert judged.gates


def test_judging_stops_at_a_check_that_sees_nothing(bench) -> None:
    judged = sees((200, MESSAGE)).judge(case(CheckCall("unseen", "no thinking block"), CheckCall("finds", "x")), bench)
    assert (judged.outcome, judged.reason) == (Outcome.INCONCLUSIVE, "no thinking block")


def test_a_case_that_saw_nothing_cannot_pass(bench) -> None:
    judged = sees((200, MESSAGE)).judge(case(CheckCall("fine"), CheckCall("unseen")), bench)
    assert judged.outcome is Outcome.INCONCLUSIVE
    assert judged.reason


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("deviation", Outcome.FAIL),
        ("ignored", Outcome.IGNORED),
        ("accepted", Outcome.FAIL),
        ("a kind of its own", Outcome.FAIL),
    ],
)
def test_kinds_of_findings_are_reported_apart(bench, kind, outcome) -> None:
    assert sees((200, MESSAGE)).judge(case(CheckCall("finds", kind)), bench).outcome is outcome


def test_one_judgement_for_all_replies_says_how_many_deviate_and_shows_those_first(bench) -> None:
    world = World().add("one", (200, {"good": 1})).add("two", (200, {"bad": 1})).add("three", (200, {"else": 1}))
    world.add("four", (200, {"bad": 1}))
    judged = world.judge(case(CheckCall("marked", "good"), on=named("one", "two", "three", "four")), bench)
    assert (judged.outcome, judged.deviating, judged.seen) == (Outcome.FAIL, 2, 3)
    assert judged.evidence == (2, 4, 1, 3)


def test_evidence_of_a_selector_is_what_it_selects(bench) -> None:
    world = World().add("one", (400, {"bad": 1})).add("two", (200, {"good": 1}))
    errors = world.judge(case(CheckCall("marked", "good"), on=(Selector.EVERY_ERROR,)), bench)
    answers = world.judge(case(CheckCall("marked", "good"), on=(Selector.EVERY_ANSWER,)), bench)
    assert (errors.outcome, errors.evidence) == (Outcome.FAIL, (1,))
    assert (answers.outcome, answers.evidence) == (Outcome.PASS, (2,))


def test_what_did_not_occur_in_ordinary_answers_does_not_apply(bench) -> None:
    judged_case = case(CheckCall("marked", "good"), on=(Selector.EVERY_RESPONSE,))
    ordinary = World().add("one", (200, MESSAGE)).add("two", (400, REFUSAL))
    assert ordinary.judge(judged_case, bench).outcome is Outcome.NOT_APPLICABLE
    unreadable = ordinary.add("three", (500, b"<html>"))
    assert unreadable.judge(judged_case, bench).outcome is Outcome.INCONCLUSIVE


def test_an_error_in_another_form_and_a_stream_that_an_error_ended_are_read_to_their_end(bench) -> None:
    judged_case = case(CheckCall("marked", "good"), on=(Selector.EVERY_RESPONSE,))
    broken = b'event: error\ndata: {"type":"error","error":{"type":"internal_error","message":"no"}}\n\n'
    read = World().add("one", (200, broken), media="text/event-stream").add("two", (401, {"error": "Unauthorized"}))
    assert read.judge(judged_case, bench).outcome is Outcome.NOT_APPLICABLE


def test_the_type_of_an_error_is_hidden_only_by_errors_with_that_status(bench) -> None:
    world = World().add("one", (401, b"APIKEY is missing")).add("two", (401, b"Invalid")).add("three", (200, MESSAGE))

    def judged(status: int) -> Judgement:
        wanted = CheckCall("error-type", {"status": status, "type": "some_error"})
        return world.judge(case(wanted, on=(Selector.EVERY_ERROR,)), bench)

    assert judged(402).outcome is Outcome.NOT_APPLICABLE
    assert judged(401).outcome is Outcome.INCONCLUSIVE
    assert judged(401).reason == "no error with status 401 has an envelope with a type (2 seen)"


def test_a_selector_that_selects_nothing_is_no_pass(bench) -> None:
    judged = World().add("one", (200, MESSAGE)).judge(case(CheckCall("fine"), on=(Selector.EVERY_ERROR,)), bench)
    assert judged.outcome is Outcome.INCONCLUSIVE


def test_a_scenario_that_was_not_sent_is_not_run_with_the_reason(bench) -> None:
    unsent = {"weather/json": "the budget was used up"}
    on = World().judge(case(CheckCall("fine"), on=named("weather")), bench, **unsent)
    send = World().judge(case(CheckCall("fine"), scenario="weather"), bench, **unsent)
    assert (on.outcome, on.reason) == (send.outcome, send.reason) == (Outcome.NOT_RUN, "the budget was used up")


def test_no_response_is_inconclusive_and_says_what_happened(bench) -> None:
    send = sees("timeout-gap").judge(case(CheckCall("fine")), bench)
    on = World().add("one", "closed").judge(case(CheckCall("fine"), on=named("one")), bench)
    assert (send.outcome, on.outcome) == (Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE)
    assert "timeout-gap: it broke" in send.reason
    assert "closed: it broke" in on.reason
    assert send.evidence == (1,)


def cut_answer(kind: str) -> World:
    """An answer of status 200 of which only the beginning was kept."""
    trouble = Trouble(kind, "the body is larger than 8 bytes", 0.1)
    whole = make.exchange(MESSAGE, scenario="a-case", line=1, trouble=trouble)
    assert whole.response is not None
    world = sees((200, MESSAGE))
    reply = Reply(replace(whole, response=replace(whole.response, cut=Cut(99, "f00d"))))
    world.evidence["a-case/json"] = replace(world.evidence["a-case/json"], replies=(reply,))
    return world


@pytest.mark.parametrize("kind", TOO_LARGE)
def test_of_an_answer_that_is_too_large_only_that_is_said(bench, kind) -> None:
    judged = cut_answer(kind).judge(case(STATUS, CheckCall("honoured", {"marker": "LAPIS-7431"})), bench)
    assert judged.outcome is Outcome.FAIL
    assert [finding.check for finding in judged.findings] == ["answer-size"]
    assert "99 bytes were received" in judged.findings[0].actual
    on = cut_answer(kind).judge(case(CheckCall("fine"), on=named("a-case")), bench)
    assert on.outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("kind", NO_ROOM)
def test_of_an_answer_that_found_no_room_nothing_is_said(bench, kind) -> None:
    judged = cut_answer(kind).judge(case(STATUS), bench)
    assert judged.outcome is Outcome.INCONCLUSIVE
    assert kind in judged.reason


@pytest.mark.parametrize("status", [429, 529, 503])
def test_an_endpoint_that_pushes_back_has_not_answered(bench, status) -> None:
    judged = sees((status, REFUSAL)).judge(case(STATUS), bench)
    assert judged.outcome is Outcome.INCONCLUSIVE
    assert f"status {status}" in judged.reason


@pytest.mark.parametrize("needs", [(), ("vision",)])
def test_a_valid_request_that_the_context_of_the_model_does_not_fit_is_neither_refused_nor_declined(
    bench, needs
) -> None:
    judged = sees((400, TOO_LONG)).judge(case(STATUS, needs=needs), bench)
    assert (judged.outcome, judged.gates) == (Outcome.INCONCLUSIVE, False)
    assert judged.reason.startswith("the request does not fit the context of the model: status 400 (journal line 1)")
    assert "8192" in judged.reason


def test_a_control_that_does_not_fit_the_context_declines_nothing(bench) -> None:
    world = sees((400, REFUSAL)).add("vision", (400, TOO_LONG))
    judged = world.judge(case(REFUSED, control=ScenarioName("vision"), needs=("vision",)), bench)
    assert judged.outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("plane", "outcome"), [(Plane.BEHAVIOUR, Outcome.INCONCLUSIVE), (Plane.PROTOCOL, Outcome.NOT_APPLICABLE)]
)
def test_what_the_claim_begins_with_has_to_be_seen_and_on_the_protocol_plane_it_may_stay_away(
    bench, plane, outcome
) -> None:
    wanted = case(CheckCall("fine"), given=(CheckCall("finds", "deviation"),), plane=plane)
    judged = sees((200, MESSAGE)).judge(wanted, bench)
    assert judged.outcome is outcome
    assert "expected something else, actual this" in judged.reason
    nothing = sees((200, MESSAGE)).judge(case(CheckCall("fine"), given=(CheckCall("unseen"),), plane=plane), bench)
    assert (nothing.outcome, "unseen has nothing to check" in nothing.reason) == (outcome, True)
    seen = case(CheckCall("finds", "deviation"), given=(CheckCall("fine"),), plane=plane)
    assert sees((200, MESSAGE)).judge(seen, bench).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("control", "outcome"),
    [
        ((200, MESSAGE), Outcome.PASS),
        ((200, {"object": "chat.completion"}), Outcome.INCONCLUSIVE),
        ((200, b""), Outcome.INCONCLUSIVE),
        ((400, REFUSAL), Outcome.INCONCLUSIVE),
        ((500, b"oops"), Outcome.INCONCLUSIVE),
        ("closed", Outcome.INCONCLUSIVE),
        ((429, REFUSAL), Outcome.INCONCLUSIVE),
    ],
)
def test_a_refusal_counts_only_where_the_control_was_accepted(bench, control, outcome) -> None:
    world = sees((400, REFUSAL)).add("text", control)
    assert world.judge(case(REFUSED, control=ScenarioName("text")), bench).outcome is outcome


def test_a_control_that_was_not_sent_proves_nothing(bench) -> None:
    assert (
        sees((400, REFUSAL)).judge(case(REFUSED, control=ScenarioName("text")), bench).outcome is Outcome.INCONCLUSIVE
    )


def test_accepting_what_is_to_be_refused_is_a_matter_of_strictness_unless_it_protects(bench) -> None:
    world = sees((200, MESSAGE)).add("text", (200, MESSAGE))
    plain = world.judge(case(REFUSED, control=ScenarioName("text")), bench)
    assert (plain.outcome, plain.axis, plain.gates) == (Outcome.FAIL, "strictness", False)
    strict = world.judge(case(REFUSED, control=ScenarioName("text")), replace(bench, policy=Policy(strict=True)))
    assert strict.gates
    protecting = world.judge(case(REFUSED, control=ScenarioName("text"), protects=True), bench)
    assert (protecting.axis, protecting.gates) == ("conformance", True)


def test_a_refusal_by_a_breakdown_is_a_wrong_refusal(bench) -> None:
    world = sees((500, REFUSAL)).add("text", (200, MESSAGE))
    judged = world.judge(case(REFUSED, control=ScenarioName("text")), bench)
    assert (judged.outcome, judged.axis, judged.gates) == (Outcome.FAIL, "conformance", True)


def test_a_refusal_of_an_ability_whose_control_is_declined_too_is_unsupported(bench) -> None:
    world = sees((400, REFUSAL)).add("vision", (400, REFUSAL))
    judged = world.judge(case(REFUSED, control=ScenarioName("vision"), needs=("vision",)), bench)
    assert judged.outcome is Outcome.UNSUPPORTED
    assert "vision" in judged.reason


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        ({}, Outcome.UNSUPPORTED),
        ({"declared": ("vision",)}, Outcome.FAIL),
        ({"lacking": ("vision",)}, Outcome.NOT_APPLICABLE),
    ],
)
def test_a_declined_ability_is_judged_by_what_was_declared(bench, given, outcome) -> None:
    judged = sees((400, REFUSAL)).judge(case(STATUS, needs=("vision",)), replace(bench, **given))
    assert judged.outcome is outcome


def test_a_claim_about_models_without_something_says_nothing_about_others(bench) -> None:
    refusing = sees((400, REFUSAL)).add("text", (200, MESSAGE))
    claim = case(REFUSED, control=ScenarioName("text"), lacks=("prefill",))
    other = refusing.judge(claim, bench)
    assert (other.outcome, other.findings) == (Outcome.NOT_APPLICABLE, ())
    assert "without prefill" in other.reason
    assert refusing.judge(claim, replace(bench, lacking=("prefill",))).outcome is Outcome.PASS


def test_what_is_sent_only_on_demand_names_the_option_and_is_judged_once_declared(bench) -> None:
    world, claim = sees((200, MESSAGE)), case(STATUS, needs=("files",), opt_in=("files",))
    unasked = world.judge(claim, bench)
    assert (unasked.outcome, unasked.reason) == (Outcome.NOT_APPLICABLE, "sent only on demand: --declare files")
    assert world.judge(claim, replace(bench, declared=("files",))).outcome is Outcome.PASS


def test_what_is_sent_only_on_demand_stays_unasked_where_the_model_lacks_something_else_of_it(bench) -> None:
    model = Models(families=(Family("Some", ("some-model",), frozenset(), frozenset({"highest-effort"})),))
    claim = case(STATUS, needs=("highest-effort", "files"), opt_in=("files",))
    unasked = World().judge(claim, replace(bench, models=model))
    assert (unasked.outcome, unasked.reason) == (Outcome.NOT_APPLICABLE, "sent only on demand: --declare files")


@pytest.mark.parametrize(("path", "missing"), [("/v1/messages/count_tokens", True), ("/v1/messages", False)])
@pytest.mark.parametrize("status", [404, 405])
def test_a_route_is_missing_in_any_form_where_it_is_not_that_of_messages(path, missing, status) -> None:
    reply = make.reply({"detail": "Not Found"}, status, path=path)
    assert route_missing(reply) is missing
    assert declined(reply) or not missing


def test_a_missing_route_that_is_declared_is_one_failure(bench) -> None:
    count = {"needs": ("token-counting",), "probes": named("count")}
    bench = replace(bench, declared=("token-counting",))
    world = sees((404, REFUSAL)).add("count", (404, REFUSAL), path="/v1/messages/count_tokens")
    other = world.judge(case(STATUS, reported_by="the-endpoint-counts", **count), bench)
    assert (other.outcome, other.gates) == (Outcome.INCONCLUSIVE, False)
    assert "see the-endpoint-counts" in other.reason
    assert world.judge(case(STATUS, **count), bench).outcome is Outcome.FAIL


def test_a_missing_route_that_is_not_declared_is_unsupported_and_named_once(bench) -> None:
    count = {"needs": ("token-counting",), "probes": named("count")}
    world = sees((200, MESSAGE)).add("count", (404, REFUSAL), path="/v1/messages/count_tokens")
    for judged in (case(STATUS, reported_by="the-endpoint-counts", **count), case(CheckCall("unseen"), **count)):
        found = world.judge(replace(judged, reported_by="the-endpoint-counts"), bench)
        assert (found.outcome, found.gates) == (Outcome.UNSUPPORTED, False)
        assert "see the-endpoint-counts" in found.reason
    answered = sees((200, MESSAGE)).add("count", (200, {}), path="/v1/messages/count_tokens")
    judged = answered.judge(case(STATUS, reported_by="the-endpoint-counts", **count), bench)
    assert judged.outcome is Outcome.PASS


PAGE = b"<html><body>403 Forbidden</body></html>"


@pytest.mark.parametrize("media", ["text/html; charset=utf-8", "application/json"])
@pytest.mark.parametrize("status", [400, 403, 413])
def test_a_page_of_something_in_front_of_the_api_declines_nothing(bench, status, media) -> None:
    judged = sees((status, PAGE), media=media).judge(case(STATUS, needs=("vision",)), bench)
    assert judged.outcome is Outcome.INCONCLUSIVE
    assert f"status {status}" in judged.reason
    assert "a page in HTML" in judged.reason
    assert sees((status, PAGE), media=media).judge(case(STATUS), bench).outcome is Outcome.FAIL


def test_json_that_is_labelled_as_a_page_declines(bench) -> None:
    judged = sees((400, REFUSAL), media="text/html").judge(case(STATUS, needs=("vision",)), bench)
    assert judged.outcome is Outcome.UNSUPPORTED


def test_a_page_refuses_an_invalid_request_and_a_route_may_be_missing_with_one(bench) -> None:
    reply = make.reply(PAGE, 404, path="/v1/models", headers={"content-type": "text/html"})
    assert declined(reply)
    control = {"control": ScenarioName("valid"), "direction": Direction.REFUSE}
    world = sees((400, PAGE), media="text/html").add("valid", (200, MESSAGE))
    assert world.judge(case(REFUSED, **control), bench).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([(200, MESSAGE)], "1 reply seen, which does not show whether the claim holds"),
        ([(500, b"oops")] * 4, "4 replies seen, none with an error envelope"),
        ([(200, b"oops")] * 2, "2 replies seen, none with a Message"),
        ([(200, b"oops"), (500, b"oops")], "2 replies seen, none with a Message or an error envelope"),
        ([(200, b"oops"), (200, MESSAGE)], "2 replies seen, 1 of them without a Message"),
    ],
)
def test_without_evidence_it_says_what_was_seen_and_what_it_lacks(bench, answers, said) -> None:
    world = World()
    for number, answer in enumerate(answers):
        world.add(f"s{number}", answer)
    names = [f"s{number}" for number in range(len(answers))]
    judged = world.judge(case(CheckCall("unseen"), on=named(*names)), bench)
    assert judged.outcome is Outcome.INCONCLUSIVE
    assert judged.reason.startswith(f"no evidence: {said}")


def test_a_claim_about_more_than_a_list_holds_does_not_apply(bench) -> None:
    one, two = {"data": [{"id": "a"}]}, {"data": [{"id": "a"}, {"id": "b"}]}
    judged_case = case(CheckCall("unique", {"pointer": "/data/*/id"}), on=named("models"))
    judged = World().add("models", (200, one), path="/v1/models").judge(judged_case, bench)
    assert judged.outcome is Outcome.NOT_APPLICABLE
    assert World().add("models", (200, two), path="/v1/models").judge(judged_case, bench).outcome is Outcome.PASS
    nothing = World().add("models", (200, {}), path="/v1/models").judge(judged_case, bench)
    assert nothing.outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("answer", [(500, REFUSAL), (401, REFUSAL), (200, {})])
def test_only_a_clean_refusal_declines_an_ability(bench, answer) -> None:
    judged = sees(answer).judge(case(STATUS, CheckCall("finds", "deviation"), needs=("vision",)), bench)
    assert judged.outcome is Outcome.FAIL


def test_a_capability_is_declined_whatever_the_form_of_the_error(bench) -> None:
    judged = sees((400, {"detail": "no images"})).judge(case(STATUS, needs=("vision",)), bench)
    assert judged.outcome is Outcome.UNSUPPORTED


def test_a_capability_of_which_nothing_but_refusals_is_seen_is_declined(bench) -> None:
    judged_case = case(CheckCall("unseen"), on=named("one"), needs=("vision",))
    assert World().add("one", (404, REFUSAL)).judge(judged_case, bench).outcome is Outcome.UNSUPPORTED
    assert World().add("one", (200, MESSAGE)).judge(judged_case, bench).outcome is Outcome.INCONCLUSIVE
    core = case(CheckCall("unseen"), on=named("one"))
    assert World().add("one", (404, REFUSAL)).judge(core, bench).outcome is not Outcome.UNSUPPORTED


def test_what_a_target_lacks_is_named_and_nothing_else(bench) -> None:
    needs = ("tools", "vision")
    judged = sees((200, MESSAGE)).judge(case(STATUS, needs=needs), replace(bench, lacking=("vision",)))
    assert judged.reason == "the target is taken to lack vision; --declare says otherwise"


def test_an_ability_whose_first_request_was_accepted_is_not_declined(bench) -> None:
    world = sees((400, REFUSAL)).add("probe", (200, MESSAGE))
    assert world.judge(case(STATUS, needs=("vision",), probes=named("probe")), bench).outcome is Outcome.FAIL


def test_what_is_no_option_is_not_declined(bench) -> None:
    assert sees((400, REFUSAL)).judge(case(STATUS), bench).outcome is Outcome.FAIL


def test_an_accepted_ability_that_is_not_honoured_is_worse_than_unsupported(bench) -> None:
    ignoring = sees((200, MESSAGE))
    judged = case(CheckCall("finds", "ignored"), needs=("vision",))
    assert ignoring.judge(judged, bench).outcome is Outcome.IGNORED
    assert ignoring.judge(judged, replace(bench, declared=("vision",))).outcome is Outcome.FAIL


def test_steps_that_could_not_be_sent_leave_the_claim_open(bench) -> None:
    why = "the request of step 2 could not be built: the earlier reply calls no tool"
    partial = sees((200, MESSAGE), steps=2, stopped=why)
    judged = partial.judge(case(CheckCall("fine")), bench)
    assert judged.outcome is Outcome.INCONCLUSIVE
    assert "calls no tool" in judged.reason


def test_an_ability_that_was_declined_in_an_earlier_step_is_unsupported(bench) -> None:
    partial = sees((400, REFUSAL), steps=2, stopped="step 1 got status 400")
    assert partial.judge(case(CheckCall("fine"), needs=("vision",)), bench).outcome is Outcome.UNSUPPORTED
    assert partial.judge(case(CheckCall("fine")), bench).outcome is Outcome.INCONCLUSIVE


def test_a_check_looks_at_the_last_step_unless_it_names_another(bench) -> None:
    world = sees((200, {"bad": 1}), (200, {"good": 1}))
    assert world.judge(case(CheckCall("marked", "good")), bench).outcome is Outcome.PASS
    assert world.judge(case(CheckCall("marked", "good", step=1)), bench).outcome is Outcome.FAIL
    assert world.judge(case(CheckCall("fine"), given=(CheckCall("marked", "good", step=1),)), bench).outcome is (
        Outcome.NOT_APPLICABLE
    )


def test_informational_cases_and_cases_with_a_say_of_the_model_do_not_gate(bench) -> None:
    for changes in ({"informational": True}, {"plane": Plane.BEHAVIOUR}, {"level": Level.SHOULD}, {"scored": False}):
        judged = sees((200, MESSAGE)).judge(case(CheckCall("finds", "deviation"), **changes), bench)
        assert (judged.outcome, judged.gates) == (Outcome.FAIL, False)


def test_the_same_evidence_gives_the_same_judgement(bench) -> None:
    world = sees((200, MESSAGE)).add("text", (200, MESSAGE))
    judged = case(REFUSED, control=ScenarioName("text"))
    assert world.judge(judged, bench) == world.judge(judged, bench)


@pytest.mark.parametrize(
    ("told", "last", "plane", "outcome"),
    [
        (10, (200, MESSAGE), Plane.BEHAVIOUR, Outcome.INCONCLUSIVE),
        (9, (200, MESSAGE), Plane.BEHAVIOUR, Outcome.FAIL),
        (10, (200, MESSAGE), Plane.PROTOCOL, Outcome.FAIL),
        (10, (500, REFUSAL), Plane.BEHAVIOUR, Outcome.FAIL),
    ],
    ids=["follows nothing", "few asked", "protocol", "no answer"],
)
def test_a_model_that_follows_nothing_is_blamed_for_nothing_that_it_would_have_to_do(
    bench, told, last, plane, outcome
) -> None:
    world = sees(last)
    for number in range(told):
        world.add(f"asked-{number}", (200, MESSAGE))
    asking = replace(bench, markers={f"asked-{number}": frozenset({"topaz-2064"}) for number in range(told)})
    judged = case(CheckCall("finds", "deviation"), plane=plane)
    assert world.judge(judged, asking).outcome is outcome
    assert world.judge(judged, replace(asking, markers={"asked-0": frozenset({"lapis-7431"})})).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("first", "outcome"), [((200, MESSAGE), Outcome.NOT_APPLICABLE), ((400, REFUSAL), Outcome.FAIL)]
)
def test_a_refused_step_behind_one_that_does_not_show_what_the_claim_begins_with_says_nothing(
    bench, first, outcome
) -> None:
    begins = CheckCall("stop-reason", "pause_turn", step=1)
    resumed = case(STATUS, given=(begins,), steps=(Step(body={}), Step(body={})), needs=("server-tools",))
    answers = (first, (400, REFUSAL)) if first[0] == 200 else (first,)
    world = sees(*answers, steps=2, stopped="" if first[0] == 200 else "step 1 got status 400")
    assert world.judge(resumed, replace(bench, declared=("server-tools",))).outcome is outcome
