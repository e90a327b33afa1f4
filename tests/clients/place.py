"""Runs a program against the reference endpoint, directly and through the proxy. Started once for each program, in a
place that reaches loopback only: `python place.py PLAN`. Writes what happened beside the plan.

The plan says everything; this file imports nothing of the project, because the processes that it starts do.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

START_S, STEP_S, STOP_S = 300.0, 900.0, 300.0
"""After so long something hangs. Nothing here is a matter of speed: it passes on a machine that is busy, too."""

GET_FLAGS, SET_FLAGS, UP = 0x8913, 0x8914, 0x1
URL = re.compile(r"http://127\.0\.0\.1:\d+")
COMMAND = (sys.executable, "-m", "conformance.cli")
CLOSED = "http://127.0.0.1:9"
"""Where nothing listens."""


def main(plan: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """Runs the program both ways; returns what happened."""
    if plan["isolated"]:
        bring_up_loopback()
    models = [word for model in plan["models"] for word in ("--model", model)]
    with serving([*COMMAND, "serve", *models], root / "serve.log") as direct:
        outcome: dict[str, Any] = {"direct": performed(plan, direct, root / "direct")}
        proxy = [*COMMAND, "proxy", "--upstream", direct, "--out", str(root / "proxy")]
        with serving(proxy, root / "proxy.log") as through:
            outcome["through"] = performed(plan, through, root / "through")
    return outcome


def performed(plan: Mapping[str, Any], url: str, root: Path) -> list[dict[str, Any]]:
    """What each scenario printed, and from when to when it ran. Each has a home and a working folder of its own."""
    done = []
    for scenario in plan["scenarios"]:
        folder = root / scenario["id"]
        places = {name: str(folder / name) for name in ("home", "work", "tmp")}
        for name in places.values():
            Path(name).mkdir(parents=True)
        for file in Path(plan["programs"]).glob("*.png"):
            shutil.copy(file, places["work"])
        values = {**plan["values"], **places, "url": url}
        environment = {
            **plan["environment"],
            "HOME": places["home"],
            "TMPDIR": places["tmp"],
            **({} if plan["isolated"] else {"HTTP_PROXY": CLOSED, "HTTPS_PROXY": CLOSED, "NO_PROXY": "127.0.0.1"}),
        }
        filled = {name: fill(value, values) for name, value in environment.items()}
        began = datetime.now(UTC).isoformat()
        commands = [[fill(word, values) for word in shlex.split(line)] for line in scenario["steps"]]
        steps = [step(command, filled, places["work"]) for command in commands]
        done.append({"id": scenario["id"], "began": began, "ended": datetime.now(UTC).isoformat(), "steps": steps})
    return done


def step(command: Sequence[str], environment: Mapping[str, str], folder: str) -> dict[str, Any]:
    """Runs one command and ends everything that it started."""
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=STEP_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, errors = process.communicate()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    texts = {"printed": output, "errors": errors}
    return {
        "exit": process.returncode,
        "seconds": round(time.monotonic() - began, 1),
        **{name: text.decode("utf-8", "replace") for name, text in texts.items()},
    }


@contextmanager
def serving(command: Sequence[str], log: Path) -> Iterator[str]:
    """Runs a command of ours until the block ends; gives the URL that it prints."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield address(process, log)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def address(process: subprocess.Popen[bytes], log: Path) -> str:
    """The first URL in the log. Fails where the process ends, or does not print one in time."""
    deadline = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < deadline:
        if (found := URL.search(log.read_text(encoding="utf-8"))) is not None:
            return found[0]
        time.sleep(0.05)
    raise SystemExit(f"did not start: {log.read_text(encoding='utf-8')[-2000:]}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with `{name}` replaced by values; other braces stay."""
    return re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], match[0]), text)


def bring_up_loopback() -> None:
    """Brings up the loopback interface, which is down in a new network namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        name = b"lo".ljust(16, b"\0")
        answer = fcntl.ioctl(control, GET_FLAGS, name + bytes(16))
        (flags,) = struct.unpack_from("H", answer, 16)
        fcntl.ioctl(control, SET_FLAGS, name + struct.pack("H", flags | UP) + bytes(14))


if __name__ == "__main__":
    file = Path(sys.argv[1])
    result = main(json.loads(file.read_text(encoding="utf-8")), file.parent)
    file.with_name("outcome.json").write_text(json.dumps(result), encoding="utf-8")
