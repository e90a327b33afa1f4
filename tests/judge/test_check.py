"""How a function becomes a check, what it is called with, and how the registry finds it."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import pytest

from conformance.judge.check import FINE, NOTHING_SEEN, Context, Observation, check, check_across, deviates
from conformance.judge.checks import REGISTRY, checks_of, families
from conformance.protocol.reply import Reply
from support import make

REPLY = make.reply({})
CONTEXT = make.context()


def test_a_function_is_called_with_the_parameters_it_takes() -> None:
    seen: list[Any] = []

    @check("reply")
    def reply_alone(reply: Reply) -> Observation:
        seen.append((reply,))
        return FINE

    @check("argument", argument={})
    def with_argument(reply: Reply, argument: int) -> Observation:
        seen.append((reply, argument))
        return FINE

    @check("context")
    def with_context(reply: Reply, context: Context) -> Observation:
        seen.append((reply, context))
        return FINE

    @check("both", argument={})
    def with_both(reply: Reply, argument: int, context: Context) -> Observation:
        seen.append((reply, argument, context))
        return FINE

    for each in (reply_alone, with_argument, with_context, with_both):
        assert each(REPLY, 7, CONTEXT) is FINE
    assert seen == [(REPLY,), (REPLY, 7), (REPLY, CONTEXT), (REPLY, 7, CONTEXT)]


def test_findings_take_their_name_from_the_decorator() -> None:
    @check("says-no")
    def never_satisfied(reply: Reply) -> Observation:
        """Nothing is right."""
        return deviates(reply, "yes", "no", pointer="/answer", kind="ignored")

    (finding,) = never_satisfied(REPLY, True, CONTEXT).findings
    assert (finding.check, finding.expected, finding.actual) == ("says-no", "yes", "no")
    assert (finding.kind, finding.where.pointer, finding.where.line) == ("ignored", "/answer", 7)
    assert never_satisfied.summary == "Nothing is right."


def test_a_check_observes_each_reply_or_all_of_them_together() -> None:
    @check("each")
    def each(reply: Reply) -> Observation:
        return FINE if reply.ok else NOTHING_SEEN

    @check_across("all")
    def together(replies: Sequence[Reply]) -> Observation:
        return FINE if len(replies) == 2 else NOTHING_SEEN

    replies = [REPLY, make.reply({}, 500)]
    assert each.observe(replies, True, CONTEXT) == [FINE, NOTHING_SEEN]
    assert together.observe(replies, True, CONTEXT) == [FINE]


def family(name: str, **members: Any) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(members)
    return module


def test_the_registry_takes_the_checks_of_each_family_from_the_module_that_defines_them() -> None:
    mine = check("mine")(make.reply)
    assert checks_of([family("support.make", some=mine, other=7)]) == {"mine": mine}
    assert checks_of([family("elsewhere", imported=mine)]) == {}


def test_two_checks_with_one_name_are_an_error() -> None:
    twice = family("support.make", one=check("same")(make.reply), two=check("same")(make.call))
    with pytest.raises(ValueError, match="two checks are named 'same'"):
        checks_of([twice])


def test_every_family_defines_a_check_and_every_check_its_own_name() -> None:
    assert {module.__name__.rpartition(".")[2] for module in families()} == {each.family for each in REGISTRY.values()}
    assert all(name == each.name for name, each in REGISTRY.items())


def test_no_case_could_change_what_is_registered() -> None:
    with pytest.raises(TypeError):
        REGISTRY["new"] = REGISTRY["status"]  # type: ignore[index]
