"""A reply: one recorded exchange, read once. Engine, judge, results and reports share it.

Each part is read when it is first asked for, and never twice. Before a reply goes to another thread, ask for `message`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from conformance.base.strict_json import Flaw, JsonReading, read
from conformance.model import Json
from conformance.protocol.accumulation import accumulate
from conformance.protocol.exchange import TOO_LARGE, Exchange
from conformance.protocol.grammar import Trace
from conformance.protocol.sse import Event, looks_like_events, parse
from conformance.protocol.statuses import is_success
from conformance.protocol.trace import trace_of

EVENTS = "events"
READING = "reading"
TRACE = "trace"
MESSAGE = "message"
"""Where `Response.memo` keeps what a body says, so that a response is read once, whoever reads it first."""


@dataclass(frozen=True)
class Reply:
    """One exchange, read. Everything except `exchange` may be missing; what an endpoint sends has no promised shape.

    `streamed` is True where the recording itself says that the body is an event stream, whatever its headers say.
    """

    exchange: Exchange
    streamed: bool = False

    @property
    def status(self) -> int | None:
        """The HTTP status, or None where no response arrived, or too large a one to be read."""
        response = self.exchange.response
        return response.status if response is not None and response.cut is None else None

    @property
    def too_large(self) -> str | None:
        """Where the endpoint sent more than any answer needs: which bound that crossed, as a clause."""
        response, trouble = self.exchange.response, self.exchange.trouble
        if response is None or trouble is None or trouble.kind not in TOO_LARGE:
            return None
        length = f" ({response.cut.length:,} bytes were received)" if response.cut is not None else ""
        return f"{trouble.message}{length}"

    @property
    def malformed(self) -> str | None:
        """What is wrong with a response of which nothing could be read, because it breaks the rules of HTTP."""
        trouble = self.exchange.trouble
        if self.exchange.response is not None or trouble is None or trouble.kind != "protocol":
            return None
        return trouble.message

    @property
    def ok(self) -> bool:
        """True for a 2xx status."""
        return is_success(self.status)

    @property
    def request(self) -> dict[str, Json]:
        """The request body where it is a JSON object, otherwise an empty object."""
        body = self.exchange.request.json
        return body if isinstance(body, dict) else {}

    @cached_property
    def events(self) -> tuple[Event, ...] | None:
        """The events of the body, or None where it is not an event stream.

        A body with another content type is a stream as well where one was asked for and it looks like one, so that the
        wrong type is the only finding.
        """
        response = self.exchange.response
        if response is None or response.cut is not None:
            return None
        if not (self.streamed or response.is_event_stream or self._looks_like_stream()):
            return None
        if EVENTS not in response.memo:
            response.memo[EVENTS] = parse(response.chunks)
        events: tuple[Event, ...] = response.memo[EVENTS]
        return events

    @cached_property
    def trace(self) -> Trace | None:
        """The way of the events through the grammar, or None where the body is not an event stream."""
        if self.events is None or self.exchange.response is None:
            return None
        memo = self.exchange.response.memo
        if TRACE not in memo:
            memo[TRACE] = trace_of(self.events)
        trace: Trace = memo[TRACE]
        return trace

    @cached_property
    def message(self) -> dict[str, Json] | None:
        """The Message in either mode: what the stream adds up to, or the JSON object of a 2xx body.

        A stream that broke off before its end gives none; its events are what it says.
        """
        if self.events is not None and self.exchange.response is not None:
            if self.cut_off:
                return None
            memo = self.exchange.response.memo
            if MESSAGE not in memo:
                memo[MESSAGE] = accumulate(self.events, self.trace)
            message: dict[str, Json] | None = memo[MESSAGE]
            return message
        return self.json if self.ok and isinstance(self.json, dict) else None

    @property
    def cut_off(self) -> str | None:
        """Why the answer is not all there, or None: its body broke off, or could not be unpacked to its end.

        A stream that got as far as its last event is all there, whatever becomes of the connection; one that cannot
        be unpacked says nothing.
        """
        trouble = self.exchange.trouble
        if trouble is None or self.exchange.response is None:
            return None
        if trouble.kind != "protocol" and self.trace is not None and self.trace.complete:
            return None
        return f"the body did not arrive whole ({trouble.kind}: {trouble.message})"

    @property
    def usage(self) -> dict[str, Json] | None:
        """The `usage` of the Message where it is an object."""
        usage = self.message.get("usage") if self.message is not None else None
        return usage if isinstance(usage, dict) else None

    @property
    def json(self) -> Json:
        """The JSON value of a body that is not an event stream, or None."""
        return self._reading.value

    @property
    def json_problem(self) -> str | None:
        """Why a response that is not an event stream has no JSON value, or None."""
        return self._reading.problem

    @property
    def flaws(self) -> tuple[Flaw, ...]:
        """What is wrong with a body that is not an event stream, as JSON; each event has its own."""
        return self._reading.flaws

    @property
    def error(self) -> dict[str, Json] | None:
        """The `error` object of an error envelope, or None where the body is not one."""
        if not isinstance(self.json, dict) or self.json.get("type") != "error":
            return None
        error = self.json.get("error")
        return error if isinstance(error, dict) else None

    @property
    def answers(self) -> bool:
        """True where the request was answered: status 2xx with a message, a stream with one, or a JSON object."""
        if not self.ok:
            return False
        if self.exchange.request.url.partition("?")[0].endswith("/messages"):
            return self.message is not None and self.message.get("type") == "message"
        return isinstance(self.json, dict)

    @cached_property
    def memo(self) -> dict[Json, Json]:
        """Room for what several checks would compute again, of this reply alone. Nothing but speed depends on it."""
        return {}

    @property
    def _reading(self) -> JsonReading:
        response = self.exchange.response
        if response is None or response.cut is not None or self.events is not None:
            return JsonReading()
        if self.cut_off is not None:
            return JsonReading(problem=self.cut_off)
        if READING not in response.memo:
            empty = JsonReading(problem="the body is empty")
            response.memo[READING] = read(response.body) if response.body else empty
        reading: JsonReading = response.memo[READING]
        return reading

    def _looks_like_stream(self) -> bool:
        if not self.exchange.request.asks_for_stream or not self.ok or self.exchange.response is None:
            return False
        return looks_like_events(self.exchange.response.body)
