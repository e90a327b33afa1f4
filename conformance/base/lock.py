"""A lock on a folder: a file that one process at a time holds, and that the system frees when the process dies."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows; there, nothing keeps two processes from writing to one folder
    fcntl = None  # type: ignore[assignment]

NAME = "journal.lock"
"""The file that is locked. It holds the number of the process, and is gone once that ends in an orderly way."""


class LockedError(Exception):
    """Another process holds the lock. The message is a sentence without a full stop."""


class Lock:
    """A lock that is held. Made by `lock`."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    def release(self) -> None:
        """Lets go. Releasing twice does no harm."""
        if self._descriptor >= 0:
            with suppress(OSError):  # the folder is gone, or has become read-only
                self._path.unlink()
            os.close(self._descriptor)
            self._descriptor = -1


def lock(folder: Path) -> Lock:
    """Takes the lock of a folder, which has to exist.

    Raises LockedError where another process holds it, and OSError where the folder cannot be written to. A file system
    that knows no locks gives none, and the run goes on without.
    """
    path = folder / NAME
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if fcntl is not None:
                _take(folder, descriptor)
            if _is_file_of(path, descriptor):  # and was not removed by its last owner before we had it
                break
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
    with suppress(OSError):  # on a full disk the lock is as good, it only does not say whose it is
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
    return Lock(path, descriptor)


def _take(folder: Path, descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
        who = f"process {owner}" if owner.isdigit() else "another process"
        raise LockedError(f"{folder} is in use by {who}") from None
    except OSError:
        pass  # a file system without locks


def _is_file_of(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
