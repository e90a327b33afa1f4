"""Checks on status, headers and kind of body: what can be seen without knowing what a Message or an error is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from conformance.base.patterns import matches_whole
from conformance.base.pointer import look_up, spread
from conformance.base.strict_json import Flaw
from conformance.base.values import MISSING, show
from conformance.judge.arguments import REGEX, Schema, list_of, one_or_more, partial, record
from conformance.judge.check import (
    FINE,
    NOT_THERE,
    NOTHING_SEEN,
    Observation,
    check,
    check_across,
    deviates,
    deviation,
    found,
)
from conformance.model import Finding, Json
from conformance.protocol.reply import Reply
from conformance.protocol.statuses import PUSHED_BACK, class_of, exists, is_error
from conformance.protocol.times import is_rfc_3339

STATUS: Final[Schema] = {"oneOf": [{"type": "integer"}, {"type": "string", "pattern": "^[1-5]xx$"}]}
NAME: Final[Schema] = {"type": "string"}
HEADERS: Final[Schema] = {
    "type": "object",
    "properties": {"names": REGEX, "pattern": REGEX, "format": {"const": "date-time"}},
    "required": ["names"],
    "oneOf": [{"required": ["pattern"]}, {"required": ["format"]}],
    "additionalProperties": False,
}


_LENGTHS: Final = re.compile(r"content-length|transfer-encoding", re.IGNORECASE)
"""What is wrong with a malformed response where its headers contradict each other about its length."""

STRICT: Final = "JSON that every reader reads as the same value"


@check("status", argument=one_or_more(STATUS))
def status(reply: Reply, argument: Json) -> Observation:
    """The response has this status, or one of these: numbers, or a class such as `4xx`."""
    if reply.status is None:
        return NOTHING_SEEN
    wanted = argument if isinstance(argument, list) else [argument]
    if _is_one_of(reply.status, wanted):
        return FINE
    return deviates(reply, "status " + " or ".join(str(item) for item in wanted), f"status {reply.status}")


@check("status-not", argument=list_of(STATUS))
def status_not(reply: Reply, argument: list[Json]) -> Observation:
    """The status of a refusal is none of these. One that describes the moment shows nothing, unless it is named."""
    if not is_error(reply.status) or (reply.status in PUSHED_BACK and reply.status not in argument):
        return NOTHING_SEEN
    if not _is_one_of(reply.status, argument):
        return FINE
    return deviates(reply, "an error status that clients do not retry, such as 400", f"status {reply.status}")


@check("status-in-range")
def status_in_range(reply: Reply) -> Observation:
    """The status is one that HTTP has, 100 to 599, in a response that breaks no rule of HTTP."""
    if reply.malformed is not None and not _LENGTHS.search(reply.malformed):
        return deviates(reply, "a response in HTTP", reply.malformed)
    if reply.status is None:
        return NOTHING_SEEN
    return FINE if exists(reply.status) else deviates(reply, "a status from 100 to 599", f"status {reply.status}")


@check("one-length")
def one_length(reply: Reply) -> Observation:
    """The headers say in one way where the body ends: one content-length, or a transfer-encoding.

    Recorders write headers that were not sent; a recording without times shows nothing.
    """
    if reply.malformed is not None and _LENGTHS.search(reply.malformed):
        return deviates(reply, "one content-length or a transfer-encoding", reply.malformed)
    response = reply.exchange.response
    if response is None or response.ended is None:
        return NOTHING_SEEN
    lengths = [value.strip() for name, value in response.headers if name.lower() == "content-length"]
    codings = [value.strip() for name, value in response.headers if name.lower() == "transfer-encoding"]
    if not lengths and not codings:
        return NOTHING_SEEN
    if len(lengths) + bool(codings) == 1 and all(re.fullmatch("[0-9]+", length) for length in lengths):
        return FINE
    said = [f"content-length {show(length)}" for length in lengths]
    said += [f"transfer-encoding {show(coding)}" for coding in codings]
    return deviates(reply, "one content-length or a transfer-encoding", " and ".join(said))


@check("header-present", argument=NAME)
def header_present(reply: Reply, argument: str) -> Observation:
    """The response has this header, and it is not empty."""
    response = reply.exchange.response
    if response is None:
        return NOTHING_SEEN
    value = response.header(argument)
    if value is not None and value.strip():
        return FINE
    return deviates(reply, f"header {argument}", "missing" if value is None else "empty")


@check("header-matches", argument=HEADERS)
def header_matches(reply: Reply, argument: Mapping[str, Json]) -> Observation:
    """Every header whose name matches `names` has a value that matches `pattern` or `format`."""
    response = reply.exchange.response
    headers = response.headers if response is not None else ()
    seen = [(name, value.strip()) for name, value in headers if matches_whole(argument["names"], name.lower())]
    if not seen:
        return NOT_THERE
    form = argument.get("pattern", argument.get("format"))
    return found(
        *(
            deviation(reply, f"{name}: a value in the form {form}", f"{name}: {show(value)}")
            for name, value in seen
            if not _header_fits(value, argument)
        )
    )


@check("media-type", argument=NAME)
def media_type(reply: Reply, argument: str) -> Observation:
    """The content type names this media type, parameters aside; `json` also means every type that ends in +json.

    Nothing is seen where there is no body, or where a body that is no stream did not come to its end.
    """
    response, stream = reply.exchange.response, argument == "text/event-stream"
    if response is None or not (response.body.strip() if stream else response.body):
        return NOTHING_SEEN
    if reply.exchange.trouble is not None and not stream:
        return NOTHING_SEEN
    actual = response.media_type
    if actual == argument or (argument == "json" and _is_json_type(actual)):
        return FINE
    expected = "content-type application/json" if argument == "json" else f"content-type {argument}"
    return deviates(reply, expected, f"content-type {actual}" if actual else "no content-type")


@check("event-body")
def event_body(reply: Reply) -> Observation:
    """The body is an event stream, whatever its content type says. Nothing is seen where there is no body."""
    response = reply.exchange.response
    if response is None or not response.body.strip():
        return NOTHING_SEEN
    if reply.events is not None and any(event.json is not None for event in reply.events):
        return FINE
    actual = f"JSON: {show(reply.json)}" if reply.json_problem is None else "a body without an event"
    return deviates(reply, "an event stream as body", actual)


@check("json-body")
def json_body(reply: Reply) -> Observation:
    """The body is one JSON object, and neither an event stream nor anything else."""
    response = reply.exchange.response
    if response is None:
        return NOTHING_SEEN
    if isinstance(reply.json, dict):
        return FINE
    if reply.events is not None:
        actual = "an event stream"
    elif reply.json_problem is not None:
        readable = not response.body or reply.cut_off is not None
        actual = reply.json_problem if readable else f"not JSON: {reply.json_problem}"
    else:
        actual = show(reply.json)
    return deviates(reply, "a JSON object as body", actual, pointer="")


@check("strict-json")
def strict_json(reply: Reply) -> Observation:
    """JSON is the same to every reader: UTF-8 without byte order mark, unique names, whole characters, exact numbers.

    Numbers in the input of a tool call are the model's own and may be of any size. What is not JSON at all is left to
    other checks, except for its encoding and depth.
    """
    response = reply.exchange.response
    if response is None or not response.body or reply.exchange.trouble is not None:
        return NOTHING_SEEN
    for flaw in reply.flaws:
        if _counts(flaw) and (flaw.kind != "encoding" or _is_json_type(response.media_type)):
            return found(deviation(reply, STRICT, flaw.what, pointer=flaw.pointer, offset=flaw.offset))
    for number, event in enumerate(reply.events or (), 1):
        for flaw in event.flaws:
            if _counts(flaw) and flaw.kind != "encoding":  # which `utf-8` is about
                return found(
                    deviation(reply, STRICT, flaw.what, pointer=flaw.pointer, event=number, offset=event.offset)
                )
    return FINE if reply.events or isinstance(reply.json, dict | list) else NOTHING_SEEN


@check("header-equals-body", argument=record(header=NAME, pointer=NAME))
def header_equals_body(reply: Reply, argument: Mapping[str, str]) -> Observation:
    """A header has the value at a pointer of the body; nothing is seen where one of them is missing."""
    response = reply.exchange.response
    name, pointer = argument["header"], argument["pointer"]
    header = response.header(name) if response is not None else None
    value = look_up(reply.json, pointer)
    if header is None or value is MISSING or value is None:
        return NOTHING_SEEN
    if value == header:
        return FINE
    return deviates(reply, f"{show(header)}, the value of header {name}", show(value), pointer=pointer)


def identities(reply: Reply, argument: Mapping[str, str]) -> list[tuple[str | None, str]]:
    """The (pointer, value) pairs of a reply that `unique` compares with those of other replies."""
    if "header" in argument:
        response = reply.exchange.response
        value = response.header(argument["header"]) if response is not None else None
        return [(None, value)] if value else []
    body = reply.message if reply.message is not None else reply.json
    found_here = spread(body, argument["pointer"])
    return [(pointer, value) for pointer, value in found_here if isinstance(value, str) and value]


@check_across("unique", argument=partial({"header": NAME, "pointer": NAME}, most=1), identities=identities)
def unique(replies: Sequence[Reply], argument: Mapping[str, str]) -> Observation:
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
                findings.append(repeated(reply, value, where, pointer))
    if total > 1:
        return found(*findings)
    return NOT_THERE if total else NOTHING_SEEN


def repeated(reply: Reply, value: str, where: str, pointer: str | None) -> Finding:
    """The finding that a value occurred before, `where` in words."""
    return deviation(reply, "a value that no other reply has", f"{show(value)}, also in {where}", pointer=pointer)


def _is_one_of(status: int, wanted: Sequence[Json]) -> bool:
    return any(item in (status, class_of(status)) for item in wanted)


def _header_fits(value: str, argument: Mapping[str, Json]) -> bool:
    if "format" in argument:
        return is_rfc_3339(value)
    return matches_whole(argument["pattern"], value)


def _counts(flaw: Flaw) -> bool:
    """Whether `strict-json` is about a flaw."""
    models_own = flaw.kind == "number" and "/input/" in (flaw.pointer or "")
    return flaw.kind != "syntax" and not models_own


def _is_json_type(media: str) -> bool:
    """Both official SDKs parse these: application/json and types that end in +json (REQ-HTTP-005)."""
    return media == "application/json" or media.endswith("+json")
