"""Attacks on an event stream: any events in any order, and any framing of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from hostile.attacks.attack import Attack, Layer
from hostile.canary import SPELLINGS
from hostile.draft import Draft, Raw


def _delta(kind: str, **more: Any) -> tuple[str, Any]:
    return "content_block_delta", {"type": "content_block_delta", "index": 0, "delta": {"type": kind, **more}}


def _start(index: Any, **block: Any) -> tuple[str, Any]:
    return "content_block_start", {"type": "content_block_start", "index": index, "content_block": block}


EVENTS: Mapping[str, tuple[str | None, Any]] = {
    "ping": ("ping", {"type": "ping"}),
    "unknown": ("brand_new", {"type": "brand_new", "x": 1}),
    "nameless": (None, {"type": "ping"}),
    "typeless": ("message_stop", {}),
    "misnamed": ("message_start", {"type": "message_stop"}),
    "no data": ("message_stop", None),
    "not JSON": ("content_block_delta", Raw("{nope")),
    "null": ("content_block_delta", Raw("null")),
    "a number": ("message_delta", 7),
    "a list": ("message_delta", [1]),
    "done": (None, Raw("[DONE]")),
    "error": ("error", {"type": "error", "error": {"type": "overloaded_error", "message": "x"}}),
    "error of nothing": ("error", {"type": "error", "error": None}),
    "start": ("message_start", {"type": "message_start", "message": {"type": "message", "content": "no list"}}),
    "start of nothing": ("message_start", {"type": "message_start", "message": None}),
    "block": _start(0, type="text", text=""),
    "late block": _start(7, type="text", text=""),
    "negative block": _start(-1, type="text", text=""),
    "huge block": _start(2**70, type="text", text=""),
    "text block": _start("0", type="tool_use", id=None, name=[], input="no"),
    "list block": _start([], type="brand_new"),
    "text": _delta("text_delta", text="a"),
    "text that is a list": _delta("text_delta", text=["a"]),
    "input": _delta("input_json_delta", partial_json='{"a": 1e999, "a": NaN'),
    "deep input": _delta("input_json_delta", partial_json="[" * 5_000),
    "surrogate": _delta("text_delta", text="\ud83d"),
    "signature": _delta("signature_delta", signature=None),
    "citation": _delta("citations_delta", citation={"type": "brand_new"}),
    "compaction": _delta("compaction_delta", content=None, type_="x"),
    "stop of block": ("content_block_stop", {"type": "content_block_stop", "index": 0}),
    "delta": ("message_delta", {"type": "message_delta", "delta": {"stop_reason": 5}, "usage": {"output_tokens": "x"}}),
    "delta of nothing": ("message_delta", {"type": "message_delta", "delta": None, "usage": []}),
    "stop": ("message_stop", {"type": "message_stop"}),
}
"""Events by name."""


def _events(names: Iterable[str]) -> list[tuple[str | None, Any]]:
    return [deepcopy(EVENTS[name]) for name in names]  # a later attack may change them


@dataclass(frozen=True)
class Shuffle(Attack):
    """Changes the list of events: `how` is insert, drop, twice, swap, cut or only."""

    layer = Layer.EVENTS
    how: str
    at: int
    event: str = "ping"
    times: int = 1

    def apply(self, draft: Draft) -> None:
        events = draft.events
        if events is None:
            return
        index = self.at % (len(events) + 1)
        match self.how:
            case "insert":
                events[index:index] = _events([self.event] * self.times)
            case "drop":
                del events[index : index + self.times]
            case "twice":
                events[index:index] = deepcopy(events[index : index + self.times])
            case "swap" if index + 1 < len(events):
                events[index], events[index + 1] = events[index + 1], events[index]
            case "cut":
                del events[index:]
            case "only":
                draft.events = _events([self.event] * self.times)


@dataclass(frozen=True)
class Everything(Attack):
    """Sends this list of events and nothing else, as a stream whatever was asked for."""

    layer = Layer.EVENTS
    events: tuple[str, ...]

    def apply(self, draft: Draft) -> None:
        draft.events = _events(self.events)
        draft.header(b"content-type", b"text/event-stream")


@dataclass(frozen=True)
class SpokenBetween(Attack):
    """Puts the client's key where no event is: a comment, a name, an id, data that is not JSON."""

    layer = Layer.BODY
    where: str
    spelling: str
    at: int

    def apply(self, draft: Draft) -> None:
        text = SPELLINGS[self.spelling](draft.key)
        line = {
            "comment": f": {text}\n",
            "name": f"event: {text}\ndata: {{}}\n\n",
            "id": f"id: {text}\n",
            "data": f"data: {text}\n\n",
            "lines": f"data: {text}\ndata: {text}\n\n",
            "field": f"{text}\n",
        }[self.where].encode()
        pieces = draft.render()
        index = self.at % (len(pieces) + 1)
        pieces[index:index] = [line]


