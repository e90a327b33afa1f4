"""What differs between two answers: status, error, message, headers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from conformance.base.values import shortened
from conformance.comparison.ids import is_form, shared_ids, without_ids
from conformance.comparison.pairs import Seen
from conformance.comparison.streams import stream_differences
from conformance.comparison.structure import structure_differences
from conformance.comparison.values import LONGEST_NAME, Change, Divergence, differences
from conformance.protocol.reply import Reply

_OF_THE_CONNECTION: Final = frozenset(
    {
        "age", "alt-svc", "cf-cache-status", "cf-ray", "connection", "content-encoding", "content-length", "date",
        "keep-alive", "nel", "report-to", "server", "server-timing", "set-cookie", "strict-transport-security",
        "transfer-encoding", "vary", "via", "x-robots-tag",
    }
)  # fmt: skip
"""Headers that each hop writes for itself; what happens to them says nothing about the API."""

_OF_ONE_ANSWER: Final = ("anthropic-ratelimit-", "anthropic-priority-", "request-id")
"""What the names of headers begin with whose values belong to one answer: only that they are there is compared."""

_START: Final = "content_block_start:"


def answer_differences(direct: Reply, through: Reply, *, built: bool = False) -> Iterator[Seen]:
    """Everything that the second answer says differently. `built`: only how its message is built."""
    if through.status is None or direct.status is None:
        if direct.status is not None:
            trouble = through.exchange.trouble
            yield Seen("answer-missing", "the whole answer", direct.status, trouble.message if trouble else None)
        return
    if direct.ok is through.ok:
        yield from _headers(direct, through)
    if direct.ok and through.ok:
        yield from _success(direct, through, built=built)
    elif direct.ok:
        yield Seen("answer-refused", f"status {through.status}", direct.status, _summary(through))
    elif through.ok:
        yield Seen("error-hidden", f"status {direct.status}", _summary(direct), through.status)
    else:
        yield from _error(direct, through)


def _success(direct: Reply, through: Reply, *, built: bool) -> Iterator[Seen]:
    if (direct.events is None) is not (through.events is None):
        forms = ["a stream" if reply.events is not None else "a JSON body" for reply in (direct, through)]
        yield Seen("form-changed", "body", *forms)
        return
    if through.cut_off is not None or through.json_problem is not None:
        if through.cut_off is not None and direct.cut_off is None:
            yield Seen("answer-cut-off", "body", "whole", through.cut_off)
        elif direct.json_problem is None and direct.cut_off is None:
            yield Seen("answer-unreadable", "body", "JSON", through.json_problem)
        return
    yield from shared_ids(_content(direct), _content(through))
    if built:
        yield from structure_differences(direct, through)
    elif direct.events is not None and through.events is not None:
        seen = list(stream_differences(direct.events, through.events))
        yield from seen
        yield from _unsaid(_content_differences(direct, through), seen)
    else:
        for found in differences(without_ids(direct.json), without_ids(through.json)):
            yield Seen(kind_of(found), found.where, found.direct, found.through)


def _content_differences(direct: Reply, through: Reply) -> Iterator[Seen]:
    for found in differences(without_ids(_content(direct)), without_ids(_content(through)), "content"):
        yield Seen(kind_of(found), found.where, found.direct, found.through)


def _unsaid(content: Iterator[Seen], events: Sequence[Seen]) -> Iterator[Seen]:
    """The differences in the content of a stream that no event of theirs has shown already."""
    shown = {(seen.kind.rpartition("-")[2], seen.where.removeprefix(_START)) for seen in events}
    for seen in content:
        block, _, member = seen.where.removeprefix("content[").partition("].")
        if (seen.kind.rpartition("-")[2], f"{block}.content_block.{member}") not in shown:
            yield seen


def kind_of(found: Divergence) -> str:
    """The kind of a difference in an answer: what it is about, and what happened to it."""
    if "usage" in found.where.replace("[", ".").split("."):
        return f"usage-{found.change}"
    if found.where.startswith("content[") and found.where.count(".") == 0:
        return f"block-{found.change}"
    if found.change == Change.CHANGED and is_form(found.direct):
        return "id-form-changed"
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
    for found in differences(without_ids(_beside(direct)), without_ids(_beside(through))):
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
    for name, values in ours.items():
        if name not in theirs:
            yield Seen("header-lost", name, ", ".join(values))
        elif len(theirs[name]) > len(values):
            yield Seen("header-repeated", name, len(values), len(theirs[name]))
        elif not name.startswith(_OF_ONE_ANSWER) and _said(name, values) != _said(name, theirs[name]):
            yield Seen("header-changed", name, ", ".join(values), ", ".join(theirs[name]))
    for name, values in theirs.items():
        if name not in ours:
            yield Seen("header-added", name, None, ", ".join(values))


def _said(name: str, values: Sequence[str]) -> str:
    """What a header says. Of a content type its parameters do not count."""
    joined = ",".join("".join(value.split()) for value in values).lower()
    return joined.partition(";")[0] if name == "content-type" else joined


def _named(reply: Reply) -> dict[str, list[str]]:
    response = reply.exchange.response
    found: dict[str, list[str]] = {}
    for name, value in response.headers if response is not None else ():
        lower = name.lower()
        if lower not in _OF_THE_CONNECTION:
            found.setdefault(shortened(lower, LONGEST_NAME), []).append(value)
    return found
