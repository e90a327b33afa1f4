"""From body bytes to a JSON value: size, content encoding, strict JSON."""

from __future__ import annotations

import json
import zlib
from typing import NoReturn

from conformance.model import Json
from conformance.reference.answer import Call
from conformance.reference.errors import invalid, refusal

_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


def parse(call: Call, limit: int) -> Json:
    """The body as a JSON value.

    Refuses a body of more than `limit` bytes with 413 (REQ-HTTP-027), and an unknown or broken content encoding
    (REQ-HTTP-028) and anything that is not JSON (REQ-HTTP-031) with 400.
    """
    if call.oversized or len(call.body) > limit:
        raise refusal(413, "Request exceeds the maximum size", "REQ-HTTP-027")
    try:
        text = _decoded(call, limit).decode("utf-8")
        value = json.loads(text, parse_constant=_no_constant)
        if "\\ud" in text or "\\uD" in text:
            _refuse_lone_surrogates(value)
    except RecursionError:
        raise invalid("The request body is not valid JSON: nested too deeply", "REQ-HTTP-031") from None
    except ValueError as problem:
        raise invalid(f"The request body is not valid JSON: {problem}", "REQ-HTTP-031") from None
    return value


def _decoded(call: Call, limit: int) -> bytes:
    body = call.body
    names = [name.strip().lower() for name in (call.header("content-encoding") or "").split(",")]
    for name in reversed([name for name in names if name not in ("", "identity")]):
        if name not in _WINDOW_BITS:
            raise invalid(
                f"content-encoding: '{name}' is not supported for request bodies",
                "REQ-HTTP-028",
                code="request_body_encoding_unsupported",
            )
        body = _inflated(body, _WINDOW_BITS[name], limit)
    return body


def _inflated(body: bytes, window_bits: int, limit: int) -> bytes:
    inflater = zlib.decompressobj(window_bits)
    try:
        plain = inflater.decompress(body, limit + 1)
    except zlib.error:
        raise invalid(
            "content-encoding: the body could not be decoded", "REQ-HTTP-028", code="request_body_encoding_invalid"
        ) from None
    if len(plain) > limit:
        raise refusal(
            413,
            "Request exceeds the maximum size after decoding",
            "REQ-HTTP-027",
            code="request_body_too_large_after_decoding",
        )
    if not inflater.eof:
        raise invalid(
            "content-encoding: the compressed body is incomplete", "REQ-HTTP-028", code="request_body_encoding_invalid"
        )
    return plain


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _refuse_lone_surrogates(value: Json) -> None:
    """RFC 8259, section 8.2: an escape of half a surrogate pair does not encode a character."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("no low surrogate in string") from None
