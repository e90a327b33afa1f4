"""Abilities as three facts, and where they contradict each other."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.judge.capabilities import capability_facts
from conformance.model import Mode, ScenarioName
from conformance.protocol.reply import Reply
from conformance.standard.capabilities import Capability, Sign, check_declared
from support import make

ERROR = {"type": "error", "error": {"type": "invalid_request_error", "message": "no tools here"}}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}}


def reply(scenario: str, body: Any, status: int = 200, line: int = 1) -> Reply:
    return make.reply(body, status, scenario=scenario, line=line)


def answer(scenario: str, *content: Any, line: int = 1, **more: Any) -> Reply:
    return reply(scenario, {"type": "message", "content": list(content), "usage": {}, **more}, line=line)


TOOLS = Capability("tools", "tools", probe=ScenarioName("weather"), signs=(Sign("/content/*/type", "tool_use"),))
BLIND = Capability("vision", "images", probe=ScenarioName("image", Mode.JSON))
DECLINED = reply("weather", ERROR, 400, line=4)


def one(capability: Capability, *replies: Reply, **said: Any) -> Any:
    (found,) = capability_facts({capability.name: capability}, replies, **said)
    return found


def test_the_three_facts_are_independent():
    found = one(TOOLS, answer("weather", line=3), answer("forced", CALL, line=5), declared=["tools"])
    assert (found.declared, found.probed, found.observed, found.lines, found.contradiction) == (
        True, "accepted", True, (3, 5), "",
    )  # fmt: skip


def test_nothing_said_nothing_sent_nothing_seen():
    found = one(BLIND)
    assert (found.declared, found.probed, found.observed, found.contradiction) == (None, "unknown", None, "")


@pytest.mark.parametrize("status", [401, 429, 500])
def test_a_refusal_that_is_not_about_the_request_proves_nothing(status):
    assert one(TOOLS, reply("weather", ERROR, status)).probed == "unknown"


def test_a_capability_is_declined_in_any_form():
    assert one(TOOLS, reply("weather", {"detail": "no"}, 400)).probed == "declined"


@pytest.mark.parametrize(
    ("replies", "said", "words"),
    [
        ([DECLINED], {"declared": ["tools"]}, "declared, but its probe is declined"),
        ([DECLINED, answer("forced", CALL)], {}, "its probe is declined, but other replies show it"),
        ([answer("weather", CALL)], {"lacking": ["tools"]}, "declared as lacking, but replies show it"),
        ([answer("weather")], {"lacking": ["tools"]}, "declared as lacking, but its probe is accepted"),
    ],
)
def test_contradictions_are_reported(replies, said, words):
    assert words in one(TOOLS, *replies, **said).contradiction


@pytest.mark.parametrize(
    ("replies", "said"),
    [([DECLINED], {}), ([DECLINED], {"lacking": ["tools"]}), ([answer("weather")], {"declared": ["tools"]}), ([], {})],
)
def test_honest_targets_contradict_nothing(replies, said):
    assert one(TOOLS, *replies, **said).contradiction == ""


def test_a_core_ability_that_is_declined_is_a_contradiction():
    core = Capability("text", "text", core=True, probe=ScenarioName("weather"))
    assert one(core, DECLINED).contradiction == "core, but its probe is declined"


def test_counters_count_from_one_and_pairs_from_two():
    caching = Capability("caching", "caching", signs=(Sign("/usage/cache_read_input_tokens", above=0),))
    assert one(caching, answer("x", usage={"cache_read_input_tokens": 0})).observed is False
    assert one(caching, answer("x", usage={"cache_read_input_tokens": True})).observed is False
    assert one(caching, answer("x", usage={"cache_read_input_tokens": 7})).observed is True
    pairs = Capability("pairs", "pairs", signs=(Sign("/content/*/type", "tool_use", several=True),))
    assert one(pairs, answer("x", CALL), answer("y", CALL)).observed is False
    assert one(pairs, answer("x", CALL, CALL)).observed is True


@pytest.mark.parametrize("body", [None, [], "text", {"content": 7}, {"content": [None, 7, {"type": []}]}])
def test_no_answer_makes_it_raise(body):
    assert one(TOOLS, reply("weather", body)).observed is False


def test_every_ability_that_a_case_needs_is_known_and_none_of_them_is_core(library):
    needed = {need for case in library.catalogue.cases for need in case.needs}
    assert sorted(needed - library.capabilities.keys()) == []
    assert [name for name in sorted(needed) if library.capabilities[name].core] == []


def test_every_ability_is_needed_by_a_case_or_core(library):
    needed = {need for case in library.catalogue.cases for need in case.needs}
    assert [each.name for each in library.capabilities.values() if not each.core and each.name not in needed] == []


def test_every_probe_is_a_scenario(library):
    names = {case.id: case.scenario for case in library.catalogue.cases}
    for capability in library.capabilities.values():
        name = capability.probe.name if capability.probe else ""
        assert not name or name in library.catalogue.scenarios or names.get(name), capability.name


def test_every_case_knows_the_probes_of_what_it_needs(library):
    for case in library.catalogue.cases:
        assert len(case.probes) == len(case.needs), case.id
    weather = library.cases["tools-rich-schema"]
    assert weather.probes == (ScenarioName("weather"),)


@pytest.mark.parametrize(
    ("declared", "lacking", "words"),
    [
        (["tolls"], [], "Did you mean 'tools'"),
        ([], ["visio"], "Did you mean 'vision'"),
        ([], ["text"], "text is core, and no target is exempt from it"),
        (["tools"], ["tools"], "both declared and lacking"),
    ],
)
def test_what_cannot_be_declared_is_reported(library, declared, lacking, words):
    from conformance.base.errors import HarnessError

    with pytest.raises(HarnessError, match=words) as caught:
        check_declared(library.capabilities, declared, lacking)
    assert caught.value.exit_code == 4
