"""Feeds recorded bytes to the installed `anthropic` package, and notes what it hands to its caller.

Only its public client is used. A body is handed over event by event, so each event that the SDK delivers, and each
error that it raises, has the number of the event that it had read last.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.base.errors import UsageError
from conformance.model import Json
from conformance.protocol.reply import Reply
from conformance.protocol.sse import Event

PACKAGE = "anthropic"

_REQUEST: dict[str, Any] = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "hi"}]}
"""What is never sent, but what the SDK wants to send before it reads an answer."""

_NOWHERE = "http://sdk.invalid"


@dataclass(frozen=True)
class SdkError:
    """An exception that reached the caller of the SDK after it had read event `number` (0: before the first)."""

    number: int
    name: str
    message: str


@dataclass(frozen=True)
class SdkReading:
    """What the SDK made of one body.

    `delivered` are the parsed events by our numbers, `parsing` what the parser raised; both are empty for a body that
    is not a stream. `message` is the Message that the caller gets, `folding` what getting it raised.
    """

    delivered: tuple[tuple[int, Json], ...] = ()
    parsing: SdkError | None = None
    message: Json = None
    folding: SdkError | None = None


class Sdk:
    """The installed SDK. `release` is its version. Raises UsageError where it is not installed, or too old."""

    def __init__(self) -> None:
        try:
            package, http = importlib.import_module(PACKAGE), importlib.import_module("httpx2")
        except ImportError:
            raise UsageError(
                f"The package {PACKAGE!r} (2.12 or newer) is not installed, so there is no second opinion; install it "
                f"with: pip install 'messages-conformance[sdk]'"
            ) from None
        self.release: str = package.__version__
        self._tape = _Tape()
        self._respond = http.Response
        transport = http.MockTransport(self._answer)
        self._client = package.Anthropic(
            api_key="none", base_url=_NOWHERE, max_retries=0, http_client=http.Client(transport=transport)
        )

    def read(self, reply: Reply) -> SdkReading:
        """What the SDK makes of the body of a reply, which has one. Nothing that the SDK raises gets out."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydantic warns of what it writes out, and it writes what an endpoint sent
            return self._read(reply)

    def _read(self, reply: Reply) -> SdkReading:
        response = reply.exchange.response
        if response is None:
            return SdkReading()
        kind = response.header("content-type") or ("application/json" if reply.events is None else "text/event-stream")
        messages = self._client.beta.messages if _is_beta(reply) else self._client.messages
        self._tape.load(response.status, kind, _pieces(response.body, reply.events or ()))
        if reply.events is None:
            message, problem = self._message(messages)
            return SdkReading(message=message, folding=problem)
        delivered, parsing = self._events(messages)
        self._tape.rewind()
        message, folding = self._accumulated(messages)
        return SdkReading(tuple(delivered), parsing, message, folding)

    def _answer(self, _: Any) -> Any:
        return self._respond(self._tape.status, headers={"content-type": self._tape.kind}, content=self._tape.play())

    def _message(self, messages: Any) -> tuple[Json, SdkError | None]:
        try:
            return _plain(messages.create(**_REQUEST)), None
        except Exception as error:
            return None, self._error(error)

    def _events(self, messages: Any) -> tuple[list[tuple[int, Json]], SdkError | None]:
        delivered: list[tuple[int, Json]] = []
        try:
            with messages.create(**_REQUEST, stream=True) as stream:
                for event in stream:
                    delivered.append((self._tape.number, _plain(event)))
        except Exception as error:
            return delivered, self._error(error)
        return delivered, None

    def _accumulated(self, messages: Any) -> tuple[Json, SdkError | None]:
        try:
            with messages.stream(**_REQUEST) as stream:
                return _plain(stream.get_final_message()), None
        except Exception as error:
            return None, self._error(error)

    def _error(self, error: Exception) -> SdkError:
        return SdkError(self._tape.number, type(error).__name__, str(error))


class _Tape:
    """A body in pieces, one per event. `number` counts the pieces that were read."""

    def __init__(self) -> None:
        self.load(200, "", ())

    def load(self, status: int, kind: str, pieces: Sequence[bytes]) -> None:
        self.status, self.kind, self._pieces, self.number = status, kind, pieces, 0

    def rewind(self) -> None:
        self.number = 0

    def play(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.number += 1
            yield piece


def _is_beta(reply: Reply) -> bool:
    """Whether a program that sent this request used the beta half of the SDK, which folds more kinds of block."""
    request = reply.exchange.request
    return bool(request.header("anthropic-beta")) or "beta=true" in request.url.partition("?")[2]


def _pieces(body: bytes, events: Sequence[Event]) -> tuple[bytes, ...]:
    """The body, cut behind each event; what follows the last event belongs to it."""
    ends = [event.end + (body[event.end - 1 : event.end + 1] == b"\r\n") for event in events[:-1]]
    return tuple(body[start:end] for start, end in zip([0, *ends], [*ends, len(body)], strict=True))


def _plain(value: Any) -> Json:
    """A model of the SDK as JSON values, with the keys that were sent; anything else as it is."""
    return value.to_dict(mode="json", warnings=False) if hasattr(value, "to_dict") else value
