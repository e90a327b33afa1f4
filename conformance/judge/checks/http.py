"""Checks on status, headers and the kind of body of a reply.

Belongs here: what can be seen without knowing what a Message or an error is. Does not belong here: the refusal of
invalid requests (see `requests.py`), the error envelope (see `envelope.py`), the event stream (see `streams.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from conformance.base.pointer import look_up, spread
from conformance.base.values import MISSING, show
from conformance.judge.check import FINE, NOTHING_SEEN, Check, Facts, Observation, deviation, found
from conformance.judge.checks.times import is_rfc_3339
from conformance.model import Finding, Json
from conformance.protocol.message import text_of
from conformance.protocol.reply import Reply
from conformance.protocol.statuses import PUSHED_BACK, is_error

STATUS: Final = {"oneOf": [{"type": "integer"}, {"type": "string", "pattern": "^[1-5]xx$"}]}


def status(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The response has this status, or one of these: numbers, or a class such as `4xx`."""
    if reply.status is None:
        return NOTHING_SEEN
    wanted = argument if isinstance(argument, list) else [argument]
    if any(item in (reply.status, f"{reply.status // 100}xx") for item in wanted):
        return FINE
    expected = "status " + " or ".join(str(item) for item in wanted)
    return found(deviation("status", reply, expected=expected, actual=f"status {reply.status}"))


