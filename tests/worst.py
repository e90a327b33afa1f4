"""Servers that are wrong in the simplest ways. None of them may pass a case that it did not earn.

Each is one small class whose docstring says how it lies.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar


class Worst(BaseHTTPRequestHandler):
    """Answers every request in the same way."""

    protocol_version = "HTTP/1.1"
    status: ClassVar[int] = 200
    media_type: ClassVar[str] = "application/json"
    body: ClassVar[bytes] = b""

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.send_response(self.status)
        self.send_header("content-type", self.media_type)
        self.send_header("content-length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def log_message(self, *args: Any) -> None:
        pass


class Empty(Worst):
    """Answers everything with 200 and an empty body."""


class Broken(Worst):
    """Answers everything with 500 and a text."""

    status = 500
    media_type = "text/plain"
    body = b"Internal Server Error"


class Closing(Worst):
    """Closes every connection without an answer."""

    def answer(self) -> None:
        self.close_connection = True
        self.connection.close()

    def finish(self) -> None:
        pass


CANNED = {
    "id": "msg_01CannedAnswerForEveryone",
    "type": "message",
    "role": "assistant",
    "model": "canned",
    "content": [{"type": "text", "text": "Hello! How can I help you today?"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 12, "output_tokens": 9},
}


class Canned(Worst):
    """Sends a perfect text message whatever is asked."""

    body = json.dumps(CANNED).encode()


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serves on a free loopback port; yields the base URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
