"""What an endpoint declines, in every way, and what its target says of it: what is exempt, fails, or lacks in a tier.

The replies of the honest endpoint are taken, and each request that asks for a capability gets a refusal instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from conformance.judge.capabilities import capability_facts
from conformance.judge.evaluate import Bench, judge
from conformance.judge.evidence import Evidence, ScenarioReplies
from conformance.judge.library import bench_of
from conformance.judge.verdict import Policy
from conformance.model import DEVIATING, Direction, Judgement, Mode, Outcome
from conformance.protocol.reply import Reply
from conformance.results.build import case_result
from conformance.results.conclusions.demands import declined_demands
from conformance.results.excerpts import Excerpts
from conformance.results.model import TargetSummary
from mutation.rehearsal import Stage
from support import make

pytestmark = pytest.mark.slow

TARGET = TargetSummary("reference", "http://reference", "/v1/messages", "some-model", "2023-06-01")

Body = Mapping[str, Any]
Asks = Callable[[Body, str], bool]
"""Whether a request, by body and path, asks for a capability."""


def parts(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object inside a value."""
    if isinstance(value, Mapping):
        yield value
    for item in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from parts(item)


def block(kind: str) -> Asks:
    return lambda body, _: any(part.get("type") == kind for part in parts(body.get("messages")))


def config(name: str, *values: Any) -> Asks:
    """A member of output_config, with one of these values or with any."""
    return lambda body, _: any(
        name in part and (not values or part[name] in values) for part in [body.get("output_config") or {}]
    )


def thinking(*kinds: str) -> Asks:
    return lambda body, _: isinstance(body.get("thinking"), Mapping) and body["thinking"].get("type") in kinds


def tool(matches: Callable[[Mapping[str, Any]], bool]) -> Asks:
    return lambda body, _: any(matches(each) for each in body.get("tools") or () if isinstance(each, Mapping))


def choice(matches: Callable[[Mapping[str, Any]], bool]) -> Asks:
    return lambda body, _: isinstance(body.get("tool_choice"), Mapping) and matches(body["tool_choice"])


def last_is_assistant(body: Body, _: str) -> bool:
    turns = body.get("messages")
    last = turns[-1] if isinstance(turns, list) and turns else None
    return isinstance(last, Mapping) and last.get("role") == "assistant"


def samples_freely(body: Body, _: str) -> bool:
    return body.get("temperature", 1) != 1 or body.get("top_p", 1) != 1 or "top_k" in body


ASKS: Mapping[str, Asks] = {
    "tools": tool(lambda _: True),
    "forced-tool-choice": choice(lambda each: each.get("type") in ("any", "tool")),
    "parallel-tools": lambda body, _: len(body.get("tools") or ()) > 1,
    "strict-tools": tool(lambda each: each.get("strict") is True),
    "deferred-tools": tool(lambda each: "defer_loading" in each),
    "server-tools": tool(lambda each: str(each.get("type")).startswith("web_")),
    "anthropic-tools": tool(lambda each: str(each.get("type")).startswith(("bash_", "text_editor_", "memory_"))),
    "mid-conversation-system": lambda body, _: any(
        part.get("role") == "system" for part in parts(body.get("messages"))
    ),
    "adaptive-thinking": thinking("adaptive"),
    "manual-thinking": thinking("enabled"),
    "no-thinking": thinking("disabled"),
    "between-tools-thinking": thinking("between_tools"),
    "caching": lambda body, _: any("cache_control" in part for part in parts(body)),
    "vision": block("image"),
    "documents": block("document"),
    "search-results": block("search_result"),
    "citations": lambda body, _: any(part.get("citations") == {"enabled": True} for part in parts(body)),
    "pdf": lambda body, _: any(part.get("media_type") == "application/pdf" for part in parts(body)),
    "url-sources": lambda body, _: any(part.get("type") == "url" for part in parts(body.get("messages"))),
    "structured-outputs": config("format"),
    "effort": config("effort"),
    "highest-effort": config("effort", "xhigh"),
    "max-effort": config("effort", "max"),
    "task-budgets": config("task_budget"),
    "prefill": last_is_assistant,
    "sampling": samples_freely,
    "context-management": lambda body, _: "context_management" in body,
    "tool-changes": block("tool_removal"),
    "token-counting": lambda _, path: path.endswith("/count_tokens"),
    "models-list": lambda _, path: path.startswith("/v1/models"),
}
"""Capability -> how a request asks for it."""

PART_OF_MORE = {
    "caching": "a cache_control is accepted by every endpoint, cached or not (REQ-CACHE-001)",
    "parallel-tools": "every request with two tools asks for it as far as a server can see",
}
"""Capabilities of which a refusal violates the gate all the same, because cases of others send what they send."""

ERROR = json.dumps({"type": "error", "error": {"type": "invalid_request_error", "message": "This is not supported."}})
FOREIGN = json.dumps({"error": {"message": "This is not supported.", "type": "invalid_request_error", "code": None}})

CLEAN: Mapping[str, tuple[int, str]] = {
    "400": (400, ERROR),
    "400 of another API": (400, FOREIGN),
    "403": (403, ERROR),
    "404": (404, ERROR),
    "422 of a web framework": (422, json.dumps({"detail": "This is not supported."})),
    "501": (501, ERROR),
}
"""The clean ways to decline: status and body."""

JSON = {"content-type": "application/json"}

CRASH = (500, json.dumps({"type": "error", "error": {"type": "api_error", "message": "Internal server error"}}))


