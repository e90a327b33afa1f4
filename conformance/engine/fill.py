"""From a step to the request that goes out: target, model, key, version and earlier replies filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from conformance.base.pointer import look_up
from conformance.base.values import Missing
from conformance.config.target import Target
from conformance.model import Json, Mode, Step
from conformance.protocol.exchange import SentRequest
from conformance.protocol.reply import Reply
from conformance.standard.requests import REPLY_PLACE


class FillError(Exception):
    """A step needs something of the previous reply that is not there. The sentence says what."""


def fill(step: Step, mode: Mode, target: Target, previous: Reply | None, case_name: str) -> SentRequest:
    """The request for a step. Raises FillError where an earlier reply lacks what the step needs."""
    body = step.raw.replace(b"{model}", target.model.encode()) if step.raw is not None else None
    if body is None and step.body is not None:
        body = json.dumps(_body(step, mode, target, previous), ensure_ascii=False, separators=(",", ":")).encode()
    headers: dict[str, str | Sequence[str]] = {
        "accept": "text/event-stream" if mode is Mode.STREAM and step.makes_message else "application/json",
        "user-agent": f"messages-conformance ({case_name})",
        "anthropic-version": target.api_version,
        **({"content-type": "application/json"} if body is not None else {}),
        **target.credentials(step.auth),
        **{name.lower(): value for name, value in target.headers},
    }
    for name, value in step.headers.items():
        if value is None:
            headers.pop(name, None)
        else:
            headers[name] = value
    path = REPLY_PLACE.sub(lambda match: _in_path(match, previous), step.path)
    path = path.replace("{model}", quote(target.model, safe=":@"))
    query = {key: _filled(value, previous) for key, value in step.query.items()}
    lines = [(name, line) for name, value in headers.items() for line in ([value] if isinstance(value, str) else value)]
    return SentRequest(step.method, target.address(path, query), tuple(lines), body or b"")


def _body(step: Step, mode: Mode, target: Target, previous: Reply | None) -> Json:
    body = _filled(step.body, previous)
    if not isinstance(body, dict) or not step.path.startswith("/v1/messages"):
        return body
    if step.fill_model and "model" not in body:
        body = {"model": target.model, **body}
    if mode is Mode.STREAM and step.makes_message and "stream" not in body:
        body = {**body, "stream": True}
    return body


def _in_path(match: re.Match[str], previous: Reply | None) -> str:
    """What a place in a path names of the previous reply, or of what was sent for it."""
    what = {"$reply": "sent", "at": match["pointer"]} if match["of"] == "sent" else {"$reply": match["pointer"]}
    value = _taken(what, previous)
    if not isinstance(value, str):
        raise FillError(f"the earlier reply has no string at {match['pointer']}")
    return quote(value, safe="")


def _filled(value: Json, previous: Reply | None) -> Json:
    """The value with every `{"$reply": ...}` replaced by what it names of the previous reply."""
    if isinstance(value, dict):
        if "$reply" in value:
            return _taken(value, previous)
        return {key: _filled(item, previous) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, previous) for item in value]
    return value


def _taken(call: Mapping[str, Json], previous: Reply | None) -> Json:
    what = call["$reply"]
    if previous is None:
        raise FillError("there is no earlier reply to take anything from")
    message = previous.message or {}
    content = message.get("content")
    if what == "content":
        if isinstance(content, list) and content:
            return content
        if "or" in call:
            return call["or"]
        raise FillError("the earlier reply has no content to send back")
    if what == "sent":
        return _altered(_pointed(call.get("at", ""), previous.request), call.get("alter"))
    if what == "tool-results":
        return _tool_results(call, content)
    return _pointed(str(what), previous.json if previous.json is not None else message)


def _tool_results(call: Mapping[str, Json], content: Json) -> list[Json]:
    """A result for each call of a reply; what `or` names where it calls no tool. The last one has what `last` adds."""
    blocks = content if isinstance(content, list) else []
    calls = [block for block in blocks if isinstance(block, dict) and block.get("type") == "tool_use"]
    result = {"type": "tool_result", "content": call.get("text", "done"), **call.get("with", {})}
    found = [{**result, "tool_use_id": block.get("id")} for block in calls] or list(call.get("or", ()))
    if not found:
        raise FillError("the earlier reply calls no tool")
    return [*found[:-1], {**found[-1], **call.get("last", {})}]


def _altered(value: Json, what: Json) -> Json:
    """The value with the signature of each thinking block changed in one place, where that is asked for."""
    if what is None:
        return value
    altered, count = _with_other_signatures(value)
    if not count:
        raise FillError("the earlier reply has no thinking block whose signature could be altered")
    return altered


def _with_other_signatures(value: Json) -> tuple[Json, int]:
    if isinstance(value, list):
        pairs = [_with_other_signatures(item) for item in value]
        return [item for item, _ in pairs], sum(count for _, count in pairs)
    if not isinstance(value, dict):
        return value, 0
    signature = value.get("signature")
    if value.get("type") == "thinking" and isinstance(signature, str) and signature:
        middle = len(signature) // 2
        other = "B" if signature[middle] == "A" else "A"
        return {**value, "signature": signature[:middle] + other + signature[middle + 1 :]}, 1
    parts = {key: _with_other_signatures(item) for key, item in value.items()}
    return {key: item for key, (item, _) in parts.items()}, sum(count for _, count in parts.values())


def _pointed(pointer: str, document: Json) -> Json:
    """The value at a JSON pointer (RFC 6901)."""
    value = look_up(document, pointer)
    if isinstance(value, Missing):
        raise FillError(f"the earlier reply has nothing at {pointer}")
    return value