_FRAMINGS: Mapping[str, Callable[[bytes], bytes]] = {
    "CR": lambda body: body.replace(b"\n", b"\r"),
    "CRLF": lambda body: body.replace(b"\n", b"\r\n"),
    "LFCR": lambda body: body.replace(b"\n", b"\n\r"),
    "mixed": lambda body: body.replace(b"\n\n", b"\r\r\n\n"),
    "no blank lines": lambda body: body.replace(b"\n\n", b"\n"),
    "three blank lines": lambda body: body.replace(b"\n\n", b"\n\n\n\n"),
    "no last blank line": lambda body: body.rstrip(b"\n"),
    "no space": lambda body: body.replace(b": ", b":"),
    "two spaces": lambda body: body.replace(b"data: ", b"data:  "),
    "no names": lambda body: b"\n".join(line for line in body.split(b"\n") if not line.startswith(b"event:")),
    "names only": lambda body: b"\n".join(line for line in body.split(b"\n") if not line.startswith(b"data:")),
    "upper case": lambda body: body.replace(b"data:", b"DATA:").replace(b"event:", b"Event:"),
    "data in two lines": lambda body: body.replace(b'"type":', b'\ndata: "type":'),
    "BOM": lambda body: b"\xef\xbb\xbf" + body,
    "two BOMs": lambda body: b"\xef\xbb\xbf\xef\xbb\xbf" + body,
    "comments": lambda body: body.replace(b"data:", b": a comment\n:\ndata:"),
    "NUL": lambda body: body.replace(b"data:", b"id: \x00\nretry: 99999999999999999999\ndata:"),
    "line separators": lambda body: body.replace(b"\n", "\u2028".encode()),
    "one line": lambda body: body.replace(b"\n", b" "),
    "long comment": lambda body: b":" + b"x" * 200_000 + b"\n" + body,
    "many comments": lambda body: b":\n" * 30_000 + body,
    "many blank lines": lambda body: b"\n" * 30_000 + body,
    "many fields": lambda body: b"data:\n" * 9_000 + b"\n" + body,
    "many events": lambda body: body + b"data: {}\n\n" * 4_000,
    "random": lambda body: bytes((byte * 7 + index) % 256 for index, byte in enumerate(body[:4_000])),
}


@dataclass(frozen=True)
class Framing(Attack):
    """Frames the events in another way."""

    layer = Layer.BODY
    how: str

    def apply(self, draft: Draft) -> None:
        if draft.events is not None:
            draft.body = _FRAMINGS[self.how](draft.body)


FRAMINGS = tuple(_FRAMINGS)
"""Names of ways to frame events."""


@dataclass(frozen=True)
class AsJson(Attack):
    """Answers a request for a stream with one JSON body: the events as a list."""

    layer = Layer.EVENTS
    lines: bool = False

    def apply(self, draft: Draft) -> None:
        if draft.events is None:
            return
        values = [data for _, data in draft.events]
        draft.events = None
        draft.value = Raw("\n".join(json.dumps(value) for value in values)) if self.lines else values
        draft.header(b"content-type", b"application/json")
