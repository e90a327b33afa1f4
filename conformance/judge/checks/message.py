"""Checks on the Message: what a schema cannot say about blocks, calls, stop fields and the two modes.

Belongs here: claims about the Message of any answer, read from the JSON body or accumulated from the stream. Does not
belong here: plain shape (see `matching.py`), usage (see `usage.py`), whether a tool had to be called
(see `tools.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from conformance.base.pointer import join, look_up
from conformance.base.values import MISSING, kind, show
from conformance.judge.check import FINE, NOTHING_SEEN, Check, Facts, Observation, deviation, found
from conformance.model import Json, Mode
from conformance.protocol.message import blocks, tool_calls
from conformance.protocol.reply import Reply

CORE_KEYS: Final = ("id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage")
"""Keys whose absence breaks clients (REQ-RESP-018)."""


def block_types(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """Every item of content is an object with a non-empty string as type; the type itself can be a new one."""
    content = look_up(reply.message, "/content")
    if not isinstance(content, list) or not content:
        return NOTHING_SEEN
    expected = "an object with a non-empty string as type"
    wrong = [
        (join("/content", index), block)
        for index, block in enumerate(content)
        if not isinstance(block, dict) or not isinstance(block.get("type"), str) or not block["type"]
    ]
    return found(
        *(
            deviation(
                "block-types",
                reply,
                expected=expected,
                actual=show(block),
                pointer=join(place, "type") if isinstance(block, dict) else place,
            )
            for place, block in wrong[:3]
        )
    )


def stop_sequence_fits(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """stop_sequence is a string of the request when stop_reason is stop_sequence, and null otherwise."""
    message = reply.message or {}
    if "stop_sequence" not in message or message.get("stop_reason") is None:
        return NOTHING_SEEN
    value, reason = message["stop_sequence"], message["stop_reason"]
    wanted = reply.request.get("stop_sequences")
    if reason != "stop_sequence":
        expected, fits = f"null, as stop_reason is {show(reason)}", value is None
    elif isinstance(wanted, list):
        expected, fits = f"one of the request's stop sequences: {show(wanted)}", value in wanted
    else:
        expected, fits = "the stop sequence that was met", isinstance(value, str) and bool(value)
    if fits:
        return FINE
    return found(
        deviation("stop-sequence-fits", reply, expected=expected, actual=show(value), pointer="/stop_sequence")
    )


def stop_details_fit(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """stop_details is null or absent, unless stop_reason is refusal."""
    message = reply.message or {}
    if message.get("stop_reason") is None:
        return NOTHING_SEEN
    details = message.get("stop_details")
    if details is None or message["stop_reason"] == "refusal":
        return FINE
    expected = f"null or absent, as stop_reason is {show(message['stop_reason'])}"
    return found(deviation("stop-details-fit", reply, expected=expected, actual=show(details), pointer="/stop_details"))


def thinking_signed(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The signature of every thinking block is not empty; a block that max_tokens cut in a stream shows nothing."""
    signed = [(at, block.get("signature")) for at, block in blocks(reply) if block.get("type") == "thinking"]
    if reply.events is not None and look_up(reply.message, "/stop_reason") in ("max_tokens", None):
        signed = signed[:-1]
    signed = [(at, value) for at, value in signed if isinstance(value, str)]
    if not signed:
        return NOTHING_SEEN
    return found(
        *(
            deviation(
                "thinking-signed",
                reply,
                expected="a non-empty signature",
                actual="an empty string",
                pointer=join("/content", at, "signature"),
            )
            for at, value in signed
            if not value
        )
    )


def tool_ids_unique(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """No two tool calls of a message share an id, and none has an id of the request's history."""
    calls = [(call, call.id) for call in tool_calls(reply) if isinstance(call.id, str) and call.id]
    if not calls:
        return NOTHING_SEEN
    counts = Counter(identity for _, identity in calls)
    known = set(_history_ids(reply.request))
    wrong = [(call, identity) for call, identity in calls if counts[identity] > 1 or identity in known]
    expected = "an id that no other tool call has"
    return found(
        *(
            deviation("tool-ids-unique", reply, expected=expected, actual=show(identity), pointer=f"{call.pointer}/id")
            for call, identity in wrong[:3]
        )
    )


def tool_names_declared(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """Every client tool that is called is one of the request's tools; tools of Anthropic's schemas show nothing."""
    calls = [call for call in tool_calls(reply) if isinstance(call.name, str)]
    tools = reply.request.get("tools", [])
    if not calls or not isinstance(tools, list):
        return NOTHING_SEEN
    if any(not isinstance(tool, dict) or tool.get("type") not in (None, "custom") for tool in tools):
        return NOTHING_SEEN
    names = [tool.get("name") for tool in tools]
    expected = f"one of the request's tools: {show(names)}"
    return found(
        *(
            deviation(
                "tool-names-declared", reply, expected=expected, actual=show(call.name), pointer=f"{call.pointer}/name"
            )
            for call in calls
            if call.name not in names
        )
    )


def same_shape_as_json(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The Message that a stream adds up to has the core keys of the JSON answer, with values of the same kind."""
    other = facts.reply(reply.exchange.scenario, Mode.JSON, reply.exchange.step)
    if reply.events is None or reply.message is None or other is None or not other.ok or other.message is None:
        return NOTHING_SEEN
    findings = []
    for key in CORE_KEYS:
        theirs, ours = other.message.get(key, MISSING), reply.message.get(key, MISSING)
        if kind(theirs) != kind(ours) and None not in (theirs, ours):
            expected = f"{kind(theirs)}, as in the JSON answer"
            findings.append(
                deviation("same-shape-as-json", reply, expected=expected, actual=show(ours), pointer=join("", key))
            )
    return found(*findings)


def _history_ids(request: Mapping[str, Json]) -> Iterator[str]:
    """The ids of the tool calls in the request's messages."""
    messages = request.get("messages")
    for message in messages if isinstance(messages, list) else ():
        content = message.get("content") if isinstance(message, dict) else None
        for block in content if isinstance(content, list) else ():
            if isinstance(block, dict) and block.get("type") == "tool_use" and isinstance(block.get("id"), str):
                yield block["id"]


CHECKS: Final[Mapping[str, Check]] = {
    check.name: check
    for check in (
        Check("block-types", each=block_types),
        Check("stop-sequence-fits", each=stop_sequence_fits),
        Check("stop-details-fit", each=stop_details_fit),
        Check("thinking-signed", each=thinking_signed),
        Check("tool-ids-unique", each=tool_ids_unique),
        Check("tool-names-declared", each=tool_names_declared),
        Check("same-shape-as-json", each=same_shape_as_json),
    )
}
