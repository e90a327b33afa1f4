"""Errors on our side, each with the exit code of the process. The message is the sentence that people read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from conformance.base.values import printable, shortened

LONGEST: Final = 600
"""Characters of a sentence about a file, its place aside."""

_LONGEST_KEY: Final = 120
_LONG_QUOTE: Final = re.compile(r"""(['"])([^'"]{60})[^'"]{20,}+\1""")


class HarnessError(Exception):
    """An error on our side (configuration, catalogue, disk, a bug). Never a vendor's failure.

    `exit_code` is the exit code of the process: 2 could not decide, 3 our own error, 4 usage.
    """

    def __init__(self, message: str, *, exit_code: int = 3) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class UsageError(HarnessError):
    """Bad input from the user: an option, a file or a name that does not fit. The message says what to correct."""

    def __init__(self, message: str) -> None:
        super().__init__(message, exit_code=4)


class FileError(UsageError):
    """A file that cannot be read or does not fit: one line with file, line and key, whatever the file holds.

    `problem` is the sentence without place and suggestion. Values that it quotes are cut, and what steers a terminal is
    escaped. `line` is 1-based. `suggestion` is the name that was probably meant.
    """

    def __init__(
        self,
        problem: str,
        *,
        path: Path,
        line: int | None = None,
        key: str | None = None,
        suggestion: str | None = None,
    ) -> None:
        self.problem = shortened(_LONG_QUOTE.sub(r"\1\2...\1", printable(problem)), LONGEST)
        self.path = path
        self.line = line
        self.key = key
        self.suggestion = suggestion
        where = f"{path}:{line}" if line is not None else f"{path}"
        named = f"{shortened(printable(key), _LONGEST_KEY)}: " if key else ""
        meant = f". Did you mean {shortened(suggestion, _LONGEST_KEY)!r}?" if suggestion else ""
        super().__init__(f"{printable(where)}: {named}{self.problem}{meant}")
