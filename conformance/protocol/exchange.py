"""What went over the wire, as it was recorded: an exchange is a request and its response, or the trouble instead."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from conformance.base.strict_json import read
from conformance.model import Json, Mode


class _WithHeaders:
    headers: tuple[tuple[str, str], ...]

    def header(self, name: str) -> str | None:
        """The first value of a header, by case-insensitive name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True)
class SentRequest(_WithHeaders):
    """A request as it went out, redacted."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @cached_property
    def json(self) -> Json:
        """The body as JSON, or None where it is empty or not JSON."""
        return read(self.body).value if self.body else None

    @property
    def asks_for_stream(self) -> bool:
        """Whether the body asks for an event stream."""
        return isinstance(self.json, dict) and self.json.get("stream") is True


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes as they arrived, `at` seconds after the request was started."""

    at: float
    data: bytes


@dataclass(frozen=True)
class Cut:
    """What is known of a body of which only the beginning was kept: the bytes that arrived, and their SHA-256."""

    length: int
    sha256: str


@dataclass(frozen=True)
class Response(_WithHeaders):
    """A response as it came in, redacted: status, headers in order of arrival, decoded body bytes with their times.

    `cut` is set where the body was larger than a bound and the chunks are only its beginning.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    chunks: tuple[Chunk, ...]
    http_version: str = "HTTP/1.1"
    first_byte: float | None = None
    ended: float | None = None
    cut: Cut | None = None

    @cached_property
    def body(self) -> bytes:
        """All chunks joined."""
        return b"".join(chunk.data for chunk in self.chunks)

    @cached_property
    def memo(self) -> dict[str, Any]:
        """Room for what several readers would read again. Nothing but speed depends on it."""
        return {}

    @property
    def media_type(self) -> str:
        """The content type without parameters, in lower case; empty without a header (RFC 9110, section 8.3.1)."""
        return (self.header("content-type") or "").split(";")[0].strip().lower()

    @property
    def is_event_stream(self) -> bool:
        """Whether the response says that it is an event stream."""
        return self.media_type == "text/event-stream"


TOO_LARGE = ("limit-bytes", "limit-pieces", "limit-events", "limit-lines", "limit-event-size", "limit-values")
"""Kinds of trouble that are about one answer: its size, into how many pieces it was cut on the way, the number of its
events and lines, the size of one event, or the memory that its JSON takes, which has too many values.
"""


NO_ROOM = ("limit-memory", "limit-journal", "limit-cpu")
"""Kinds of trouble that are about the budget of the run: the answer no longer fits, or took too long to read."""


@dataclass(frozen=True)
class Trouble:
    """A transport failure: no response, or one that broke off.

    `kind` is one of `dns`, `connect`, `tls`, `closed` (the peer ended the connection early), `protocol` (not HTTP),
    `timeout-connect`, `timeout-first-byte`, `timeout-gap`, `timeout-total`; one of `TOO_LARGE`, where the endpoint
    sent more than any answer needs; or one of `NO_ROOM`, where the run had no room left for the answer.
    """

    kind: str
    message: str
    at: float


@dataclass(frozen=True)
class Exchange:
    """One HTTP request and its response as recorded. `line` is its line number in the journal (1-based, 0: none).

    `attempt` counts how often the same request was sent because of transport trouble, `repetition` how often its
    scenario was sent because a model may answer differently.
    """

    scenario: str
    mode: Mode
    step: int
    attempt: int
    started: str
    request: SentRequest
    response: Response | None
    trouble: Trouble | None = None
    line: int = 0
    repetition: int = 1

    @property
    def scenario_id(self) -> str:
        """The key of the scenario that this exchange belongs to."""
        return f"{self.scenario}/{self.mode}"

    @property
    def longest_silence(self) -> float | None:
        """The longest time without an arrival, in seconds, from the request to the end of the body or to the trouble.

        None where there is no response, or where its end is not known.
        """
        response, trouble = self.response, self.trouble
        if response is None or (response.ended is None and trouble is None):
            return None
        end = response.ended if response.ended is not None else trouble.at if trouble is not None else 0.0
        times = [0.0, *(chunk.at for chunk in response.chunks), end]
        return max(later - earlier for earlier, later in pairwise(times))
