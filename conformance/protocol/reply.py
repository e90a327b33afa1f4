"""Turns a recorded exchange into something that checks can look at.

Belongs here: reading a body as JSON or as an event stream, and the accumulated Message. Does not belong here: any
opinion about what was read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from conformance.model import Event, Exchange, Json
from conformance.protocol.accumulation import accumulate
from conformance.protocol.grammar import Walk
from conformance.protocol.trace import walk


@dataclass(frozen=True)
class Reply:
    """One exchange, read. Everything except `exchange` may be missing; what an endpoint sends has no promised shape.

    `events` is None where the body is not an event stream, `stream` is the walk of the events through the grammar.
    `json` is the parsed body of what is not a stream; `json_problem` says why there is none. `message` is the Message
    in either mode: the JSON body of a 2xx answer where it is an object, or what the stream accumulates to.
    """

    exchange: Exchange
    events: tuple[Event, ...] | None = None
    stream: Walk | None = None
    json: Json = None
    json_problem: str | None = None
    message: dict[str, Json] | None = None

    @property
    def status(self) -> int | None:
        """The HTTP status, or None where no response arrived."""
        return self.exchange.response.status if self.exchange.response is not None else None

    @property
    def request(self) -> dict[str, Json]:
        """The request body where it is a JSON object, otherwise an empty object."""
        body = self.exchange.request.json
        return body if isinstance(body, dict) else {}

    @property
    def ok(self) -> bool:
        """True for a 2xx status."""
        return self.status is not None and 200 <= self.status < 300

    @cached_property
    def memo(self) -> dict[Json, Json]:
        """Room for what several checks would compute again, of this reply alone. Nothing but speed depends on it."""
        return {}

    @property
    def error(self) -> dict[str, Json] | None:
        """The `error` object of an error envelope, or None where the body is not one."""
        if not isinstance(self.json, dict) or self.json.get("type") != "error":
            return None
        error = self.json.get("error")
        return error if isinstance(error, dict) else None


def read(exchange: Exchange, events: Sequence[Event] | None) -> Reply:
    """Reads an exchange whose body was already split into events (None: the body is not an event stream)."""
    response = exchange.response
    if response is None:
        return Reply(exchange)
    if events is not None:
        trace = walk(events)
        return Reply(exchange, events=tuple(events), stream=trace, message=accumulate(events, trace))
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError) as problem:
        return Reply(exchange, json_problem=str(problem) if response.body else "the body is empty")
    message = body if isinstance(body, dict) and 200 <= response.status < 300 else None
    return Reply(exchange, json=body, message=message)
