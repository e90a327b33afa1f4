"""The check of positive evidence: that a reply answers this request and not any request.

Belongs here: markers in the reply and growth of the input tokens against a control. Does not belong here: tool calls
(see `tools.py`), the text itself (see `text.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from conformance.base.values import show
from conformance.judge.check import FINE, NOTHING_SEEN, Check, Facts, Observation, deviation, found
from conformance.model import Json
from conformance.protocol.message import text_of
from conformance.protocol.reply import Reply
from conformance.protocol.usage import total_input


def honoured(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The marker stands in the reply, or the input tokens exceed those of the control; no unwanted text stands there.

    With `true` in place of a marker the tokens alone decide. Nothing is seen where there is neither the marker nor a
    control that answered, or where one of the two counts no input tokens. A marker that is missing proves nothing
    against a server (the model may not cooperate), and more input tokens than without the part under test prove that
    the part was read.
    """
    if not reply.ok or reply.message is None:
        return NOTHING_SEEN
    wanted = argument if isinstance(argument, dict) else {}
    text = text_of(reply)
    absent, marker = wanted.get("absent"), wanted.get("marker")
    if isinstance(absent, str) and _stands(absent, text):
        return _ignored(reply, f"a reply without {show(absent)}", f"the reply {show(text)}")
    if isinstance(marker, str) and _stands(marker, text):
        return FINE
    control = _control(reply, facts)
    if control is None and facts.case.control is not None:
        return NOTHING_SEEN
    tokens, before = total_input(reply.usage), total_input(control.usage) if control is not None else None
    if control is not None and not (tokens and before):
        return _undecided(marker, tokens, before)
    if tokens is not None and before is not None and tokens > before:
        return FINE
    seen = [f"the reply {show(text)}"] if isinstance(marker, str) else []
    seen += [f"{_told(tokens)} and {_told(before)} in {facts.case.control}"] if control is not None else []
    return _ignored(reply, _expected(marker, facts), "; ".join(seen) or "no evidence")


def _undecided(marker: Json, tokens: int | None, before: int | None) -> Observation:
    """Without token counts a missing marker may be the model's doing: nothing is proven either way."""
    counts = f"{_told(tokens)}, {_told(before)} in the control"
    missing = "the marker is not in the reply, and " if isinstance(marker, str) else ""
    return Observation(seen=False, note=f"{missing}the token counts prove nothing ({counts})")


def _control(reply: Reply, facts: Facts) -> Reply | None:
    """The control's reply where it was accepted and read as a Message, otherwise None."""
    name = facts.case.control
    control = facts.reply(name, reply.exchange.mode) if name is not None else None
    return control if control is not None and control.ok and control.message is not None else None


def _expected(marker: Json, facts: Facts) -> str:
    wanted = [f"{show(marker)} in the reply"] if isinstance(marker, str) else []
    wanted += [f"more input tokens than in {facts.case.control}"] if facts.case.control is not None else []
    return ", or ".join(wanted) or "evidence that the request was read"


def _told(tokens: int | None) -> str:
    return "no input tokens told" if tokens is None else f"{tokens} input tokens"


def _stands(marker: str, text: str) -> bool:
    return marker.casefold() in text.casefold()


def _ignored(reply: Reply, expected: str, actual: str) -> Observation:
    return found(deviation("honoured", reply, expected=expected, actual=actual, kind="ignored"))


MARKER: Final = {"type": "string", "minLength": 1}

CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "honoured": Check(
            "honoured",
            each=honoured,
            argument={
                "oneOf": [
                    {"const": True},
                    {
                        "type": "object",
                        "additionalProperties": False,
                        "minProperties": 1,
                        "properties": {"marker": MARKER, "absent": MARKER},
                    },
                ]
            },
        )
    }
)
