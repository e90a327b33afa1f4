"""From a recorded exchange to what can be judged and billed.

Belongs here: telling an event stream from a body, and finding the usage in either. Does not belong here: sending,
judging, adding up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from conformance.model import Exchange
from conformance.protocol.reply import Reply, read
from conformance.protocol.sse import parse


def reply_of(exchange: Exchange) -> Reply:
    """An exchange, read: the body is split into events where it is an event stream."""
    return read(exchange, parse(exchange.response.chunks) if is_stream(exchange) and exchange.response else None)


def is_stream(exchange: Exchange) -> bool:
    """True for a body that says to be an event stream, or looks like one although a stream was asked for.

    A stream with a wrong content type is still read, so that the wrong type is the only thing that is told.
    """
    response = exchange.response
    if response is None:
        return False
    if response.media_type == "text/event-stream":
        return True
    body = exchange.request.json
    asked = isinstance(body, dict) and body.get("stream") is True
    head = response.body[:64].lstrip(b"\xef\xbb\xbf\r\n ")
    return asked and response.status < 300 and head.startswith((b"event:", b"data:", b":"))


def usages(exchange: Exchange) -> Iterator[dict[str, Any]]:
    """The usage of an exchange's message: one object, for a stream start and final delta laid over each other."""
    response = exchange.response
    if response is None:
        return
    merged: dict[str, Any] = {}
    for part in [event.json for event in parse(response.chunks)] if is_stream(exchange) else [_json(response.body)]:
        for holder in (part, part.get("message") if isinstance(part, dict) else None):
            usage = holder.get("usage") if isinstance(holder, dict) else None
            merged.update(usage if isinstance(usage, dict) else {})
    yield merged


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
