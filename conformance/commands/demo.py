"""The command `demo`: a short run against the reference endpoint with famous defects. No key, no cost."""

from __future__ import annotations

import os
import webbrowser
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from conformance.base.clock import folder_name
from conformance.base.errors import HarnessError
from conformance.commands import run as runs
from conformance.config.options import OPTIONS
from conformance.reference.faults import faults_named, with_faults
from conformance.reference.pipeline import Settings, Steps
from conformance.reference.server import LocalServer

FAMOUS: Final = (
    "system-turn-refused", "start-input-tokens-zero", "tool-stop-reason-end-turn", "message-delta-without-usage",
    "error-envelope-of-another-api",
)  # fmt: skip
"""Faults of which many servers were reported, each found in several."""

VARIABLE: Final = "MESSAGES_DEMO_KEY"
"""The variable that holds a key while the run goes on; the server takes any."""

KEY: Final = "any-key"

PORT: Final = 4100
"""The port that `serve` takes, so that the commands which the run prints work with a server that is started again."""


def demo(tell: Callable[[str], object], *, show: bool) -> int:
    """Runs the smoke test against the reference endpoint with famous defects; returns the exit code.

    0 where the defects are found, as they have to be. `show` opens the report in a browser.
    """
    faults = " ".join(f"--fault {fault}" for fault in FAMOUS)
    tell(f"A demonstration on this machine: the reference endpoint with {len(FAMOUS)} defects that real servers had.")
    folder = Path("reports") / "demo" / folder_name()
    with ExitStack() as opened:
        server = _started(opened)
        given = {option.key: () if option.kind == "list" else None for option in OPTIONS}
        asked = {"url": server.url, "model": server.model, "name": "demo", "smoke": True, "out": str(folder)}
        os.environ[VARIABLE] = KEY
        opened.callback(os.environ.pop, VARIABLE, None)
        code = runs.run({**given, **asked, "api_key_env": VARIABLE}, ())
    report = (Path.cwd() / folder / "report.html").as_uri()
    tell("To try the commands above, start the same server again, which takes any key:")
    tell(f"        messages-conformance serve {faults}")
    if show:
        webbrowser.open_new_tab(report)
    else:
        tell(f"The report: {report}")
    return 0 if code == 1 else code


def _started(opened: ExitStack) -> LocalServer:
    """The server, on its usual port if that is free."""
    settings, steps = Settings(keys=()), with_faults(Steps(), faults_named(FAMOUS))
    try:
        return opened.enter_context(LocalServer(settings, steps, port=PORT))
    except HarnessError:
        return opened.enter_context(LocalServer(settings, steps))
