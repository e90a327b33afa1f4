"""Findings by cause: one mistake of an endpoint is one defect, however many cases see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.judge.checks import REGISTRY
from conformance.judge.counts import DEAD_COUNT_ROUTE, DEAD_COUNTS
from conformance.judge.evaluate import MISSING_ROUTE
from conformance.model import Finding, Harm, Judgement, KnownDeviation, Mode, Outcome, Where
from conformance.results.build import build
from conformance.results.excerpts import Excerpts
from conformance.results.model import DefectResult, ExchangeSummary, TargetSummary
from conformance.results.run import RunFacts
from conformance.standard.defects import load_defect_rules
from conformance.standard.library import Library
from conformance.standard.source import SourceError

TARGET = TargetSummary("naga", "https://naga.example", "/v1/messages", "m", "2023-06-01", select=("--target", "naga"))
RUN = RunFacts(TARGET, "abc", "2026-11-27T10:00:00Z", 1.5, 2, "must")
MISSING = Finding("status", "status 200", "status 404")
COUNT, MESSAGES = "/v1/messages/count_tokens?beta=true", "/v1/messages"


def fails(case: str, finding: Finding, line: int = 0, mode: Mode = Mode.JSON, **more: object) -> Judgement:
    found = replace(finding, where=replace(finding.where, line=line))
    return Judgement(case, mode, Outcome.FAIL, findings=(found,), evidence=(line,), gates=True, **more)


def found(library: Library, judgements: Sequence[Judgement], *sent: tuple[int, str, int]) -> tuple[DefectResult, ...]:
    excerpts = Excerpts()
    for line, path, status in sent:
        excerpts.exchanges[line] = ExchangeSummary(
            line, f"s{line % 10}", Mode.JSON, 1, 1, "POST", f"https://naga.example/anthropic{path}", status
        )
    return build(RUN, [(judgement, 0.0) for judgement in judgements], library, excerpts).defects


def test_a_route_that_is_not_there_is_one_defect_and_names_what_it_hides(library: Library) -> None:
    judgements = [
        fails("counting-needs-no-max-tokens", MISSING, 3),
        fails("transport-count-endpoint", MISSING, 3),
        fails("counting-image-counted", MISSING, 4),
        Judgement("counting-longer-is-larger", Mode.JSON, Outcome.INCONCLUSIVE, "control", evidence=(4,)),
        Judgement("stop-max-tokens", Mode.JSON, Outcome.INCONCLUSIVE, "no evidence", evidence=(1,)),
    ]
    (defect,) = found(library, judgements, (1, MESSAGES, 200), (3, COUNT, 404), (4, COUNT, 404), (5, COUNT, 401))
    assert defect.title == "There is no /v1/messages/count_tokens"
    assert (defect.harm, defect.exchanges, defect.gates) == (Harm.BREAKS, (3, 4), True)
    assert len(defect.cases) == 3
    assert defect.hides == ("counting-longer-is-larger/json",)


def test_a_route_that_answers_now_and_then_is_not_missing(library: Library) -> None:
    sent = [(3, COUNT, 404), (4, COUNT, 404), (5, COUNT, 200)]
    (defect,) = found(library, [fails("counting-needs-no-max-tokens", MISSING, 3)], *sent)
    assert defect.title == "Valid requests to /v1/messages/count_tokens are refused with status 404"


@pytest.mark.parametrize(
    "pointers", [("/usage/output_tokens", "/message/usage/output_tokens"), ("/content/0/id", "/content/7/id")]
)
def test_the_same_member_wrong_in_both_modes_is_one_defect(library: Library, pointers: tuple[str, str]) -> None:
    wrong = [Finding("blocks", "string", "null", Where(pointer=pointer)) for pointer in pointers]
    judgements = [
        fails("usage-output-counted", wrong[0], 1),
        fails("usage-output-counted", wrong[1], 2, Mode.STREAM),
        fails("response-has-id", wrong[0], 1),
    ]
    (defect,) = found(library, judgements, (1, MESSAGES, 200), (2, MESSAGES, 200))
    assert set(defect.cases) == {"usage-output-counted/json", "usage-output-counted/stream", "response-has-id/json"}


def test_other_members_are_other_defects(library: Library) -> None:
    wrong = [Finding("blocks", "string", "null", Where(pointer=f"/usage/{name}")) for name in ("input", "output")]
    judgement = replace(fails("usage-output-counted", wrong[0]), findings=tuple(wrong))
    assert len(found(library, [judgement])) == 2


def test_validation_that_is_absent_is_one_defect_for_each_kind(library: Library) -> None:
    accepted = Finding("refused", "a refusal: status 400", "accepted with status 200", kind="accepted")
    names = ["request-model-missing", "request-tool-name-missing", "request-max_tokens-type", "tools-result-orphaned"]
    defects = found(library, [fails(name, accepted, 1) for name in names], (1, MESSAGES, 200))
    assert sorted(len(defect.cases) for defect in defects) == [1, 1, 2]


def test_what_gates_comes_first_then_harm(library: Library) -> None:
    quiet = replace(fails("counting-needs-no-max-tokens", MISSING, 3), gates=False)
    lenient = Finding("refused", "", "accepted with status 200", kind="accepted")
    judgements = [
        fails("request-model-missing", lenient, 1),
        fails("response-has-id", Finding("blocks", "", "", Where(pointer="/id")), 1),
        quiet,
    ]
    defects = found(library, judgements, (1, MESSAGES, 200), (3, COUNT, 404))
    assert [defect.harm for defect in defects] == [Harm.MISLEADS, Harm.TOLERATES, Harm.BREAKS]
    assert [defect.gates for defect in defects] == [True, True, False]


def test_a_deviation_without_a_finding_has_its_defect(library: Library) -> None:
    bare = Judgement("stop-max-tokens", Mode.JSON, Outcome.IGNORED, "not honoured", evidence=(1,), gates=True)
    (defect,) = found(library, [bare], (1, MESSAGES, 200))
    assert defect.exchanges == (1,)
    assert defect.title.startswith("Does not hold: ")


def test_what_the_baseline_lists_has_a_defect_that_does_not_gate(library: Library) -> None:
    known = KnownDeviation("later", "2027-01-01", "known.yaml:1")
    judgement = replace(fails("usage-output-counted", MISSING, 1), gates=False, known=known)
    (defect,) = found(library, [judgement], (1, MESSAGES, 404))
    assert not defect.gates


def test_what_rests_on_a_reply_with_a_defect_of_its_blocks_is_hidden_by_that_defect(library: Library) -> None:
    unsigned = Finding("blocks", "a string", "null", Where(pointer="/content/0/signature"))
    resting = replace(MISSING, where=Where(line=1))
    judgements = [
        fails("response-thinking-blocks", unsigned, 1),
        Judgement("thinking-tool-loop", Mode.JSON, Outcome.INCONCLUSIVE, "not every step", evidence=(1,)),
        Judgement("stop-max-tokens", Mode.JSON, Outcome.INCONCLUSIVE, "malformed", (resting,), evidence=(1, 2)),
        Judgement("stop-end-turn", Mode.JSON, Outcome.INCONCLUSIVE, "no evidence", evidence=(1, 2)),
    ]
    (defect,) = found(library, judgements, (1, MESSAGES, 200), (2, MESSAGES, 200))
    assert set(defect.hides) == {"thinking-tool-loop/json", "stop-max-tokens/json"}


def test_what_the_judge_could_not_decide_because_of_a_defect_is_hidden_by_it(library: Library) -> None:
    judgements = [
        fails("stream-usage-counts-input", Finding("message-start-counts-input", "", ""), 1),
        Judgement("tools-deferred", Mode.JSON, Outcome.INCONCLUSIVE, "counts", evidence=(2,), because=DEAD_COUNTS),
        Judgement("stop-end-turn", Mode.JSON, Outcome.INCONCLUSIVE, "no evidence", evidence=(2,)),
    ]
    (defect,) = found(library, judgements, (1, MESSAGES, 200), (2, MESSAGES, 200))
    assert defect.hides == ("tools-deferred/json",)
    assert {DEAD_COUNTS, MISSING_ROUTE} <= {rule.id for rule in library.defect_rules}
    (counting,) = found(library, [fails("counting-above-zero", SHAPE, 1)], (1, COUNT, 200))
    assert counting.id == DEAD_COUNT_ROUTE


def test_a_repetition_has_the_defects_of_the_first_reply_to_its_request(library: Library) -> None:
    unsigned = Finding("blocks", "a string", "null", Where(pointer="/content/0/signature"))
    judgements = [
        fails("response-thinking-blocks", unsigned, 1),
        Judgement("thinking-tool-loop", Mode.JSON, Outcome.INCONCLUSIVE, "not every step", evidence=(11, 1)),
        Judgement("stop-end-turn", Mode.JSON, Outcome.INCONCLUSIVE, "no evidence", evidence=(12, 1)),
    ]
    (defect,) = found(library, judgements, *((line, MESSAGES, 200) for line in (1, 2, 11, 12)))
    assert defect.hides == ("thinking-tool-loop/json",)


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        (
            "- {id: a, title: t, harm: breaks, when: {colour: red}}\n- {id: b, title: t, harm: breaks}",
            "Unknown feature",
        ),
        ("- {id: a, title: 't {route}', harm: breaks}", "which is not in `by`"),
        ("- {id: a, title: t, harm: hurts}", "hurts"),
        ("- {id: a, title: t, harm: breaks, when: {kind: x}}", "has to fit every finding"),
        ("- {id: a, title: t, harm: breaks, when: {kind: x}}\n- {id: a, title: t, harm: breaks}", "Duplicate id"),
    ],
)
def test_a_wrong_rule_is_one_sentence_with_its_line(tmp_path: Path, rules: str, problem: str) -> None:
    (tmp_path / "defects.yaml").write_text(rules, encoding="utf-8")
    with pytest.raises(SourceError, match=problem) as raised:
        load_defect_rules(tmp_path)
    assert "defects.yaml" in str(raised.value)


ACCEPTED = Finding("refused", "a refusal: status 400", "accepted with status 200", kind="accepted")
SHAPE = Finding("matches", "a string", "null", Where(pointer="/data/0/id"))

REACHED: Mapping[str, tuple[str, Finding, str, int]] = {
    "error-form": ("errors-have-envelope", Finding("error-envelope", "", ""), MESSAGES, 400),
    "route-missing": ("counting-needs-no-max-tokens", MISSING, COUNT, 404),
    "refused-at-random": ("stop-max-tokens", Finding("answered-alike", "", "", kind="at-random"), MESSAGES, 400),
    "invalid-requests-crash": ("request-model-type", replace(ACCEPTED, kind="server-error"), MESSAGES, 500),
    "valid-requests-crash": ("caching-accepted", MISSING, MESSAGES, 500),
    "valid-requests-refused": ("caching-accepted", MISSING, MESSAGES, 400),
    "credentials": ("transport-no-credential-refused", ACCEPTED, MESSAGES, 200),
    "refused-otherwise": ("request-model-type", replace(ACCEPTED, kind="other-status"), MESSAGES, 403),
    "required-members-optional": ("request-model-missing", ACCEPTED, MESSAGES, 200),
    "values-unchecked": ("request-model-type", ACCEPTED, MESSAGES, 200),
    "invalid-accepted": ("transport-version-missing-refused", ACCEPTED, MESSAGES, 200),
    "header-missing": ("transport-request-id-on-answers", Finding("header-present", "", ""), MESSAGES, 200),
    "answers-of-route": ("models-entries-name-models", SHAPE, "/v1/models", 200),
    "tool-choice-ignored": ("tools-parallel-calls", Finding("calls", "", ""), MESSAGES, 200),
    "dropped": ("documents-text-repeated", Finding("text-contains", "", "", kind="ignored"), MESSAGES, 200),
    "input-not-counted": ("stream-usage-counts-input", Finding("message-start-counts-input", "", ""), MESSAGES, 200),
    "tool-input": ("stream-tool-input-joins", Finding("tool-input-joins", "", ""), MESSAGES, 200),
    "block": ("response-text-blocks", Finding("blocks", "", "", Where(pointer="/content/0/text")), MESSAGES, 200),
    "stream": ("stream-starts-with-message-start", Finding("grammar", "", ""), MESSAGES, 200),
    "member": ("response-has-id", Finding("matches", "", "", Where(pointer="/id")), MESSAGES, 200),
    "deviation": ("transport-should-retry-is-boolean", Finding("header-matches", "", ""), MESSAGES, 200),
}
"""For each rule a case of the catalogue, its finding, and the path and status of the exchange."""


@pytest.mark.parametrize("rule", REACHED)
def test_a_rule_is_reached_by_a_case(library: Library, rule: str) -> None:
    case, finding, path, status = REACHED[rule]
    assert finding.check in {*(call.name for call in library.cases[case].expect), "answered-alike"}
    (defect,) = found(library, [fails(case, finding, 2)], (1, MESSAGES, 200), (2, path, status))
    assert max((each.id for each in library.defect_rules if defect.id.startswith(each.id)), key=len) == rule


def test_every_rule_is_reached_and_looks_at_what_there_is(library: Library) -> None:
    assert list(REACHED) == [rule.id for rule in library.defect_rules]
    looked_at = [each for rule in library.defect_rules for each in rule.when]
    assert {check for each in looked_at for check in each.get("check", ())} <= set(REGISTRY)
    assert {area for each in looked_at for area in each.get("area", ())} <= {
        each.area for each in library.cases.values()
    }
    assert {clause for each in looked_at for clause in each.get("clause", ())} <= set(library.ledger.clauses)


def test_a_defect_that_breaks_a_client_has_that_harm_and_names_what_its_user_sees(library: Library) -> None:
    unended = Finding("grammar", "message_stop as the last event", "the stream ends with message_delta")
    judgement = fails("stream-ends-with-message-stop", unended, 1, Mode.STREAM)
    (defect,) = found(library, [judgement], (1, MESSAGES, 200))
    assert defect.harm is Harm.BREAKS
    assert {client.impact for client in defect.affects} >= {"breaks"}
    assert all(client.symptom for client in defect.affects)
    assert [client.impact for client in defect.affects] == sorted(client.impact for client in defect.affects)


def test_the_result_to_read_first_is_the_one_with_the_smallest_exchange(library: Library) -> None:
    wrong = Finding("blocks", "a string", "null", Where(pointer="/id"))
    excerpts = Excerpts()
    for line, size in ((1, 900), (2, 20)):
        excerpts.exchanges[line] = ExchangeSummary(
            line, f"s{line}", Mode.JSON, 1, 1, "POST", TARGET.url, 200, response="x" * size
        )
    judgements = [fails("response-has-id", wrong, 1), fails("usage-output-counted", wrong, 2)]
    built = build(RUN, [(judgement, 0.0) for judgement in judgements], library, excerpts)
    assert built.defects[0].cases == ("usage-output-counted/json", "response-has-id/json")
