from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace

import brotli
import pytest

from conformance.model import Mode
from conformance.protocol.exchange import Exchange
from conformance.wire.bodies import decoded, legible
from conformance.wire.codings import UndecodableError
from support import make


def exchange(body: bytes, coding: str, request: bytes = b"{}") -> Exchange:
    return make.exchange(body, sent=make.request(request), headers={"content-encoding": coding}, ended=0.2)


def test_a_body_that_is_not_in_its_coding_is_trouble() -> None:
    for body in (b"not gzip", gzip.compress(b"hello")[:-4]):
        trouble = decoded(exchange(body, "gzip")).trouble
        assert trouble is not None
        assert trouble.kind == "protocol"


def test_an_unknown_coding_is_not_decoded() -> None:
    with pytest.raises(UndecodableError, match=r"\(5 bytes, SHA-256 2cf24dba"):
        decoded(exchange(b"hello", "compress"))


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("br", brotli.compress)])
def test_a_packed_request_is_decoded(coding: str, pack: Callable[[bytes], bytes]) -> None:
    packed = exchange(b"{}", "identity", pack(b'{"stream":true}'))
    packed = replace(packed, request=replace(packed.request, headers=(("content-encoding", coding),)))
    assert decoded(packed).request.body == b'{"stream":true}'
    assert decoded(packed).mode is Mode.STREAM


def test_a_request_that_is_not_in_its_coding_is_not_decoded() -> None:
    with pytest.raises(UndecodableError, match="of the request"):
        decoded(exchange(b"{}", "identity", gzip.compress(b"{}")))


def test_a_body_that_is_too_large_when_decoded_is_not_decoded() -> None:
    with pytest.raises(UndecodableError):
        decoded(exchange(gzip.compress(b"\0" * (17 << 20)), "gzip"))


def test_the_mode_is_what_the_request_asked_for() -> None:
    assert decoded(exchange(b"", "identity", b'{"stream":true}')).mode is Mode.STREAM
    assert decoded(exchange(b"", "identity", b'{"stream":1}')).mode is Mode.JSON
    assert decoded(exchange(b"", "identity", b"[" * 100_000)).mode is Mode.JSON


def test_a_recorded_body_that_is_decoded_already_stays_as_it_is() -> None:
    recorded = exchange(b'{"type":"message"}', "gzip")
    assert legible(recorded) is recorded


def test_a_recorded_body_that_is_still_packed_is_decoded() -> None:
    response = legible(exchange(brotli.compress(b'{"type":"message"}' * 20), "br")).response
    assert response is not None
    assert response.body == b'{"type":"message"}' * 20


def test_a_recorded_body_that_nobody_can_read_is_described() -> None:
    read = legible(exchange(gzip.compress(b"sk-in-a-packed-body"), "identity"))
    assert read.response is not None
    assert read.response.body == b""
    assert read.trouble is not None
    assert "SHA-256" in read.trouble.message
