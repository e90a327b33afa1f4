"""`.env` files: variables, each with its line. The form is that of python-dotenv: `NAME=value`, quotes, `${OTHER}`."""

from __future__ import annotations

import io
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from conformance.base.errors import FileError
from conformance.base.files import Bounds, read_text

LONGEST: Final = 64 * 1024
"""Characters of a value once its variables are filled in."""

_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*+")
_VARIABLE: Final = re.compile(r"\$\{([^}:]{0,200}+)(?::-([^}]{0,1000}+))?\}")


@dataclass(frozen=True)
class Variable:
    """The value of a variable, and the line where it is set."""

    value: str
    line: int


def read(path: Path, bounds: Bounds) -> dict[str, Variable]:
    """The variables of a file. Raises FileError, with file and line, for what is not one variable a line.

    Variables that a value names are filled in, first from the lines above and then from the environment; what that
    makes of a value is bounded.
    """
    from dotenv.parser import parse_stream

    text = read_text(path, bounds.bytes)
    found: dict[str, Variable] = {}
    for number, binding in enumerate(parse_stream(io.StringIO(text))):
        line = binding.original.line
        line += len(binding.original.string) - len(binding.original.string.lstrip("\n"))  # comes with blank lines above
        if binding.error or (binding.key is not None and not _NAME.fullmatch(binding.key)):
            raise FileError("Expected NAME=value", path=path, line=line)
        if number >= bounds.values:
            raise FileError(f"The file holds more than {bounds.values:,} lines", path=path, line=line)
        if binding.key is not None and binding.value is None:
            found.pop(binding.key, None)  # a bare name takes the value away
        elif binding.key is not None and binding.value is not None:
            found[binding.key] = Variable(_filled(binding.value, found, path, line, binding.key), line)
    return found


def _filled(value: str, above: dict[str, Variable], path: Path, line: int, key: str) -> str:
    """A value with the variables that it names."""
    parts, at, length = [], 0, 0
    for match in _VARIABLE.finditer(value):
        name, otherwise = match[1], match[2]
        known = above[name].value if name in above else os.environ.get(name, otherwise or "")
        parts += [value[at : match.start()], known]
        at = match.end()
        length += len(parts[-1]) + len(parts[-2])
        if length > LONGEST:
            raise FileError(f"The value is longer than {LONGEST:,} characters", path=path, line=line, key=key)
    return "".join([*parts, value[at:]])
