"""The check of positive evidence: the reply answers this request and not just any request.

Markers in the reply and growth of the input tokens against a control are the evidence. Tool calls are in `tools.py`.
"""

from __future__ import annotations

from typing import Final

from conformance.base.values import show
from conformance.judge.arguments import TEXT, optional, partial
from conformance.judge.check import FINE, NOTHING_SEEN, Context, Observation, check, deviates
from conformance.judge.counts import hiding, why_dead
from conformance.model import Json
from conformance.protocol.message import text_of, tool_calls
from conformance.protocol.reply import Reply
from conformance.protocol.usage import total_input

FORM: Final = optional(partial({"marker": TEXT, "absent": TEXT}))


@check("honoured", argument=FORM, counts=True)
def honoured(reply: Reply, argument: Json, context: Context) -> Observation:
    """The reply contains the marker, or its input tokens exceed those of the control; it has no unwanted text.

    With `true` in place of a marker the tokens alone decide; a call of a declared tool proves that tools were read.
    Nothing is seen where there is neither the marker nor a control that answered in the same mode, or where the counts
    of that mode are dead. A missing marker proves nothing against a server (the model may not cooperate), and more
    input tokens than without the part under test prove that the part was read.
    """
    if not reply.ok or reply.message is None:
        return NOTHING_SEEN
    wanted = argument if isinstance(argument, dict) else {}
    text = text_of(reply)
    absent, marker = wanted.get("absent"), wanted.get("marker")
    if isinstance(absent, str) and _contains(text, absent):
        return deviates(reply, f"a reply without {show(absent)}", f"the reply {show(text)}", kind="ignored")
    if isinstance(marker, str) and _contains(text, marker):
        return FINE
    control = _control(reply, context)
    if control is not None and _calls_a_tool_that_only(reply, control):
        return FINE
    if control is not None and control.exchange.mode is not reply.exchange.mode:
        control = None  # counts of the other mode prove nothing
    if control is None and context.case.control is not None:
        return NOTHING_SEEN
    tokens, before = total_input(reply.usage), total_input(control.usage) if control is not None else None
    if control is not None and not (tokens and before):
        return _undecided(marker, f"{_counted(tokens)}, {_counted(before)} in the control")
    if control is not None and (dead := why_dead(context, reply.exchange.mode)):
        return _undecided(marker, dead)
    if tokens is not None and before is not None and tokens > before:
        return FINE
    seen = [f"the reply {show(text)}"] if isinstance(marker, str) else []
    seen += [f"{_counted(tokens)} and {_counted(before)} in {context.case.control}"] if control is not None else []
    return deviates(reply, _expected(marker, context), "; ".join(seen) or "no evidence", kind="ignored")


def _undecided(marker: Json, why: str) -> Observation:
    """Without living token counts, a missing marker may be the model's doing: nothing is proven either way."""
    missing = "the marker is not in the reply, and " if isinstance(marker, str) else ""
    note = f"{missing}the token counts prove nothing ({why})"
    return Observation(seen=False, note=note, because=hiding(why))


def _control(reply: Reply, context: Context) -> Reply | None:
    """The control's reply where it was accepted and read as a Message, otherwise None."""
    name = context.case.control
    control = context.reply(name, reply.exchange.mode) if name is not None else None
    return control if control is not None and control.ok and control.message is not None else None


def _calls_a_tool_that_only(reply: Reply, control: Reply) -> bool:
    """Whether the reply calls a tool that its own request declares and the control's request does not."""
    called = {call.name for call in tool_calls(reply) if isinstance(call.name, str)}
    return bool(called & (_declared(reply) - _declared(control)))


def _declared(reply: Reply) -> set[str]:
    tools = reply.request.get("tools")
    names = [tool.get("name") for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []
    return {name for name in names if isinstance(name, str)}


def _expected(marker: Json, context: Context) -> str:
    wanted = [f"{show(marker)} in the reply"] if isinstance(marker, str) else []
    wanted += [f"more input tokens than in {context.case.control}"] if context.case.control is not None else []
    return ", or ".join(wanted) or "evidence that the request was read"


def _counted(tokens: int | None) -> str:
    return "no input tokens reported" if tokens is None else f"{tokens} input tokens"


def _contains(text: str, marker: str) -> bool:
    return marker.casefold() in text.casefold()