def status_not(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The status of a refusal is none of these. One that tells of the moment shows nothing, unless it is named."""
    if not is_error(reply.status) or (reply.status in PUSHED_BACK and reply.status not in argument):
        return NOTHING_SEEN
    if not any(item in (reply.status, f"{reply.status // 100}xx") for item in argument):
        return FINE
    expected = "an error status that clients do not retry, such as 400"
    return found(deviation("status-not", reply, expected=expected, actual=f"status {reply.status}"))


def header_present(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The response carries this header, and it is not empty."""
    response = reply.exchange.response
    if response is None:
        return NOTHING_SEEN
    value = response.header(argument)
    if value is not None and value.strip():
        return FINE
    actual = "no such header" if value is None else "an empty header"
    expected = f"header {argument}"
    return found(deviation("header-present", reply, expected=expected, actual=actual))


def header_matches(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """Every header whose name matches `names` has a value that matches `pattern` or `format`."""
    response = reply.exchange.response
    headers = response.headers if response is not None else ()
    seen = [(name, value.strip()) for name, value in headers if re.fullmatch(argument["names"], name.lower())]
    if not seen:
        return NOTHING_SEEN
    expected = f"a value in the form {argument.get('pattern', argument.get('format'))}"
    return found(
        *(
            deviation("header-matches", reply, expected=f"{name}: {expected}", actual=f"{name}: {show(value)}")
            for name, value in seen
            if not _header_fits(value, argument)
        )
    )


def media_type(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The content type names this media type, parameters aside; `json` also means every type that ends in +json.

    Nothing is seen where there is no body, or none that came to its end.
    """
    response = reply.exchange.response
    if response is None or not response.body or reply.exchange.trouble is not None:
        return NOTHING_SEEN
    actual = response.media_type
    if actual == argument or (argument == "json" and _is_json_type(actual)):
        return FINE
    expected = "content-type application/json" if argument == "json" else f"content-type {argument}"
    return found(deviation("media-type", reply, expected=expected, actual=f"content-type {actual or 'missing'}"))


def json_body(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The body is one JSON object, and neither an event stream nor anything else."""
    response = reply.exchange.response
    if response is None:
        return NOTHING_SEEN
    if isinstance(reply.json, dict):
        return FINE
    if reply.events is not None:
        actual = "an event stream"
    elif reply.json_problem is not None:
        actual = reply.json_problem if not response.body else f"not JSON: {reply.json_problem}"
    else:
        actual = show(reply.json)
    return found(deviation("json-body", reply, expected="a JSON object as body", actual=actual, pointer=""))


def read_or_refused(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The request is read, so that its marker stands in the answer, or refused with a 4xx and the error envelope.

    Nothing is seen in an answer without the marker (the model may not cooperate), and in a refusal where the control
    was not answered either.
    """
    if reply.status is None:
        return NOTHING_SEEN
    if reply.ok:
        return FINE if argument["marker"].casefold() in text_of(reply).casefold() else NOTHING_SEEN
    if reply.status >= 500 or reply.error is None:
        expected = "an answer, or a 4xx status with the error envelope"
        actual = f"status {reply.status}" + ("" if reply.error else " without the error envelope")
        return found(deviation("read-or-refused", reply, expected=expected, actual=actual))
    control = facts.reply(facts.case.control, reply.exchange.mode) if facts.case.control is not None else None
    return FINE if control is not None and control.ok else NOTHING_SEEN


def header_equals_body(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """A header has the value that stands at a pointer of the body; nothing is seen where one of them is missing."""
    response = reply.exchange.response
    name, pointer = argument["header"], argument["pointer"]
    header = response.header(name) if response is not None else None
    value = look_up(reply.json, pointer)
    if header is None or value is MISSING or value is None:
        return NOTHING_SEEN
    if value == header:
        return FINE
    expected = f"the value of header {name}: {show(header)}"
    return found(deviation("header-equals-body", reply, expected=expected, actual=show(value), pointer=pointer))


def unique(replies: Sequence[Reply], argument: Json, facts: Facts) -> Observation:
    """No two values are equal among all replies: of a header, or of the strings at a pointer of body or Message."""
    first: dict[str, tuple[Reply, str | None]] = {}
    findings: list[Finding] = []
    total = 0
    for reply in replies:
        for pointer, value in identities(reply, argument):
            total += 1
            earlier, place = first.setdefault(value, (reply, pointer))
            if earlier is not reply or place != pointer:
                where = f"{earlier.exchange.scenario_id}, journal line {earlier.exchange.line}"
                actual = f"{show(value)}, which is also in {where}"
                expected = "a value that no other reply has"
                findings.append(deviation("unique", reply, expected=expected, actual=actual, pointer=pointer))
    return found(*findings) if total > 1 else NOTHING_SEEN


def _header_fits(value: str, argument: Mapping[str, Json]) -> bool:
    if "format" in argument:
        return is_rfc_3339(value)
    return re.fullmatch(argument["pattern"], value) is not None


def _is_json_type(media: str) -> bool:
    """Both official SDKs parse these: application/json and types that end in +json (REQ-HTTP-005)."""
    return media == "application/json" or media.endswith("+json")


def identities(reply: Reply, argument: Json) -> list[tuple[str | None, str]]:
    """The (pointer, value) pairs of a reply that `unique` compares with those of other replies."""
    if "header" in argument:
        response = reply.exchange.response
        value = response.header(argument["header"]) if response is not None else None
        return [(None, value)] if value else []
    body = reply.message if reply.message is not None else reply.json
    found_here = spread(body, argument["pointer"])
    return [(pointer, value) for pointer, value in found_here if isinstance(value, str) and value]


CHECKS: Final[Mapping[str, Check]] = {
    check.name: check
    for check in (
        Check("status", each=status, argument={"anyOf": [STATUS, {"type": "array", "items": STATUS, "minItems": 1}]}),
        Check("status-not", each=status_not, argument={"type": "array", "items": STATUS, "minItems": 1}),
        Check("header-present", each=header_present, argument={"type": "string"}),
        Check(
            "header-matches",
            each=header_matches,
            argument={
                "type": "object",
                "properties": {
                    "names": {"type": "string", "format": "regex"},
                    "pattern": {"type": "string", "format": "regex"},
                    "format": {"const": "date-time"},
                },
                "required": ["names"],
                "oneOf": [{"required": ["pattern"]}, {"required": ["format"]}],
                "additionalProperties": False,
            },
        ),
        Check("media-type", each=media_type, argument={"type": "string"}),
        Check("json-body", each=json_body),
        Check(
            "read-or-refused",
            each=read_or_refused,
            argument={
                "type": "object",
                "properties": {"marker": {"type": "string", "minLength": 1}},
                "required": ["marker"],
                "additionalProperties": False,
            },
        ),
        Check(
            "header-equals-body",
            each=header_equals_body,
            argument={
                "type": "object",
                "properties": {"header": {"type": "string"}, "pointer": {"type": "string"}},
                "required": ["header", "pointer"],
                "additionalProperties": False,
            },
        ),
        Check(
            "unique",
            all=unique,
            identities=identities,
            argument={
                "type": "object",
                "properties": {"header": {"type": "string"}, "pointer": {"type": "string"}},
                "minProperties": 1,
                "maxProperties": 1,
                "additionalProperties": False,
            },
        ),
    )
}
