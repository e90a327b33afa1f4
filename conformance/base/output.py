"""The one way files are written: beside their places, and moved there when all of them are whole.

A file is never half written, and a good one is never replaced by a failed attempt. Only the journal is written in
another way: it grows line by line (`wire/journal.py`).
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

DISK: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""What a full or broken disk answers. All other problems are those of a path: no such folder, no permission."""


class OutputError(Exception):
    """A file could not be written. The message is a sentence without a full stop.

    `disk` is True where the disk is full or broken, False where the path is unusable.
    """

    def __init__(self, path: Path, problem: OSError) -> None:
        super().__init__(f"{path} cannot be written: {reason(problem)}")
        self.disk = is_of_disk(problem)


def is_of_disk(problem: OSError) -> bool:
    """Whether the disk is full or broken, so that another path would be no better."""
    return problem.errno in DISK


def reason(problem: OSError) -> str:
    """What the system answered, as in `No space left on device`."""
    return problem.strerror or type(problem).__name__


def write_files(files: Mapping[Path, str], *, make_folder: bool = False) -> None:
    """Writes all of the files or none of them, as UTF-8. Raises OutputError."""
    with Outputs() as outputs:
        for path, text in files.items():
            outputs.add(path, make_folder=make_folder).write(text)
        outputs.commit()


class Outputs:
    """Files that take their places together: `add` each, write to it, then `commit`.

    A context manager, which removes what was not committed.
    """

    def __init__(self) -> None:
        self._files: list[Output] = []

    def add(self, path: Path, *, make_folder: bool = False) -> Output:
        """A file to write to. `make_folder`: its folder is made where it is missing. Raises OutputError."""
        output = Output(path, make_folder=make_folder)
        self._files.append(output)
        return output

    def commit(self) -> None:
        """Moves all files to their places. Raises OutputError, and then moves none, where one is not whole on disk."""
        for output in self._files:
            output.finish()
        for output in self._files:
            output.move()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        for output in self._files:
            output.discard()


class Output:
    """One file on its way: written beside its place, under a hidden name. Made by `Outputs.add`.

    A device or a pipe, such as /dev/stdout, has no content to protect and is written to at once.
    """

    def __init__(self, path: Path, *, make_folder: bool) -> None:
        self._path = path
        self._aside: Path | None = None
        try:
            self._place = Path(os.path.realpath(path))  # a link keeps pointing to the file
            if make_folder:
                self._place.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._opened()
        except OSError as problem:
            raise OutputError(path, problem) from problem

    def write(self, text: str) -> None:
        """Adds text; a lone surrogate is written as an escape sequence. Raises OutputError."""
        self.append(text.encode("utf-8", "backslashreplace"))

    def append(self, data: bytes) -> None:
        """Adds bytes as they are. Raises OutputError."""
        try:
            self._file.write(data)
        except OSError as problem:
            raise OutputError(self._path, problem) from problem

    def finish(self) -> None:
        """Brings everything to the disk and closes. Raises OutputError."""
        try:
            self._file.flush()
            if self._aside is not None:
                os.fsync(self._file.fileno())
            self._file.close()
        except OSError as problem:
            raise OutputError(self._path, problem) from problem

    def move(self) -> None:
        """Puts the finished file in its place. Raises OutputError."""
        if self._aside is None:
            return
        try:
            self._aside.replace(self._place)
        except OSError as problem:
            raise OutputError(self._path, problem) from problem
        self._aside = None

    def discard(self) -> None:
        """Removes what was not moved."""
        with suppress(OSError):
            self._file.close()
        if self._aside is not None:
            with suppress(OSError):
                self._aside.unlink()

    def _opened(self) -> BinaryIO:
        try:
            mode = self._place.stat().st_mode
        except FileNotFoundError:
            mode = None
        if mode is not None and not stat.S_ISREG(mode):
            return self._place.open("wb")
        if mode is not None and not os.access(self._place, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))  # moving a file there would not ask
        aside = self._place.with_name(f".{secrets.token_hex(8)}.part")
        file = os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb")
        self._aside = aside
        if mode is not None:
            with suppress(OSError):
                aside.chmod(stat.S_IMODE(mode))
        return file
