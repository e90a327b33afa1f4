"""Measures a whole run against endpoints whose every answer is as large as an answer can be.

    python benchmarks/largest_answers.py [SHAPE ...] [-- OPTIONS OF run]

For each shape: peak memory, size of the journal, seconds of CPU, exit code. The aim is less than 400 MB, and a journal
within its budget.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TOKENS = 128_000
MOST_MB = 400

USAGE = {"input_tokens": 9, "output_tokens": TOKENS}
MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_sequence": None, "usage": USAGE}
START = {"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None}}
BLOCK = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
ENDS = (
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": USAGE},
    {"type": "message_stop"},
)


def event(data: dict[str, object]) -> bytes:
    """One event."""
    return f"event: {data['type']}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def delta(text: str) -> bytes:
    """One delta."""
    return event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})


def stream(texts: Iterator[str]) -> bytes:
    """A whole stream with these deltas."""
    return b"".join([event(START), event(BLOCK), *map(delta, texts), *map(event, ENDS)])


def body(text: str) -> bytes:
    """A whole JSON answer."""
    content = [{"type": "text", "text": text}]
    return json.dumps({**MESSAGE, "content": content, "stop_reason": "end_turn"}, ensure_ascii=False).encode()


def values(size: int) -> bytes:
    """JSON of as many values as fit."""
    return body("@").replace(b'"@"', b"[" + b'{"a":[]},' * (size // 9) + b"0]")


SHAPES: dict[str, Callable[[], tuple[bytes, bytes]]] = {
    "tokens": lambda: (stream(f"w{n} " for n in range(TOKENS)), body("word " * TOKENS)),
    "few events": lambda: (stream("x" * 900_000 for _ in range(24)), body("x" * 4_000_000)),
    "emoji": lambda: (stream("\U0001f600" * 60_000 for _ in range(80)), body("\U0001f600" * 900_000)),
    "controls": lambda: (stream("\\u0001" * 100_000 for _ in range(35)), body("\\u0001" * 600_000)),
    "values": lambda: (stream("x" for _ in range(159_000)), values(650_000)),
    "too large": lambda: (b": x\n" * 10_000_000, b" " * 40_000_000),
    "escapes": lambda: (stream("\\\\\\" * 300_000 for _ in range(20)), body("\\\\\\" * 600_000)),
}
"""Streams and JSON answers, at the bounds and beyond."""


def handler(streamed: bytes, plain: bytes) -> type[BaseHTTPRequestHandler]:
    """Answers every request with one of the two."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers.get("content-length") or 0))
            streams = b'"stream":true' in asked
            data = streamed if streams else plain
            self.send_response_only(200)
            self.send_header("content-type", "text/event-stream" if streams else "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST  # noqa: N815 - the name that http.server calls

        def log_message(self, *args: object) -> None:
            pass

    return Handler


class Quiet(ThreadingHTTPServer):
    """A server that does not mind clients that leave."""

    daemon_threads = True

    def handle_error(self, *args: object) -> None:
        """Says nothing."""


def measure(name: str, options: list[str], folder: Path) -> bool:
    """Runs against one shape and prints what it took; True where the bounds hold."""
    server = Quiet(("127.0.0.1", 0), handler(*SHAPES[name]()))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    command = [
        sys.executable,
        "-m",
        "conformance.cli",
        "run",
        "--url",
        url,
        "--model",
        "m",
        "--out",
        str(folder / "out"),
    ]
    environment = {**os.environ, "ANTHROPIC_API_KEY": "benchmark-key-0123456789"}
    child = subprocess.Popen(
        [*command, *options], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert child.stdout is not None
    said = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    server.shutdown()
    scale = 1024 if sys.platform != "darwin" else 1
    peak, journal = usage.ru_maxrss * scale / 1e6, (folder / "out" / "journal.ndjson").stat().st_size / 1e6
    code = os.waitstatus_to_exitcode(status)
    print(f"{name:<12} {peak:6.0f} MB  journal {journal:6.1f} MB  CPU {cpu(usage):6.1f} s  exit {code}", flush=True)
    if code not in (0, 1, 2):
        print(said[-3000:])
    return peak < MOST_MB and journal < 256 and code in (0, 1, 2)


def cpu(usage: resource.struct_rusage) -> float:
    """Seconds of CPU."""
    return usage.ru_utime + usage.ru_stime


def main(arguments: list[str]) -> int:
    """Measures the shapes that are named, or all; 1 where one crosses a bound."""
    own, options = arguments, []
    if "--" in arguments:
        at = arguments.index("--")
        own, options = arguments[:at], arguments[at + 1 :]
    unknown = [name for name in own if name not in SHAPES]
    if unknown:
        sys.exit(f"Unknown shape {unknown[0]!r}; the shapes are {', '.join(SHAPES)}")
    held = []
    for name in own or SHAPES:
        with tempfile.TemporaryDirectory() as folder:
            held.append(measure(name, options, Path(folder)))
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
