"""Files that users write or name, read within bounds: a regular file, not too large, UTF-8, and no NUL in it.

Every reader of such a file gets its bytes here (a test holds it); `yaml_text`, `toml_text`, `json_text` and
`dotenv_text` make values of them, within bounds as well. Whatever a file is, it is read, or refused with a FileError:
one sentence with file and line, exit code 4, within two seconds of CPU and 200 MB of memory.
"""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from conformance.base.errors import FileError

KIB: Final = 1024
MIB: Final = 1024 * 1024


@dataclass(frozen=True)
class Bounds:
    """What a kind of file may hold: bytes, values with aliases expanded, lists and mappings within each other.

    Reading a value costs microseconds, checking it against a schema up to a hundred of them; hence the differences.
    """

    bytes: int
    values: int
    depth: int = 64


CASES: Final = Bounds(512 * KIB, 15_000)
BASELINE: Final = Bounds(512 * KIB, 15_000)
SETTINGS: Final = Bounds(256 * KIB, 15_000)
"""`pyproject.toml` and the targets file."""
DOTENV: Final = Bounds(64 * KIB, 2_000)
RESULTS: Final = Bounds(32 * MIB, 250_000)
RECORD: Final = Bounds(24 * MIB, 150_000, 128)
"""One exchange that somebody else recorded: a line of NDJSON, an entry of a HAR file."""
JOURNAL: Final = Bounds(40 * MIB, 250_000, 128)
"""One line of a journal."""
SHIPPED: Final = Bounds(4 * MIB, 500_000)
"""What comes with the package."""

_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_KINDS: Final = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """A regular file, open for reading. Raises FileError where it cannot be opened, or read inside the block.

    A pipe or a device is not even opened, because that may wait for ever.
    """
    try:
        _check_regular(path, path.stat())
        with path.open("rb") as file:
            yield file
    except OSError as problem:
        raise unreadable(path, problem) from None
    except ValueError as problem:
        if "null" not in str(problem):
            raise
        raise FileError("A file name cannot hold a NUL", path=path) from None


def read_bytes(path: Path, most: int) -> bytes:
    """The content of a file of at most that many bytes. Raises FileError."""
    with opened(path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise FileError(f"The file is larger than {size(most)}", path=path)
    return data


def read_text(path: Path, most: int) -> str:
    """The content of a UTF-8 file of at most that many bytes, without a byte order mark. Raises FileError."""
    return decoded(read_bytes(path, most), path)


def decoded(data: bytes, path: Path, line: int = 1) -> str:
    """Bytes of a file as text, without a byte order mark in front. `line` is where they start in the file.

    Raises FileError where they are not UTF-8, or hold a NUL, as no text file does.
    """
    if data.startswith(_UTF_16):
        raise FileError("The file is UTF-16; save it as UTF-8", path=path, line=line)
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as problem:
        number = line + problem.object.count(b"\n", 0, problem.start)
        found = problem.object[problem.start]
        raise FileError(f"The file is not UTF-8: byte 0x{found:02x}", path=path, line=number) from None
    if (at := text.find("\0")) >= 0:
        raise FileError("The file is not a text file: it holds a NUL", path=path, line=line + text.count("\n", 0, at))
    return text


def unreadable(path: Path, problem: OSError) -> FileError:
    """The error for a file that the system does not let us read."""
    if isinstance(problem, FileNotFoundError):
        return FileError("The file does not exist", path=path)
    return FileError(f"The file cannot be read: {problem.strerror or problem}", path=path)


def size(number: int) -> str:
    """A number of bytes for people, as in "512 KiB"."""
    for unit, name in ((MIB, "MiB"), (KIB, "KiB")):
        if number >= unit and number % unit == 0:
            return f"{number // unit} {name}"
    return f"{number:,} bytes"


def _check_regular(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "something else")
        raise FileError(f"Expected a file, found {kind}", path=path)