@dataclass(frozen=True)
class Outcomes:
    """What a run adds up to where a capability is declined."""

    needing: Mapping[tuple[str, Mode], Judgement]
    gating: frozenset[str]
    """Cases on valid requests; that an invalid one is refused with another status is a deviation of its own."""
    demands: tuple[str, ...]


def declining(stage: Stage, asks: Asks, status: int, body: str) -> dict[str, ScenarioReplies]:
    """The replies of the honest run, with a refusal at the first step of a scenario that asks for something."""
    return {name: _refused(sent, asks, status, body) for name, sent in stage.honest.replies.items()}


def _refused(sent: ScenarioReplies, asks: Asks, status: int, body: str) -> ScenarioReplies:
    for number, reply in enumerate(sent.replies):
        path = reply.exchange.request.url.removeprefix("http://reference").partition("?")[0]
        if asks(reply.request if isinstance(reply.request, Mapping) else {}, path):
            made = make.exchange(body.encode(), status, headers=JSON, ended=0.2)
            refusal = Reply(replace(reply.exchange, response=made.response, trouble=None))
            stopped = f"step {number + 1} got status {status}" if number + 1 < len(sent.scenario.steps) else ""
            return replace(sent, replies=(*sent.replies[:number], refusal), stopped=stopped)
    return sent


@pytest.fixture(scope="module")
def outcomes(stage) -> Callable[..., Outcomes]:
    """What a capability, a way of declining it and what the target says (`declared`, `lacking`, or nothing) lead to."""
    honest = stage()
    library = honest.library

    @cache
    def before(said: str, name: str) -> Mapping[tuple[str, Mode], Judgement]:
        evidence = Evidence(dict(honest.honest.replies), {})
        bench = _bench(said, name)
        return {(case.id, mode): judge(case, mode, evidence, bench) for case, mode in honest.plan.items}

    def _bench(said: str, name: str) -> Bench:
        return bench_of(
            library,
            Policy(),
            model="some-model",
            declared=(name,) if said == "declared" else (),
            lacking=(name,) if said == "lacking" else (),
        )

    def found(name: str, status: int, body: str, said: str) -> Outcomes:
        replies = declining(honest, ASKS[name], status, body)
        touched = {key for key, sent in replies.items() if sent is not honest.honest.replies[key]}
        evidence, bench = Evidence(replies, {}), _bench(said, name)
        judgements = dict(before("", ""))
        for case, mode in honest.plan.items:
            if name in case.needs or (not case.selectors and touched.intersection(honest.needs(case, mode))):
                judgements[case.id, mode] = judge(case, mode, evidence, bench)
        shown = Excerpts()
        results = [
            case_result(library.cases[case], each, library.ledger.clauses, shown, TARGET)
            for (case, _), each in judgements.items()
        ]
        facts = capability_facts(
            library.capabilities,
            [reply for sent in replies.values() for reply in sent.replies],
            declared=bench.declared,
            lacking=bench.lacking,
        )
        demands = declined_demands("agent", library.tiers, facts, results, {}, {})
        return Outcomes(
            {key: each for key, each in judgements.items() if name in library.cases[key[0]].needs},
            frozenset(
                case
                for (case, _), each in judgements.items()
                if each.gates and library.cases[case].direction is Direction.SERVE
            ),
            tuple(demand.id.removeprefix("tier-needs-") for demand in demands),
        )

    return found


def test_every_capability_that_is_probed_is_declined_here(stage) -> None:
    library = stage().library
    assert set(ASKS) == {
        name for name, each in library.capabilities.items() if each.probe and not (each.core or each.opt_in)
    }
    for name, asks in ASKS.items():
        probe = library.capabilities[name].probe
        steps = library.catalogue.scenarios[probe.name]
        assert any(asks(step.body or {}, step.path) for step in steps), name


@pytest.mark.parametrize("way", CLEAN)
@pytest.mark.parametrize("name", ASKS)
def test_what_is_declined_cleanly_is_unsupported_and_missing_from_the_tier(stage, outcomes, name, way) -> None:
    found = outcomes(name, *CLEAN[way], "")
    assert bool(found.gating) is (name in PART_OF_MORE)
    assert [key for key, each in found.needing.items() if each.outcome in DEVIATING] == []
    needed = {need for tier in stage().library.tiers[:2] for need in tier.requires}
    assert found.demands == ((name,) if name in needed else ())


@pytest.mark.parametrize("way", CLEAN)
@pytest.mark.parametrize("name", ASKS)
def test_what_is_declared_fails_where_it_is_declined(stage, outcomes, name, way) -> None:
    found = outcomes(name, *CLEAN[way], "declared")
    assert any(each.outcome is Outcome.FAIL for each in found.needing.values())
    assert not any(
        each.outcome is Outcome.UNSUPPORTED and len(stage().library.cases[case].needs) == 1
        for (case, _), each in found.needing.items()
    )
    assert name not in found.demands


@pytest.mark.parametrize("way", [*CLEAN, "500"])
@pytest.mark.parametrize("name", ASKS)
def test_what_a_target_lacks_exempts_it_whatever_it_answers(outcomes, name, way) -> None:
    found = outcomes(name, *CLEAN.get(way, CRASH), "lacking")
    assert {each.outcome for each in found.needing.values()} == {Outcome.NOT_APPLICABLE}
    assert found.demands == ()
    if way != "500" and name not in PART_OF_MORE:
        assert found.gating == set()


@pytest.mark.parametrize("name", ASKS)
def test_a_crash_declines_nothing(outcomes, name) -> None:
    found = outcomes(name, *CRASH, "")
    assert any(each.outcome is Outcome.FAIL for each in found.needing.values())
    assert not any(each.outcome is Outcome.UNSUPPORTED for each in found.needing.values())
