"""How much the proxy delays what passes through it.

`python benchmarks/proxy_delay.py [--requests N]` starts the reference endpoint and the proxy in front of it, each in a
process of its own, and sends the same requests directly and through the proxy, ten in turn without a pause, so that
judging one overlaps with passing on the next. It prints medians of the time to the first byte of the body and to its
end, for JSON answers and for streams, and the delay that the proxy adds. It is no test: figures depend on the machine.
All run on loopback.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

KEY = "reference-key"
COMMAND = (sys.executable, "-m", "conformance.cli")
IN_A_ROW = 10
"""Requests one way before as many the other way: nothing waits between them, so judging one delays the next."""
HEADERS = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}


@contextmanager
def started(*arguments: str, folder: str) -> Iterator[str]:
    """A command that serves, in a process of its own; yields the base URL that it announces."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    serving = subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, text=True, cwd=folder, env=environment)
    assert serving.stdout is not None
    try:
        announced = serving.stdout.readline()
        yield next(word.rstrip(",") for word in announced.split() if word.startswith("http://"))
    finally:
        serving.send_signal(signal.SIGINT)
        print(summary(serving.communicate()[0]), end="", file=sys.stderr)


def summary(text: str) -> str:
    """The line of the proxy's report that says how many exchanges were judged."""
    return "".join(f"{line}\n" for line in text.splitlines() if "judged" in line)


def send(client: httpx.Client, url: str, *, stream: bool) -> tuple[float, float]:
    """Sends one request; milliseconds to the first byte of the body and to its end."""
    body: dict[str, Any] = {
        "model": "reference-1", "max_tokens": 64, "stream": stream,
        "messages": [{"role": "user", "content": "Count from 1 to 10"}],
    }  # fmt: skip
    begin = time.perf_counter()
    first = 0.0
    with client.stream("POST", f"{url}/v1/messages", json=body, headers=HEADERS) as response:
        for _ in response.iter_raw():
            first = first or time.perf_counter()
    end = time.perf_counter()
    if response.status_code != 200:
        raise SystemExit(f"status {response.status_code}")
    return (first - begin) * 1000, (end - begin) * 1000


def measure(direct: str, through: str, requests: int, *, stream: bool) -> None:
    """Measures both ways in turn and prints medians."""
    found: dict[str, list[tuple[float, float]]] = {"direct": [], "through the proxy": []}
    with httpx.Client() as one, httpx.Client() as other:
        ways = (("direct", one, direct), ("through the proxy", other, through))
        for _ in range(5):
            for _, client, url in ways:
                send(client, url, stream=stream)
        for _ in range(0, requests, IN_A_ROW):
            for name, client, url in ways:
                found[name] += [send(client, url, stream=stream) for _ in range(IN_A_ROW)]
    medians = {name: [statistics.median(times) for times in zip(*each, strict=True)] for name, each in found.items()}
    print(f"{'stream' if stream else 'json'}, medians of {requests} requests each way")
    for name, (first, whole) in medians.items():
        print(f"  {name:<20}first byte {first:7.2f} ms   whole {whole:7.2f} ms")
    first, whole = (through - direct for direct, through in zip(*medians.values(), strict=True))
    print(f"  {'added':<20}first byte {first:7.2f} ms   whole {whole:7.2f} ms")


def main() -> None:
    """Reads the options and measures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=200, help="requests each way (default: 200)")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        started("serve", "--port", "0", "--api-key", KEY, folder=folder) as direct,
        started("proxy", "--upstream", direct, "--port", "0", folder=folder) as through,
    ):
        for stream in (False, True):
            measure(direct, through, options.requests, stream=stream)


if __name__ == "__main__":
    main()
