"""Standard output and standard error that survive what happens to them: no reader any more, a full disk, no UTF-8."""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stdout
from typing import Any, TextIO

GONE = frozenset({errno.EPIPE, errno.ECONNRESET, errno.EINVAL} if os.name == "nt" else {errno.EPIPE, errno.ECONNRESET})
"""What a stream without a reader answers."""


class LastingFile(io.RawIOBase):
    """What is written to a file descriptor; once that fails, everything else is dropped.

    `problem` is the error, and None where only nobody reads any more, as in `| head -1`: whoever closes a pipe has seen
    enough.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lost = False
        self.problem: OSError | None = None

    def write(self, data: Any) -> int:
        """Writes all of the bytes, or drops them; returns how many there are."""
        left = memoryview(data)
        while left and not self._lost:
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:
                select.select([], [self._descriptor], [])
            except OSError as problem:
                self._lost = True
                self.problem = problem if problem.errno not in GONE else None
        return len(data)

    def writable(self) -> bool:
        """True."""
        return True

    def fileno(self) -> int:
        """The file descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return os.isatty(self._descriptor)


@contextmanager
def standard_streams() -> Iterator[None]:
    """Makes both streams last while the context is open. Streams without a file descriptor stay as they are."""
    _fill_closed()
    output, errors = sys.stdout, sys.stderr
    with ExitStack() as opened:
        sys.stdout, sys.stderr = _lasting(output, opened), _lasting(errors, opened)
        try:
            yield
        finally:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            sys.stdout, sys.stderr = output, errors


def output_problem(stream: TextIO | None = None) -> OSError | None:
    """Why a stream, by default standard output, could not be written so far. There is nowhere to say what is wrong with
    standard error.
    """
    output = stream or sys.stdout
    buffer = getattr(output, "buffer", None)
    raw = getattr(buffer, "raw", buffer)
    if not isinstance(raw, LastingFile):  # somebody else's, as where pytest was started and not the command
        return None
    output.flush()
    return raw.problem


@contextmanager
def muted() -> Iterator[None]:
    """What is printed to standard output while the context is open goes nowhere."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):  # noqa: PTH123
        yield


def wants_colour(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a stream gets colour: NO_COLOR forbids it, FORCE_COLOR asks for it, otherwise a terminal that has it."""
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environment.get("TERM") != "dumb"


def columns_of(stream: TextIO, environment: Mapping[str, str] = os.environ) -> int:
    """The columns of a terminal: those that COLUMNS names, those that it has, or 80."""
    named = environment.get("COLUMNS", "")
    if named.isascii() and named.isdigit() and 0 < int(named) < 10_000:
        return int(named)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def _fill_closed() -> None:
    """Opens the standard streams that were closed from the start, on nothing. Otherwise the next file that is opened
    takes their number, and gets what is meant for the terminal.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _lasting(stream: TextIO | None, opened: ExitStack) -> TextIO:
    if stream is None:
        return opened.enter_context(open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123
    try:
        stream.flush()
        raw = LastingFile(stream.fileno())
    except (OSError, ValueError):
        return stream
    unbuffered = getattr(stream, "write_through", False)
    # Python itself leaves the buffer out where it was asked to (`-u`).
    buffer: Any = raw if unbuffered else io.BufferedWriter(raw)
    return io.TextIOWrapper(
        buffer,
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=getattr(stream, "line_buffering", False),
        write_through=unbuffered,
    )
