import asyncio
import gzip
import hashlib
import json
import socket
import ssl
import sys
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import brotli
import pytest

from conformance.base.errors import HarnessError
from conformance.base.values import LONGEST
from conformance.model import Mode
from conformance.protocol.exchange import Cut, Exchange, SentRequest, Trouble
from conformance.wire.client import Client
from conformance.wire.cut import KEPT
from conformance.wire.limits import Limits
from conformance.wire.redact import Redactor

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LARGE_WINDOW = b"\x28\xb5\x2f\xfd\x00\xa0" + b"\x09\x00\x00x"
"""A zstd frame of one byte that asks its reader for a window of 1 GiB."""

SENTENCES = " ".join(f"sentence {number * number} of a text" for number in range(40)).encode()

KEY = "sk-ant-Canary0123456789"
MARK = "[redacted]".ljust(len(KEY), "*")
JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
EVENT = b"event: ping\ndata: {}\n\n"
UNREACHED = Limits(connect=600, first_byte=600, gap=600, total=600)
"""Limits that end a test that hangs, and nothing else."""

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def post(url: str, headers: tuple[tuple[str, str], ...] = (), body: bytes = b'{"model":"m"}') -> SentRequest:
    return SentRequest("POST", url, (("x-api-key", KEY), ("content-type", "application/json"), *headers), body)


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[int]:
    """The port of a loopback server that ends together with all of its connections."""
    tasks: list[asyncio.Task[None]] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.append(task)
        try:
            await serve(reader, writer)
        except (EOFError, asyncio.LimitOverrunError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            with suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    async with await asyncio.start_server(connected, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks)


async def exchanges_with(
    answer: Answer, limits: Limits, count: int = 1, scheme: str = "http", requests: list[bytes] | None = None
) -> list[Exchange]:
    """Sends requests one after the other over one client to an endpoint that answers each with `answer`."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            lines = head.lower().splitlines()
            length = next((line[15:] for line in lines if line.startswith(b"content-length:")), 0)
            whole = head + await reader.readexactly(int(length))
            if requests is not None:
                requests.append(whole)
            await answer(whole, writer)
            await writer.drain()

    async with listening(serve) as port, Client(Redactor([KEY]), limits) as client:
        request = post(f"{scheme}://127.0.0.1:{port}/v1/messages")
        return [await client.send(request, scenario="text", mode=Mode.JSON) for _ in range(count)]


def exchange_with(answer: Answer | bytes, limits: Limits = UNREACHED, scheme: str = "http") -> Exchange:
    """One exchange with an endpoint that writes these bytes and closes, or does what the function does."""

    async def write(_request: bytes, writer: asyncio.StreamWriter) -> None:
        assert isinstance(answer, bytes)
        writer.write(answer)
        await writer.drain()
        writer.close()

    behaviour = write if isinstance(answer, bytes) else answer
    return asyncio.run(exchanges_with(behaviour, limits, scheme=scheme))[0]


def sized(body: bytes, headers: bytes = b"") -> bytes:
    return JSON_HEAD + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body


def piece(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def kind_of(trouble: Trouble | None) -> str | None:
    return trouble.kind if trouble is not None else None


def test_a_json_answer_is_recorded_with_its_times_and_raw_headers() -> None:
    exchange = exchange_with(sized(b'{"type":"message"}', b"Request-Id: req_1\r\nX-Dup: 1\r\nX-Dup: 2\r\n"))
    response = exchange.response
    assert exchange.trouble is None
    assert response is not None
    assert response.first_byte is not None
    assert response.ended is not None
    assert (response.status, response.body, response.http_version) == (200, b'{"type":"message"}', "HTTP/1.1")
    assert response.headers[1:4] == (("Request-Id", "req_1"), ("X-Dup", "1"), ("X-Dup", "2"))
    assert 0 < response.first_byte <= response.chunks[0].at <= response.ended < 1
    assert exchange.started.endswith("Z")
    assert len(exchange.started) == len("2026-11-22T10:00:00.123Z")


def test_the_request_is_recorded_as_it_went_out_but_for_the_key() -> None:
    sent: list[bytes] = []

    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(sized(b"{}"))

    exchange = asyncio.run(exchanges_with(answer, UNREACHED, requests=sent))[0]
    head, body = sent[0].split(b"\r\n\r\n")
    on_the_wire = [tuple(line.decode().split(": ", 1)) for line in head.splitlines()[1:]]
    recorded = [(name, value.replace(MARK, KEY)) for name, value in exchange.request.headers]
    assert sorted(recorded) == sorted(on_the_wire)
    assert ("accept-encoding", "gzip, deflate, br, zstd") in recorded
    assert not any(name.lower() in ("user-agent", "authorization", "cookie", "accept") for name, _ in recorded)
    assert exchange.request.body == body == b'{"model":"m"}'
    assert exchange.request.header("x-api-key") == MARK


def test_every_chunk_of_a_stream_has_its_own_time() -> None:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM_HEAD + piece(EVENT))
        await writer.drain()
        await asyncio.sleep(0.03)
        writer.write(piece(EVENT) + b"0\r\n\r\n")

    response = exchange_with(answer).response
    assert response is not None
    assert [chunk.data for chunk in response.chunks] == [EVENT, EVENT]
    assert response.chunks[1].at > response.chunks[0].at


def test_reading_goes_on_after_message_stop_until_the_gap_limit() -> None:
    stop = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'

    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM_HEAD + piece(stop))
        await writer.drain()
        await asyncio.Event().wait()

    exchange = exchange_with(answer, replace(UNREACHED, gap=0.05))
    assert exchange.response is not None
    assert exchange.response.body == stop
    assert exchange.response.ended is None
    assert exchange.trouble is not None
    assert exchange.trouble.kind == "timeout-gap"
    assert exchange.trouble.at - exchange.response.chunks[-1].at >= 0.04


@pytest.mark.parametrize("head", [b"", JSON_HEAD, STREAM_HEAD])
def test_no_body_byte_in_time_is_a_first_byte_timeout(head: bytes) -> None:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        await writer.drain()
        await asyncio.Event().wait()

    exchange = exchange_with(answer, replace(UNREACHED, first_byte=0.05))
    assert kind_of(exchange.trouble) == "timeout-first-byte"
    assert (exchange.response is not None) == (head == STREAM_HEAD)


def test_a_stream_that_never_pauses_ends_at_the_total_limit() -> None:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM_HEAD)
        while not writer.is_closing():
            writer.write(piece(EVENT))
            await writer.drain()
            await asyncio.sleep(0.01)

    exchange = exchange_with(answer, replace(UNREACHED, total=1))
    assert kind_of(exchange.trouble) == "timeout-total"
    assert exchange.response is not None
    assert exchange.response.body.startswith(EVENT)


def test_a_handshake_that_hangs_is_a_connect_timeout() -> None:
    async def answer(_request: bytes, _writer: asyncio.StreamWriter) -> None:
        raise AssertionError("no request can arrive")

    assert kind_of(exchange_with(answer, replace(UNREACHED, connect=0.05), scheme="https").trouble) == "timeout-connect"


def test_an_endpoint_that_does_not_speak_tls_is_a_tls_trouble() -> None:
    async def send() -> Exchange:
        async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        async with listening(serve) as port, Client(Redactor([]), UNREACHED) as client:
            return await client.send(post(f"https://127.0.0.1:{port}/"), scenario="text", mode=Mode.JSON)

    assert kind_of(asyncio.run(send()).trouble) == "tls"


def test_a_proxy_takes_every_request_with_its_own_credentials() -> None:
    seen: list[bytes] = []

    async def send() -> Exchange:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            seen.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(sized(b"{}"))
            await writer.drain()

        async with listening(serve) as port:
            proxy = f"http://user:{KEY}@127.0.0.1:{port}"
            async with Client(Redactor([KEY]), UNREACHED, proxy=proxy) as client:
                return await client.send(post("http://target.invalid/v1/messages"), scenario="text", mode=Mode.JSON)

    exchange = asyncio.run(send())
    assert exchange.response is not None
    assert seen[0].startswith(b"POST http://target.invalid/v1/messages HTTP/1.1\r\n")
    assert b"proxy-authorization: basic " in seen[0].lower()
    assert not any(name.lower() == "proxy-authorization" for name, _ in exchange.request.headers)


def send_to(url: str, headers: tuple[tuple[str, str], ...] = ()) -> Exchange:
    async def send() -> Exchange:
        async with Client(Redactor([KEY]), UNREACHED) as client:
            return await client.send(post(url, headers), scenario="text", mode=Mode.STREAM, step=2, attempt=3)

    return asyncio.run(send())


def test_a_refused_connection_is_told_in_the_words_of_the_system() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        exchange = send_to(f"http://127.0.0.1:{unused.getsockname()[1]}/{KEY}")
    assert exchange.response is None
    assert exchange.trouble is not None
    assert exchange.trouble.kind == "connect"
    assert "refused" in exchange.trouble.message
    assert (exchange.scenario_id, exchange.step, exchange.attempt) == ("text/stream", 2, 3)
    assert exchange.request.url.endswith(MARK)


def test_a_name_that_does_not_resolve_is_a_dns_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, f"Name or service not known: {KEY}")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    exchange = send_to("http://nowhere.invalid/v1/messages")
    assert exchange.trouble is not None
    assert exchange.trouble.kind == "dns"
    assert exchange.trouble.message == f"Name or service not known: {MARK}"


@pytest.mark.parametrize(
    ("answer", "kind", "body"),
    [
        (b"", "closed", None),
        (JSON_HEAD[:20], "closed", None),
        (JSON_HEAD + b'Content-Length: 100\r\n\r\n{"a"', "closed", b'{"a"'),
        (STREAM_HEAD + piece(EVENT) + b"ff\r\ndata", "closed", EVENT + b"data"),
        (b"220 smtp.example ESMTP\r\n\r\n", "protocol", None),
        (b"\x00\xff" * 500 + b"\r\n\r\n", "protocol", None),
        (b"A" * 150_000, "protocol", None),
        (STREAM_HEAD + piece(EVENT) + b"nonsense\r\n", "protocol", EVENT),
        (b"HTTP/1.1 200 OK\r\nContent-Length: minus\r\n\r\n", "protocol", None),
    ],
    ids=[
        "nothing",
        "half a head",
        "half a body",
        "half a chunk",
        "another protocol",
        "binary",
        "no line end",
        "a broken chunk",
        "a broken length",
    ],
)
def test_what_breaks_off_or_is_not_http_keeps_what_arrived(answer: bytes, kind: str, body: bytes | None) -> None:
    exchange = exchange_with(answer)
    assert kind_of(exchange.trouble) == kind
    assert (exchange.response.body if exchange.response else None) == body


def test_a_reset_connection_is_told_as_closed() -> None:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM_HEAD + piece(EVENT))
        await writer.drain()
        await asyncio.sleep(0.02)
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.transport.abort()

    exchange = exchange_with(answer)
    assert kind_of(exchange.trouble) == "closed"
    assert exchange.response is not None
    assert exchange.response.body == EVENT


@pytest.mark.parametrize("location", [b"http://127.0.0.1:1/elsewhere", b"http://[::bad/", b"\xff\xfe", b"/v1/messages"])
def test_a_redirect_is_recorded_and_not_followed(location: bytes) -> None:
    redirect = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: " + location + b"\r\nContent-Length: 2\r\n\r\n{}"
    exchange = exchange_with(redirect)
    assert exchange.trouble is None
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.body) == (307, b"{}")
    assert exchange.response.header("location") is not None


def test_connections_are_used_again_and_cookies_are_not() -> None:
    writers: list[asyncio.StreamWriter] = []
    sent: list[bytes] = []

    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        writer.write(sized(b"{}", b"Set-Cookie: session=1; Path=/\r\n"))

    asyncio.run(exchanges_with(answer, UNREACHED, count=3, requests=sent))
    assert len(set(map(id, writers))) == 1
    assert len(sent) == 3
    assert not any(b"cookie" in request.lower() for request in sent)


def test_the_client_goes_on_after_a_timeout_and_sends_side_by_side() -> None:
    async def send() -> list[Exchange]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            if b"/hang" in head:
                await asyncio.Event().wait()
            writer.write(sized(b"{}"))

        async with listening(serve) as port, Client(Redactor([]), replace(UNREACHED, first_byte=3)) as client:
            paths = ["hang", "a", "hang", "b"]
            requests = [post(f"http://127.0.0.1:{port}/{path}") for path in paths]
            return list(
                await asyncio.gather(*(client.send(request, scenario="text", mode=Mode.JSON) for request in requests))
            )

    kinds = [kind_of(exchange.trouble) for exchange in asyncio.run(send())]
    assert kinds == ["timeout-first-byte", None, "timeout-first-byte", None]


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("gzip", lambda body: gzip.compress(body[:5]) + gzip.compress(body[5:])),
        ("deflate", zlib.compress),
        ("deflate", lambda body: zlib.compress(body)[2:-4]),
        ("br", brotli.compress),
        ("BR", lambda body: brotli.compress(body, quality=0)),
        ("zstd", zstd.compress),
        ("zstd", lambda body: zstd.compress(body[:5]) + zstd.compress(body[5:])),
        ("identity", lambda body: body),
    ],
    ids=[
        "gzip",
        "x-gzip",
        "gzip in two members",
        "deflate",
        "bare deflate",
        "br",
        "BR",
        "zstd",
        "zstd in two frames",
        "identity",
    ],
)
def test_a_compressed_body_is_recorded_decoded(coding: str, encode: Callable[[bytes], bytes]) -> None:
    body = b'{"text":"' + b"abc" * 50_000 + b'"}'
    exchange = exchange_with(sized(encode(body), b"Content-Encoding: " + coding.encode() + b"\r\n"))
    assert exchange.trouble is None
    assert exchange.response is not None
    assert exchange.response.body == body


@pytest.mark.parametrize(
    ("coding", "body", "kept"),
    [
        ("gzip", b"not gzip at all", b""),
        ("gzip", gzip.compress(b"x" * 1000)[:-8], b"x" * 1000),
        ("deflate", b"\xff" * 20, b""),
        ("br", b"not brotli at all", b""),
        ("br", brotli.compress(b"x" * 1000)[:-2], b""),
        ("zstd", b"not zstd at all", b""),
        ("zstd", zstd.compress(b"x" * 1000) + b"more", b""),
        ("zstd", LARGE_WINDOW, b""),
        ("compress", b"\x1f\x9d\x90", b""),
        ("gzip, gzip", b"twice", b""),
        ("identity", gzip.compress(b"sk-in-a-packed-body"), b""),
        ("identity", zstd.compress(b"sk-in-a-packed-body"), b""),
        ("identity", brotli.compress(SENTENCES), b""),
        ("identity", zlib.compress(SENTENCES)[2:-4], b""),
        ("gzip", gzip.compress(gzip.compress(b"sk-in-a-packed-body")), b""),
        ("zstd", zstd.compress(brotli.compress(SENTENCES)), b""),
    ],
    ids=[
        "not gzip",
        "cut gzip",
        "not deflate",
        "not br",
        "cut br",
        "not zstd",
        "more than zstd",
        "too large a window",
        "unknown",
        "two codings",
        "unsaid gzip",
        "unsaid zstd",
        "unsaid br",
        "unsaid bare deflate",
        "gzip in gzip",
        "br in zstd",
    ],
)
def test_a_body_that_is_not_what_its_coding_says_is_a_protocol_trouble(coding: str, body: bytes, kept: bytes) -> None:
    exchange = exchange_with(sized(body, b"Content-Encoding: " + coding.encode() + b"\r\n"))
    assert kind_of(exchange.trouble) == "protocol"
    assert exchange.response is not None
    assert exchange.response.body == kept


@pytest.mark.parametrize(
    "charset", ["utf-16", "utf-16-be", "utf-32", "latin-1", "shift_jis", "gb18030", "koi8-r", "cp037"]
)
def test_a_body_in_another_encoding_is_kept_as_it_is(charset: str) -> None:
    text = {"shift_jis": "あいう", "gb18030": "你好，世界", "koi8-r": "Привет, мир"}.get(charset, "é ü ß")
    body = json.dumps({"type": "error", "text": text * 30}, ensure_ascii=False).encode(charset)
    exchange = exchange_with(sized(body))
    assert exchange.trouble is None
    assert exchange.response is not None
    assert exchange.response.body == body


def test_a_body_that_cannot_be_undone_is_described_and_not_kept() -> None:
    exchange = exchange_with(sized(b"packed", b"Content-Encoding: compress\r\n"))
    assert exchange.trouble is not None
    assert f"(6 bytes, SHA-256 {hashlib.sha256(b'packed').hexdigest()})" in exchange.trouble.message


@pytest.mark.parametrize(
    ("coding", "pack"), [("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstd.compress)]
)
def test_a_bomb_stops_at_the_limit(coding: str, pack: Callable[[bytes], bytes]) -> None:
    bomb = pack(b"\0" * 20_000_000)
    exchange = exchange_with(sized(bomb, f"Content-Encoding: {coding}\r\n".encode()), Limits(body_bytes=100_000))
    assert kind_of(exchange.trouble) == "limit-bytes"
    assert exchange.response is not None
    assert exchange.response.cut == Cut(100_000, hashlib.sha256(b"\0" * 100_000).hexdigest())


def test_a_packed_body_that_never_becomes_anything_stops_at_the_limit() -> None:
    empty = gzip.compress(b"") * 20_000
    exchange = exchange_with(sized(empty, b"Content-Encoding: gzip\r\n"), Limits(body_bytes=100_000))
    assert kind_of(exchange.trouble) == "limit-bytes"


def test_an_endless_body_stops_at_the_limit() -> None:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(JSON_HEAD + b"\r\n")
        while not writer.is_closing():
            writer.write(b"x" * 10_000)
            await writer.drain()

    exchange = exchange_with(answer, Limits(body_bytes=100_000))
    assert kind_of(exchange.trouble) == "limit-bytes"
    assert exchange.response is not None
    assert exchange.response.cut == Cut(100_000, hashlib.sha256(b"x" * 100_000).hexdigest())
    assert exchange.response.body == b"x" * KEPT


def test_a_body_in_too_many_pieces_stops_at_the_limit() -> None:
    exchange = exchange_with(STREAM_HEAD + piece(b":") * 50 + b"0\r\n\r\n", Limits(pieces=1))
    assert kind_of(exchange.trouble) == "limit-pieces"


def test_json_of_too_many_values_is_cut() -> None:
    exchange = exchange_with(sized(b"[" + b"[]," * 1000 + b"[]]"), Limits(weight=100_000))
    assert kind_of(exchange.trouble) == "limit-values"
    assert exchange.response is not None
    assert exchange.response.cut is not None


def test_a_secret_at_the_edge_of_a_cut_is_hidden() -> None:
    for shift in range(len(KEY) + 2):
        body = b"x" * (KEPT - shift) + KEY.encode() + b"x" * 5000
        exchange = exchange_with(sized(body), Limits(body_bytes=KEPT + 1000))
        assert exchange.response is not None
        assert exchange.response.body == (b"x" * (KEPT - shift) + MARK.encode() + b"x" * 5000)[:KEPT]


def test_answers_beyond_the_memory_of_a_run_are_cut() -> None:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(sized(b"x" * 40_000))

    first, second, third = asyncio.run(exchanges_with(answer, Limits(memory=650_000), count=3))
    assert [kind_of(each.trouble) for each in (first, second, third)] == [None, None, "limit-memory"]
    assert third.response is not None
    assert third.response.cut == Cut(40_000, hashlib.sha256(b"x" * 40_000).hexdigest())
    assert len(third.response.body) == KEPT


def test_what_a_library_says_of_an_answer_is_cut_after_it_was_redacted() -> None:
    for shift in range(-3, 3):
        head = b"x" * (970 + shift) + KEY.encode() + b"x" * 5000
        exchange = exchange_with(b"HTTP/1.1 " + head + b"\r\n\r\n")
        assert exchange.trouble is not None
        assert len(exchange.trouble.message) <= LONGEST
        assert not any(KEY[:size] in exchange.trouble.message for size in range(8, len(KEY)))


def test_an_answer_that_takes_too_much_cpu_is_cut() -> None:
    exchange = exchange_with(sized(b"{}"), Limits(cpu=-1.0))
    assert kind_of(exchange.trouble) == "limit-cpu"


def test_a_body_of_exactly_the_limit_is_no_trouble() -> None:
    assert exchange_with(sized(b"x" * 1000), Limits(body_bytes=1000)).trouble is None


def test_headers_beyond_the_limit_stop_the_exchange() -> None:
    exchange = exchange_with(sized(b"{}", b"X-Large: " + b"x" * 2000 + b"\r\n"), Limits(header_bytes=1000))
    assert kind_of(exchange.trouble) == "limit-bytes"


@pytest.mark.parametrize(
    ("limits", "body", "kind"),
    [
        (Limits(event_bytes=1000), b"data: " + b"x" * 5000, "limit-event-size"),
        (Limits(events=3), EVENT * 5, "limit-events"),
        (Limits(stream_bytes=50), EVENT * 3, "limit-bytes"),
    ],
    ids=["size", "number", "bytes"],
)
def test_event_limits_hold_for_event_streams_only(limits: Limits, body: bytes, kind: str) -> None:
    stream = exchange_with(STREAM_HEAD + piece(body) + b"0\r\n\r\n", limits)
    assert kind_of(stream.trouble) == kind
    assert stream.response is not None
    assert stream.response.cut is not None
    assert stream.response.body == body[: stream.response.cut.length]
    assert exchange_with(sized(body), limits).trouble is None


def test_bytes_beyond_the_chunk_limit_are_added_to_the_last_chunk() -> None:
    response = exchange_with(
        STREAM_HEAD + piece(b"a") + piece(b"b") + piece(b"c") + b"0\r\n\r\n", Limits(chunks=2)
    ).response
    assert response is not None
    assert [chunk.data for chunk in response.chunks] == [b"a", b"bc"]


def test_an_echoed_key_is_nowhere_in_the_exchange() -> None:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        half = len(KEY) // 2
        head = STREAM_HEAD.replace(b"\r\nTransfer", f"\r\nX-{KEY}: {KEY}\r\nTransfer".encode())
        writer.write(head + piece(b'data: {"k":"' + KEY[:half].encode()) + piece(KEY[half:].encode() + b'"}\n\n'))
        writer.write(b"0\r\n\r\n")

    exchange = exchange_with(answer)
    assert exchange.response is not None
    assert json.loads(exchange.response.body[6:])["k"] == MARK
    assert [len(chunk.data) for chunk in exchange.response.chunks] == [12 + len(KEY) // 2, len(KEY) - len(KEY) // 2 + 4]
    assert KEY.lower() not in repr(exchange).lower()


@pytest.mark.parametrize("url", ["ftp://host/", "host/v1", "http://", "http://[::1", "http://host:port/"])
def test_a_url_that_cannot_be_sent_to_is_our_error(url: str) -> None:
    with pytest.raises(HarnessError) as caught:
        send_to(url)
    assert caught.value.exit_code == 4


def test_a_header_that_is_not_legal_is_our_error_and_is_not_quoted() -> None:
    async def send() -> None:
        async def serve(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
            assert await reader.read() == b""

        async with listening(serve) as port, Client(Redactor([])) as client:
            request = post(f"http://127.0.0.1:{port}/", (("x-extra", f"{KEY}\n"),))
            await client.send(request, scenario="text", mode=Mode.JSON)

    with pytest.raises(HarnessError) as caught:
        asyncio.run(send())
    assert caught.value.exit_code == 3
    assert KEY not in str(caught.value)


def test_proxy_settings_that_make_no_sense_are_our_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "nonsense://proxy:1")
    with pytest.raises(HarnessError) as caught:
        Client(Redactor([]))
    assert caught.value.exit_code == 4


def test_a_proxy_is_not_used_for_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert exchange_with(sized(b"{}")).trouble is None
