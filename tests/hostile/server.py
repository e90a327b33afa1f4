"""Plays answers over raw sockets, on loopback, in a thread of its own. What is sent need not be HTTP."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, unquote

from conformance.reference.answer import Call
from hostile.draft import FILLER, Ending, Wire

ENDLESS_BYTES = 8 * 1024 * 1024
"""What an endless body sends at the most; a client that reads all of it has no bound."""

Play = Callable[[Call, int], Wire]
"""What is sent for a call, the n-th of the script (from 1 on)."""


class Script:
    """The part of the server that belongs to one example. `calls` are its requests in order, `sent` counts bytes.

    Leaving it raises the first of the `mistakes` that the script itself made.
    """

    def __init__(self, stage: Stage, name: str, play: Play) -> None:
        self._stage = stage
        self._name = name
        self._play = play
        self.url = f"{stage.url}/{name}"
        self.calls: list[Call] = []
        self.sent = 0
        self.mistakes: list[Exception] = []

    def answer(self, call: Call) -> Wire:
        """What is sent for the next call."""
        self.calls.append(call)
        try:
            return self._play(call, len(self.calls))
        except Exception as mistake:
            self.mistakes.append(mistake)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stage.end(self._name)
        if self.mistakes:
            raise self.mistakes[0]


class Stage:
    """The server. One for all examples: each has a path of its own. A context manager."""

    def __init__(self) -> None:
        self._scripts: dict[str, Script] = {}
        self._open: dict[str, set[asyncio.Task[None]]] = {}
        self._count = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="hostile", daemon=True)
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def script(self, play: Play) -> Script:
        """Adds what is played below a path of its own; a context manager that ends its connections."""
        self._count += 1
        name = f"x{self._count}"
        script = self._scripts[name] = Script(self, name, play)
        return script

    def end(self, name: str) -> None:
        """Ends the connections of a script."""
        asyncio.run_coroutine_threadsafe(self._end(name), self._loop).result()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1024 * 1024)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _close(self) -> None:
        self._server.close()
        for name in list(self._open):
            await self._end(name)

    async def _end(self, name: str) -> None:
        self._scripts.pop(name, None)
        tasks = self._open.pop(name, set())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        try:
            going_on = True
            while going_on:
                read = await _read_call(reader)
                if read is None:
                    break
                name, call = read
                script = self._scripts.get(name)
                if script is None:
                    break
                self._open.setdefault(name, set()).add(task)
                going_on = await _Playing(script, reader, writer).play(script.answer(call))
        except (Exception, asyncio.CancelledError):
            pass
        finally:
            for tasks in self._open.values():
                tasks.discard(task)
            writer.close()


class _Playing:
    """One answer on its way out."""

    def __init__(self, script: Script, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._script = script
        self._reader = reader
        self._writer = writer

    async def play(self, wire: Wire) -> bool:
        """Sends everything; True where the connection goes on."""
        for piece in wire.pieces:
            await self._send(piece)
        match wire.ending:
            case Ending.KEEP:
                return True
            case Ending.RESET:
                sock: socket.socket = self._writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self._writer.transport.abort()
            case Ending.HALF_CLOSE:
                self._writer.write_eof()
                await self._until_gone()
            case Ending.SILENCE:
                await self._until_gone()
            case Ending.ENDLESS:
                for _ in range(ENDLESS_BYTES // len(FILLER)):
                    await self._send(FILLER)
                await self._until_gone()
            case Ending.CLOSE:
                pass
        return False

    async def _send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()
        self._script.sent += len(data)
        await asyncio.sleep(0)

    async def _until_gone(self) -> None:
        while await self._reader.read(65_536):
            pass


async def _read_call(reader: asyncio.StreamReader) -> tuple[str, Call] | None:
    """The next request, and the name of the script that it is for; None where the client has gone."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    line, *fields = head.rstrip("\r\n").split("\r\n")
    method, target, _ = line.split(" ", 2)
    headers = tuple((name.lower(), value.strip()) for name, _, value in (field.partition(":") for field in fields))
    given = dict(headers)
    if given.get("transfer-encoding") == "chunked":
        body = await _read_chunks(reader)
    else:
        body = await reader.readexactly(int(given.get("content-length") or 0))
    path, _, query = target.partition("?")
    name, _, rest = path.removeprefix("/").partition("/")
    return name, Call(method, "/" + unquote(rest), tuple(parse_qsl(query, keep_blank_values=True)), headers, body)


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body
