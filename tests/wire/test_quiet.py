"""What an endpoint sends does not reach the logs of the process."""

from __future__ import annotations

import asyncio
import logging

import httpx
import pytest

from conformance.model import Mode
from conformance.protocol.exchange import SentRequest
from conformance.wire.client import Client
from conformance.wire.redact import Redactor

KEY = "sk-ant-Canary0123456789"


async def echoing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Sends the key back in the reason, in a header and in the body."""
    await reader.readuntil(b"\r\n\r\n")
    key = KEY.encode()
    writer.write(b"HTTP/1.1 200 " + key + b"\r\nx-echo: " + key + b"\r\ncontent-length: 23\r\n\r\n" + key)
    await writer.drain()
    writer.close()


async def both_ways(*, ours: bool) -> None:
    async with await asyncio.start_server(echoing, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/messages"
        async with Client(Redactor([KEY])) as client:
            if ours:
                await client.send(SentRequest("GET", url, (("x-api-key", KEY),), b""), scenario="s", mode=Mode.JSON)
            else:
                async with httpx.AsyncClient(trust_env=False) as other:
                    await other.get(url)


@pytest.fixture
def everything(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "httpcore.http11", "httpcore.connection"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def test_an_echoed_key_is_not_logged(everything: pytest.LogCaptureFixture) -> None:
    asyncio.run(both_ways(ours=True))
    assert KEY not in everything.text
    assert [record for record in everything.records if record.name in ("httpx", "httpcore.http11")] == []


def test_what_others_do_with_httpx_is_logged_as_before(everything: pytest.LogCaptureFixture) -> None:
    asyncio.run(both_ways(ours=False))
    assert any(record.name == "httpx" and KEY in record.getMessage() for record in everything.records)
    assert any(record.name == "httpcore.http11" for record in everything.records)
