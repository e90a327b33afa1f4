"""The values that travel through the reference endpoint: a call that comes in, an answer that goes out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.model import Json


@dataclass(frozen=True)
class Call:
    """One HTTP request as received. `oversized` is True where the body passed the limit; `body` is then empty."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    oversized: bool = False

    def header(self, name: str) -> str | None:
        """All values of a header joined by a comma and a space (RFC 9110, section 5.3), or None without one."""
        values = [value for key, value in self.headers if key.lower() == name]
        return ", ".join(values) if values else None

    def parameters(self, name: str) -> tuple[str, ...]:
        """All values of a query parameter, in order."""
        return tuple(value for key, value in self.query if key == name)


@dataclass(frozen=True)
class Terms:
    """What the headers agree on: the API version and the opt-ins."""

    version: str
    betas: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ServerEvent:
    """One server-sent event before it is bytes. `data` is a JSON value, or text that is sent as it is."""

    name: str | None
    data: Json

    def encode(self) -> bytes:
        """The event as bytes, with the blank line that ends it (WHATWG HTML, section 9.2.6)."""
        text = self.data if isinstance(self.data, str) else dump(self.data)
        name = f"event: {self.name}\n" if self.name is not None else ""
        return f"{name}data: {text}\n\n".encode("utf-8", "surrogatepass")


@dataclass(frozen=True)
class Cause:
    """Why a request is refused, for programs: the clause it violates and, where a schema says so, the exact place.

    `place` is a JSON pointer into the body, with `*` for every array index; `keyword` and `component` are those of the
    OpenAPI document's schema. All three are empty where a rule in code refuses the request.
    """

    clause: str
    place: str = ""
    keyword: str = ""
    component: str = ""


@dataclass(frozen=True)
class Answer:
    """One HTTP response on its way out.

    A stream has `events`, anything else has `body`. `message` is the Message that either of them carries, `cause` the
    reason of a refusal. `chunks` are the bytes, filled in last; `pace` is the pause in seconds between two of them,
    `pauses` are longer ones in seconds by the number of the chunk that waits, where the number after the last one is
    the end of the body.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Json = None
    events: tuple[ServerEvent, ...] | None = None
    message: dict[str, Any] | None = None
    cause: Cause | None = None
    chunks: tuple[bytes, ...] = ()
    pace: float = 0.0
    pauses: Mapping[int, float] = field(default_factory=dict)

    def with_headers(self, **headers: str) -> Answer:
        """A copy with added headers; an underscore in a name becomes a hyphen."""
        added = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **added})


class Refusal(Exception):  # noqa: N818 - a refusal is a regular answer, not an error of the program
    """Ends the processing of a call with an error envelope. Every honest refusal names its `cause`."""

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        *,
        cause: Cause | None = None,
        details: Mapping[str, Json] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.cause = cause
        self.details = details
        self.headers = dict(headers or {})


def dump(value: Json) -> str:
    """Compact JSON text; non-ASCII characters are not escaped."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
