"""Results in a location of fsspec, such as `s3://bucket/nights` or `memory://nights`, copied to this machine.

fsspec and the package for the location are optional. Whatever the location holds, only files of known names are
copied, as many and as large as the bounds allow.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, Final

from conformance.base.errors import HarnessError, UsageError
from conformance.base.files import size

DEEPEST: Final = 6
_URL: Final = re.compile(r"[a-z][a-z0-9+.-]*://")
_PART: Final = 1 << 20


def is_remote(place: str) -> bool:
    """Whether a place is the URL of a location."""
    return _URL.match(place) is not None


@contextmanager
def fetched(place: str, names: Collection[str], *, most_files: int, most_bytes: int) -> Iterator[Path]:
    """A folder with copies of the files with these names, at any depth of a location, under their relative paths.

    `most_bytes` bounds each file. Raises UsageError without fsspec, for a location that it does not know and for one
    that crosses a bound, HarnessError (exit code 2) for one that cannot be read.
    """
    with TemporaryDirectory() as folder:
        _fetch(place, names, Path(folder), most_files, most_bytes)
        yield Path(folder)


def _fetch(place: str, names: Collection[str], into: Path, most_files: int, most_bytes: int) -> None:
    try:
        fsspec: Any = import_module("fsspec")
    except ImportError:
        raise UsageError(f"{place}: install messages-conformance[remote] to read such a location.") from None
    try:
        system, root = fsspec.core.url_to_fs(place)
        found = [path for path in system.find(root, maxdepth=DEEPEST) if PurePosixPath(path).name in names]
        if len(found) > most_files:
            raise UsageError(f"{place} holds more than {most_files:,} files.")
        for path in sorted(found):
            _copy(system, path, into / _relative(path, root), most_bytes)
    except (ImportError, ValueError) as problem:
        raise UsageError(f"{place} is no location that can be read here: {problem}") from None
    except OSError as problem:
        raise HarnessError(f"{place} cannot be read: {problem.strerror or problem}", exit_code=2) from None


def _relative(path: str, root: str) -> Path:
    """The path below the root, without what would lead out of it."""
    below = path.removeprefix(root).replace("\\", "/")
    return Path(*(part for part in below.split("/") if part not in ("", ".", "..")))


def _copy(system: Any, path: str, to: Path, most: int) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    left = most
    with system.open(path, "rb") as source, to.open("wb") as copy:
        while part := source.read(min(_PART, left + 1)):
            left -= len(part)
            if left < 0:
                raise UsageError(f"{path} is larger than {size(most)}.")
            copy.write(part)
