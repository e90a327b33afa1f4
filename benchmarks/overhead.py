"""How much a full run costs beyond sending its requests.

`python benchmarks/overhead.py [--repeat N] [--concurrency N]` starts the reference endpoint in a process of its own and
measures, each in a fresh process and several times over:

- a full run: `messages-conformance run` against that endpoint, from the start of the command to its end;
- its sending: from the first request to the end of the last one, as the run itself recorded it;
- bare httpx: the same requests, taken from the journal of the run, sent by nothing but an `httpx.AsyncClient` with as
  many requests under way, once from its first request to the end of the last, once from start to end of the process;
- `--collect-only`: everything up to the list of cases, nothing sent.

It prints medians and the ratios of the full run to bare httpx. It is no test: figures depend on the machine, so compare
them with others of the same machine only. All run on loopback.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

KEY = "reference-key"
COMMAND = (sys.executable, "-m", "conformance.cli")


@contextmanager
def endpoint() -> Iterator[str]:
    """The reference endpoint in a process of its own; yields its base URL."""
    serving = subprocess.Popen([*COMMAND, "serve", "--port", "0", "--api-key", KEY], stdout=subprocess.PIPE, text=True)
    assert serving.stdout is not None
    try:
        announced = serving.stdout.readline()
        yield next(word.rstrip(",") for word in announced.split() if word.startswith("http://"))
    finally:
        serving.terminate()
        serving.wait()


def timed(arguments: Sequence[str], folder: Path) -> float:
    """Seconds that a command takes. Raises CalledProcessError where it fails."""
    ours = ("MESSAGES_", "PYTEST", "PYTHONDONTWRITEBYTECODE")  # without compiled files every start costs a second more
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    started = time.perf_counter()
    subprocess.run(
        arguments, cwd=folder, env={**kept, "BENCHMARK_KEY": KEY}, check=True, stdout=subprocess.DEVNULL, text=True
    )
    return time.perf_counter() - started


def exchanges(journal: Path) -> list[dict[str, Any]]:
    """The exchanges of a journal as plain data."""
    records = map(json.loads, journal.read_text(encoding="utf-8").splitlines())
    return [record for record in records if record["kind"] == "exchange"]


def sending_seconds(recorded: Sequence[dict[str, Any]]) -> float:
    """Seconds from the start of the first exchange to the end of the last one."""
    from datetime import datetime

    spans = []
    for record in recorded:
        start = datetime.fromisoformat(record["started"]).timestamp()
        spans.append((start, start + ((record["response"] or {}).get("ended") or 0.0)))
    return max(end for _, end in spans) - min(start for start, _ in spans)


async def send_bare(recorded: Sequence[dict[str, Any]], concurrency: int) -> float:
    """Sends recorded requests with httpx alone; seconds from the first one to the end of the last one."""
    import base64

    import httpx

    places = asyncio.Semaphore(concurrency)

    def body(value: Any) -> bytes:
        return base64.b64decode(value["b64"]) if isinstance(value, dict) else value.encode()

    async def send(client: httpx.AsyncClient, request: dict[str, Any]) -> None:
        headers = [(name, value.replace("[redacted]***", KEY)) for name, value in request["headers"]]
        kept = [(name, value) for name, value in headers if name.lower() not in ("host", "content-length")]
        async with places:
            await client.request(request["method"], request["url"], headers=kept, content=body(request["body"]))

    async with httpx.AsyncClient(timeout=None, limits=httpx.Limits(max_connections=None)) as client:
        started = time.perf_counter()
        await asyncio.gather(*(send(client, record["request"]) for record in recorded))
        return time.perf_counter() - started


def measure(folder: Path, url: str, repeat: int, concurrency: int) -> tuple[dict[str, list[float]], int]:
    """All measurements by name, and the number of requests of one run. What belongs together is measured in turn."""
    found: dict[str, list[float]] = {}
    target = ["--url", url, "--model", "reference-1", "--api-key-env", "BENCHMARK_KEY"]
    requests = 0

    def note(name: str, seconds: float) -> None:
        found.setdefault(name, []).append(seconds)

    timed([*COMMAND, "run", *target, "--case", "response-has-id", "--out", str(folder / "warm")], folder)
    for number in range(repeat):
        out = folder / f"run-{number}"
        options = [*target, "--concurrency", str(concurrency), "--out", str(out)]
        note("full run", timed([*COMMAND, "run", *options], folder))
        journal = out / "journal.ndjson"
        recorded = exchanges(journal)
        requests = len(recorded)
        note("its sending", sending_seconds(recorded))
        bare = [sys.executable, __file__, "--bare", str(journal), "--concurrency", str(concurrency)]
        note("bare httpx, whole process", timed(bare, folder))
        note("bare httpx, sending only", float((folder / "bare.txt").read_text(encoding="utf-8")))
        note("--collect-only", timed([*COMMAND, "run", *target, "--", "--collect-only"], folder))
    return found, requests


def report(found: dict[str, list[float]], requests: int, show: Callable[[str], None] = print) -> None:
    """Prints medians with their spread, and the ratios."""
    medians = {name: statistics.median(values) for name, values in found.items()}
    show(f"requests of a full run       {requests}")
    for name, values in found.items():
        show(f"{name:<27}  {medians[name]:6.2f} s   ({min(values):.2f} to {max(values):.2f})")
    for name in ("bare httpx, whole process", "bare httpx, sending only"):
        show(f"full run / {name:<25}  {medians['full run'] / medians[name]:.2f}")
    show(f"its sending / bare httpx, sending only  {medians['its sending'] / medians['bare httpx, sending only']:.2f}")


def main() -> None:
    """Reads the options and measures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repeat", type=int, default=5, help="how often everything is measured (default: 5)")
    parser.add_argument("--concurrency", type=int, default=8, help="requests under way at the same time (default: 8)")
    parser.add_argument("--bare", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare is not None:
        seconds = asyncio.run(send_bare(exchanges(options.bare), options.concurrency))
        Path("bare.txt").write_text(str(seconds), encoding="utf-8")
        return
    with tempfile.TemporaryDirectory() as folder, endpoint() as url:
        report(*measure(Path(folder), url, options.repeat, options.concurrency))


if __name__ == "__main__":
    main()
