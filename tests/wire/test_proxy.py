"""The proxy between a raw client and a raw endpoint: bytes, headers, times, ends."""

from __future__ import annotations

import asyncio
import gzip
import json
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from conformance.wire.bodies import decoded
from conformance.wire.proxy import End, Passed, Proxy, end_to_end
from conformance.wire.proxy_server import ProxyServer
from conformance.wire.room import Room

WAIT_S = 600.0
REQUEST = b"POST /v1/messages?beta=true HTTP/1.1\r\nhost: x\r\nx-api-key: k\r\ncontent-length: 2\r\n\r\n{}"

Script = Callable[[socket.socket], None]


class Seen:
    """What came out of a proxy, in order."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Passed] = queue.Queue()
        self.offer = self._queue.put

    def one(self) -> Passed:
        return self._queue.get(timeout=WAIT_S)


@contextmanager
def endpoint(script: Script) -> Iterator[str]:
    """An endpoint that runs a script on each connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(WAIT_S)
            with connection:
                script(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(WAIT_S)


@contextmanager
def proxied(script: Script, path: str = "", room: Room | None = None) -> Iterator[tuple[socket.socket, Seen]]:
    """A connection to a proxy in front of a scripted endpoint."""
    seen = Seen()
    with endpoint(script) as url, ProxyServer(lambda: Proxy(url + path, seen.offer, room=room)) as server:
        port = int(server.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=WAIT_S) as client:
            yield client, seen


def head_of(connection: socket.socket) -> bytes:
    """Reads a request with a body of two bytes, or none."""
    data = b""
    while b"\r\n\r\n" not in data or (b"content-length: 2" in data and not data.endswith(b"{}")):
        more = connection.recv(65536)
        if not more:
            break
        data += more
    return data


def until(client: socket.socket, end: bytes) -> bytes:
    data = b""
    while end not in data:
        more = client.recv(65536)
        assert more, data
        data += more
    return data


def whole(client: socket.socket) -> bytes:
    data = b""
    while more := client.recv(65536):
        data += more
    return data


def answering(answer: bytes, requests: list[bytes] | None = None) -> Script:
    def script(connection: socket.socket) -> None:
        request = head_of(connection)
        if requests is not None:
            requests.append(request)
        connection.sendall(answer)

    return script


def test_a_request_arrives_with_its_path_query_headers_and_body() -> None:
    requests: list[bytes] = []
    with proxied(answering(b"HTTP/1.1 204 No Content\r\n\r\n", requests)) as (client, seen):
        client.sendall(
            REQUEST.replace(b"x-api-key", b"Connection: keep-alive, x-hop\r\nX-Hop: 1\r\nTE: trailers\r\nx-api-key")
        )
        assert until(client, b"\r\n\r\n").startswith(b"HTTP/1.1 204")
        passed = seen.one()
    head, _, body = requests[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /v1/messages?beta=true HTTP/1.1"
    assert b"x-api-key: k" in lines
    assert body == b"{}"
    assert not [line for line in lines if line.lower().startswith((b"x-hop", b"te:", b"host: x"))]
    assert passed.end is End.WHOLE
    assert passed.exchange.request.body == b"{}"


def test_a_base_url_with_v1_does_not_double_it() -> None:
    requests: list[bytes] = []
    with proxied(answering(b"HTTP/1.1 204 No Content\r\n\r\n", requests), "/v1") as (client, _):
        client.sendall(REQUEST)
        until(client, b"\r\n\r\n")
    assert requests[0].startswith(b"POST /v1/messages?")


def test_status_headers_and_body_of_a_response_are_kept() -> None:
    answer = (
        b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nX-Twice: a\r\nX-Twice: b\r\n"
        b"Connection: x-hop\r\nx-hop: 1\r\nSet-Cookie: a=b\r\nLocation: ::no url::\r\n"
        b"Content-Length: 5\r\n\r\nh\xff\x00lo"
    )
    with proxied(answering(answer)) as (client, _):
        client.sendall(REQUEST)
        head, _, body = until(client, b"lo").partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 429 Too Many Requests"
    assert lines[1:] == [
        b"Retry-After: 7", b"X-Twice: a", b"X-Twice: b", b"Set-Cookie: a=b", b"Location: ::no url::",
        b"Content-Length: 5",
    ]  # fmt: skip
    assert body == b"h\xff\x00lo"


def test_bytes_arrive_before_the_endpoint_goes_on() -> None:
    arrived = threading.Event()

    def script(connection: socket.socket) -> None:
        head_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-type: text/event-stream\r\n\r\n")
        connection.sendall(b"7\r\nfirst\n\n\r\n")
        assert arrived.wait(WAIT_S)
        connection.sendall(b"8\r\nsecond\n\n\r\n0\r\n\r\n")

    with proxied(script) as (client, seen):
        client.sendall(REQUEST)
        until(client, b"first\n\n")
        arrived.set()
        until(client, b"0\r\n\r\n")
        response = seen.one().exchange.response
    assert response is not None
    assert [chunk.data for chunk in response.chunks] == [b"first\n\n", b"second\n\n"]
    assert response.chunks[0].at <= response.chunks[1].at


def test_the_request_body_arrives_before_the_client_goes_on() -> None:
    arrived = threading.Event()

    def script(connection: socket.socket) -> None:
        until(connection, b"first")
        arrived.set()
        until(connection, b"second")
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with proxied(script) as (client, seen):
        client.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        assert arrived.wait(WAIT_S)
        client.sendall(b"6\r\nsecond\r\n0\r\n\r\n")
        until(client, b"\r\n\r\n")
        assert seen.one().exchange.request.body == b"firstsecond"


def test_gzip_passes_through_untouched_and_is_decoded_for_the_judge() -> None:
    body = gzip.compress(b'{"type":"message"}')
    answer = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
    with proxied(answering(answer)) as (client, seen):
        client.sendall(REQUEST)
        received = until(client, body)
        passed = seen.one()
    assert b"content-encoding: gzip" in received
    response = decoded(passed.exchange).response
    assert response is not None
    assert response.body == b'{"type":"message"}'


def test_an_endpoint_that_breaks_off_breaks_off_for_the_client_as_well() -> None:
    answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"
    with proxied(answering(answer)) as (client, seen):
        client.sendall(REQUEST)
        received = whole(client)
        passed = seen.one()
    assert b"hello" in received
    assert not received.endswith(b"0\r\n\r\n")
    assert passed.end is End.BROKEN
    assert passed.exchange.trouble is not None
    assert passed.exchange.trouble.kind == "closed"


def test_a_client_that_leaves_takes_the_request_to_the_endpoint_with_it() -> None:
    ended = threading.Event()

    def script(connection: socket.socket) -> None:
        head_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n")
        assert connection.recv(1) == b""
        ended.set()

    with proxied(script) as (client, seen):
        client.sendall(REQUEST)
        until(client, b"hello")
        client.close()
        assert ended.wait(WAIT_S)
        assert seen.one().end is End.LEFT


def test_no_response_becomes_502_with_the_error_envelope() -> None:
    seen = Seen()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    with (
        ProxyServer(lambda: Proxy(f"http://127.0.0.1:{free}", seen.offer)) as server,
        socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=WAIT_S) as client,
    ):
        client.sendall(REQUEST)
        head, _, body = until(client, b"}}").partition(b"\r\n\r\n")
        passed = seen.one()
    assert head.startswith(b"HTTP/1.1 502")
    envelope = json.loads(body)
    assert envelope["type"] == "error"
    assert envelope["error"]["type"] == "api_error"
    assert "Connection refused" in envelope["error"]["message"]
    assert passed.end is End.UNREACHED
    assert passed.exchange.response is None
    assert passed.exchange.request.body == b"{}"


def test_an_endpoint_that_closes_without_a_response_becomes_502() -> None:
    with proxied(lambda connection: (head_of(connection), connection.close())[1]) as (client, seen):
        client.sendall(REQUEST)
        assert until(client, b"}}").startswith(b"HTTP/1.1 502")
        trouble = seen.one().exchange.trouble
    assert trouble is not None
    assert trouble.kind == "closed"


def test_what_finds_no_room_passes_and_is_not_kept() -> None:
    room = Room(8192)
    body = b"x" * 100_000
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
    with proxied(answering(answer), room=room) as (client, seen):
        client.sendall(REQUEST)
        received = b""
        while len(received.partition(b"\r\n\r\n")[2]) < len(body):
            received += client.recv(65536)
        passed = seen.one()
    assert received.endswith(body)
    assert passed.end is End.UNKEPT
    assert passed.held == 0
    assert room.take(8192)


def test_what_is_held_is_what_the_room_has_less() -> None:
    room = Room(1 << 20)
    with proxied(answering(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"), room=room) as (client, seen):
        client.sendall(REQUEST)
        until(client, b"hello")
        passed = seen.one()
    assert passed.held > 0
    assert not room.take((1 << 20) - passed.held + 1)
    assert room.take((1 << 20) - passed.held)


def test_headers_that_end_at_a_hop_are_left_out() -> None:
    kept = (b"Accept", b"*/*")
    hop = [
        (b"Connection", b"close, X-Own"), (b"x-own", b"1"), (b"Keep-Alive", b"5"), (b"TE", b"trailers"),
        (b"Proxy-Connection", b"close"), (b"Transfer-Encoding", b"chunked"), (b"Upgrade", b"h2c"),
    ]  # fmt: skip
    assert end_to_end([*hop, kept]) == [kept]


def test_bytes_are_passed_on_while_nobody_judges() -> None:
    """`offer` raising nothing and keeping everything is all that passing on needs."""
    passed: list[Passed] = []
    with (
        endpoint(answering(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok")) as url,
        ProxyServer(lambda: Proxy(url, passed.append)) as server,
    ):

        async def many() -> list[bytes]:
            async def one() -> bytes:
                reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
                writer.write(REQUEST.replace(b"host: x", b"host: x\r\nconnection: close"))
                data = await reader.read()
                writer.close()
                return data

            return list(await asyncio.gather(*(one() for _ in range(20))))

        answers = asyncio.run(many())
    assert all(answer.endswith(b"ok") for answer in answers)
    assert len(passed) == 20
