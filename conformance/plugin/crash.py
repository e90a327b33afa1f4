"""Exceptions that nobody foresaw, wherever pytest calls the plugin: one sentence, a crash file, exit code 3."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from conformance.plugin.session import SESSIONS
from conformance.wire.crash import noted, secrets_in, sentence_for


def foreseen(config: pytest.Config) -> AbstractContextManager[None]:
    """Turns what nobody foresaw into a HarnessError. The crash file goes to the folder of the first run."""
    return noted(*_place(config))


def sentence_of(problem: BaseException, config: pytest.Config) -> str:
    """The sentence for what nobody foresaw and pytest has caught."""
    return sentence_for(problem, *_place(config))


def _place(config: pytest.Config) -> tuple[Path, set[str]]:
    """Where a crash file goes, and what may not be in it."""
    sessions = list(config.stash.get(SESSIONS, {}).values())
    secrets = set(secrets_in(os.environ))
    for session in sessions:
        secrets |= secrets_in(session.settings.environment, session.settings["api_key_env"])
    return (sessions[0].folder if sessions else config.invocation_params.dir), secrets
