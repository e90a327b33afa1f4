"""The sentence for an exception that nobody foresaw, in whatever command."""

from __future__ import annotations

import os
from pathlib import Path

from conformance.config.settings import read_settings
from conformance.wire.crash import secrets_in, sentence_for


def sentence(problem: Exception) -> str:
    """The sentence, which names the crash file in the current folder. Raises nothing."""
    here = Path()  # which may be gone
    try:
        here = Path.cwd()
        environment = read_settings({}, here).environment
    except Exception:  # perhaps what the crash is about
        environment = dict(os.environ)
    return sentence_for(problem, here, secrets_in(environment))
