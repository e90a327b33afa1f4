"""Servers that are wrong in the simplest ways. None of them may pass a case that it did not earn.

Each is one small class whose docstring says how it lies.
"""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
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


def _event(kind: str, **data: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode()


START = {**CANNED, "content": [], "stop_reason": None, "usage": {"input_tokens": 12, "output_tokens": 1}}
STREAM = b"".join(
    (
        _event("message_start", message=START),
        _event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        _event("content_block_delta", index=0, delta={"type": "text_delta", "text": "Hello! How can I help you "}),
        _event("content_block_delta", index=0, delta={"type": "text_delta", "text": "today?"}),
        _event("content_block_stop", index=0),
        _event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 9}),
        _event("message_stop"),
    )
)


class Html(Worst):
    """Answers everything with the error page of a web server in front of nothing, as status 400."""

    status = 400
    media_type = "text/html; charset=utf-8"
    body = b"<html><head><title>400 Bad Request</title></head><body><h1>400 Bad Request</h1></body></html>"


class HtmlWithStatus200(Worst):
    """Answers everything with a web page that says that something went wrong, as status 200."""

    media_type = "text/html"
    body = b"<!doctype html><title>Oops</title><p>Something went wrong. Please try again later.</p>"


class Chat(Worst):
    """Speaks the chat completions of OpenAI on every path, and knows the prompt no better than a canned answer."""

    body = json.dumps(
        {
            "id": "chatcmpl-123",
            "object": "chat.completion",
            "created": 1790000000,
            "model": "gpt-x",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": "Hello! How can I help you today?"},
                    "finish_reason": "stop",
                }
            ],
            "usage": {"prompt_tokens": 12, "completion_tokens": 9, "total_tokens": 21},
        }
    ).encode()


class OpenAiErrors(Worst):
    """Refuses everything with the error object of OpenAI, as status 400."""

    status = 400
    body = json.dumps(
        {"error": {"message": "Invalid request.", "type": "invalid_request_error", "param": None, "code": None}}
    ).encode()


class Refusing(Worst):
    """Refuses everything with a perfect error envelope, as status 400."""

    status = 400
    body = json.dumps(
        {
            "type": "error",
            "error": {"type": "invalid_request_error", "message": "This is not how it is done."},
            "request_id": "req_011CannedRefusal",
        }
    ).encode()


class Echo(Worst):
    """Sends back what it was sent."""

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Dying(Worst):
    """Promises an answer of 400 bytes, sends the first one and is gone."""

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", "400")
        self.end_headers()
        self.wfile.write(b"{")
        self.wfile.flush()
        self.close_connection = True


class CannedStream(Worst):
    """Sends a perfect canned text message whatever is asked, as a stream where a stream is asked for."""

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        stream = "event-stream" in (self.headers.get("accept") or "")
        body = STREAM if stream else json.dumps(CANNED).encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream" if stream else "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
