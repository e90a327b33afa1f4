"""Exceptions that nobody foresaw, wherever pytest calls the plugin: one sentence, a crash file, exit code 3."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager

import pytest

from conformance.plugin.session import SESSIONS
from conformance.wire.crash import noted, secrets_in


def foreseen(config: pytest.Config) -> AbstractContextManager[None]:
    """Turns what nobody foresaw into a HarnessError. The crash file goes to the folder of the first run."""
    sessions = list(config.stash.get(SESSIONS, {}).values())
    secrets = set(secrets_in(os.environ))
    for session in sessions:
        secrets |= secrets_in(session.settings.environment, session.settings["api_key_env"])
    here = config.invocation_params.dir
    return noted(sessions[0].folder if sessions else here, secrets)
