"""What is left of an exception that nobody foresaw: a redacted file for whoever repairs it, and one sentence."""

from __future__ import annotations

import os
import platform
import re
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from conformance import __version__
from conformance.base.errors import HarnessError
from conformance.base.output import OutputError, write_files
from conformance.wire.credentials import HIDDEN, is_secret
from conformance.wire.redact import Redactor

REPORT: Final = "report it with that file"
LONGEST: Final = 100_000
"""Characters of a crash file; the end of a longer one says most."""

_NAMES: Final = re.compile(r"key|token|secret|password|passwd|credential|auth", re.IGNORECASE)
"""Names of environment variables that hold secrets."""

_LONG_WORD: Final = re.compile(r"(?<=[Bb]earer )\S+|[\w+=~-]{12,}")
"""What may be a key, whoever it belongs to: recordings hold keys that nobody can list."""

_BEGINNINGS: Final = ("sk-", "sk_", "gsk_", "pk-", "pk_", "xai-", "rk-")
_FEWEST_DIGITS: Final = 4
"""Digits from which on a long word is more likely a key than the name of a function."""


@contextmanager
def noted(folder: Path, secrets: Iterable[str] = ()) -> Iterator[None]:
    """Turns every exception that nobody foresaw into a HarnessError (exit code 3), and notes it in a file in `folder`,
    or in the current folder where that is not there. `secrets` are in neither.
    """
    try:
        yield
    except HarnessError:
        raise
    except Exception as problem:
        raise HarnessError(sentence_for(problem, folder, secrets)) from None


def sentence_for(problem: BaseException, folder: Path, secrets: Iterable[str] = ()) -> str:
    """One sentence on an exception, which is noted in a file; once, however often it is met."""
    known: str | None = getattr(problem, "messages_crash", None)
    if known is not None:
        return known
    frames = traceback.extract_tb(problem.__traceback__)
    where = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    what = f"an error that nobody foresaw ({type(problem).__name__}{where})"
    path = (folder if folder.is_dir() else Path.cwd()) / _name()
    try:
        write_files({path: _text(problem, Redactor(secrets))})
        sentence = f"{what}; {REPORT}: {path}"
    except OutputError as full:
        sentence = f"{what}; {full}"
    problem.messages_crash = sentence  # type: ignore[attr-defined]
    return sentence


def secrets_in(environment: Mapping[str, str], *names: str) -> frozenset[str]:
    """The values of environment variables that hold secrets, those of `names` among them."""
    return frozenset(
        value
        for name, value in environment.items()
        if value and (name in names or _NAMES.search(name)) and is_secret(value)
    )


def _name() -> str:
    return f"crash-{datetime.now(UTC).strftime('%Y%m%dT%H%M%S%fZ')}-{os.getpid()}.txt"


def _text(problem: BaseException, redactor: Redactor) -> str:
    """Where it happened and what it said. No values of variables, and nothing that looks like a key."""
    trace = "".join(traceback.format_exception(problem))[-LONGEST:]
    system = f"{platform.python_implementation()} {platform.python_version()}, {platform.system()}"
    hidden = _LONG_WORD.sub(_unless_a_key, redactor.text(trace))
    return f"messages-conformance {__version__}, {system}\n\n{hidden}"


def _unless_a_key(found: re.Match[str]) -> str:
    word = found[0]
    behind_bearer = found.string.endswith("earer ", 0, found.start())
    digits = sum(character.isdigit() for character in word)
    return HIDDEN if behind_bearer or word.startswith(_BEGINNINGS) or digits >= _FEWEST_DIGITS else word
