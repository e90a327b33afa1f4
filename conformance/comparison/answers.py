"""What differs between two answers: status, error, message, headers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conformance.comparison.pairs import Seen
from conformance.comparison.streams import stream_differences
from conformance.comparison.values import Divergence, differences
from conformance.protocol.reply import Reply

_OF_THE_CONNECTION: Final = frozenset(
    {
        "age", "alt-svc", "cf-cache-status", "cf-ray", "connection", "content-encoding", "content-length", "date",
        "keep-alive", "nel", "report-to", "server", "server-timing", "set-cookie", "strict-transport-security",
        "transfer-encoding", "vary", "via", "x-robots-tag",
    }
)  # fmt: skip
"""Headers that each hop writes for itself; what happens to them says nothing about the API."""

_COMPARED: Final = ("content-type", "retry-after")
"""Headers whose value has to stay. Those of others vary from answer to answer."""


def answer_differences(direct: Reply, through: Reply) -> Iterator[Seen]:
    """Everything that the second answer says differently."""
    if through.status is None or direct.status is None:
        if direct.status is not None:
            trouble = through.exchange.trouble
            yield Seen("answer-missing", "the whole answer", direct.status, trouble.message if trouble else None)
        return
    if direct.ok is through.ok:
        yield from _headers(direct, through)
    if direct.ok and through.ok:
        yield from _success(direct, through)
    elif direct.ok:
        yield Seen("answer-refused", f"status {through.status}", direct.status, _summary(through))
    elif through.ok:
        yield Seen("error-hidden", f"status {direct.status}", _summary(direct), through.status)
    else:
        yield from _error(direct, through)


def _success(direct: Reply, through: Reply) -> Iterator[Seen]:
    if direct.events is not None and through.events is not None:
        yield from stream_differences(direct.events, through.events)
        for found in differences(_content(direct), _content(through), "content"):
            yield Seen(kind_of(found), found.where, found.direct, found.through)
    elif direct.events is not None or through.events is not None:
        forms = ["a stream" if reply.events is not None else "a JSON body" for reply in (direct, through)]
        yield Seen("form-changed", "body", *forms)
    elif through.json_problem is not None and direct.json_problem is None:
        yield Seen("answer-unreadable", "body", "JSON", through.json_problem)
    else:
        for found in differences(direct.json, through.json):
            yield Seen(kind_of(found), found.where, found.direct, found.through)


def kind_of(found: Divergence) -> str:
    """The kind of a difference in an answer: what it is about, and what happened to it."""
    if "usage" in found.where.replace("[", ".").split("."):
        return f"usage-{found.change}"
    if found.where.startswith("content[") and found.where.count(".") == 0:
        return f"block-{found.change}"
    return f"{'item' if found.item else 'member'}-{found.change}"


def _error(direct: Reply, through: Reply) -> Iterator[Seen]:
    if direct.status != through.status:
        yield Seen("status-changed", f"status {direct.status}", direct.status, through.status)
    ours, theirs = direct.error, through.error
    if ours is None:
        return
    if theirs is None:
        yield Seen("error-envelope-lost", f"status {direct.status}", ours, _summary(through))
        return
    for found in differences(ours, theirs):
        part = {"type": "type", "message": "words"}.get(found.where, "member")
        where = f"error.{found.where} of status {direct.status}" if part != "words" else f"status {direct.status}"
        yield Seen(f"error-{part}-{found.change}", where, found.direct, found.through)
    for found in differences(_beside(direct), _beside(through)):
        yield Seen(f"error-member-{found.change}", found.where, found.direct, found.through)


def _beside(reply: Reply) -> dict[str, object]:
    body = reply.json if isinstance(reply.json, dict) else {}
    return {name: value for name, value in body.items() if name != "error"}


def _content(reply: Reply) -> object:
    return reply.message.get("content") if reply.message is not None else None


def _summary(reply: Reply) -> object:
    """What an answer is, short enough to be shown."""
    if reply.error is not None:
        return {"status": reply.status, "error": reply.error}
    response = reply.exchange.response
    if reply.json is not None or response is None:
        return {"status": reply.status, "body": reply.json}
    return {"status": reply.status, "body": response.body[:200].decode("utf-8", "replace")}


def _headers(direct: Reply, through: Reply) -> Iterator[Seen]:
    ours, theirs = _named(direct), _named(through)
    for name, value in ours.items():
        if name not in theirs:
            yield Seen("header-lost", name, value)
        elif name in _COMPARED and _bare(value) != _bare(theirs[name]):
            yield Seen("header-changed", name, value, theirs[name])
    for name, value in theirs.items():
        if name not in ours:
            yield Seen("header-added", name, None, value)


def _bare(value: str) -> str:
    return value.partition(";")[0].strip().lower()


def _named(reply: Reply) -> dict[str, str]:
    response = reply.exchange.response
    headers = response.headers if response is not None else ()
    return {name.lower(): value for name, value in headers if name.lower() not in _OF_THE_CONNECTION}
