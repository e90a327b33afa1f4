"""Streams that survive: what they say of themselves, and that they leave everything as it was."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress

import pytest

from conformance.base.streams import LastingFile, output_problem, standard_streams


def test_a_file_writes_everything_and_says_nothing_where_its_reader_has_left() -> None:
    reader, writer = os.pipe()
    file = LastingFile(writer)
    assert (file.write(b"whole"), os.read(reader, 9)) == (5, b"whole")
    os.close(reader)
    assert (file.write(b"nobody reads"), file.problem) == (12, None)
    os.close(writer)
    assert (file.write(b"dropped"), file.problem) == (7, None)


def test_a_pipe_that_does_not_wait_is_waited_for() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 4_096)
    os.read(reader, 1 << 20)
    assert LastingFile(writer).write(b"y" * 4_096) == 4_096
    os.close(reader)
    os.close(writer)


def test_the_first_problem_is_kept_and_the_rest_is_dropped() -> None:
    with open("/dev/full", "wb", buffering=0) as full:  # noqa: PTH123
        file = LastingFile(full.fileno())
        assert (file.write(b"a"), file.write(b"b")) == (1, 1)
    assert file.problem is not None
    assert file.problem.errno == errno.ENOSPC


def test_streams_without_a_file_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    text = io.StringIO()
    monkeypatch.setattr(sys, "stdout", text)
    with standard_streams():
        assert sys.stdout is text
        assert output_problem() is None


class Broken(io.StringIO):
    def flush(self) -> None:
        raise BrokenPipeError


def test_a_stream_of_somebody_else_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Broken())
    assert output_problem() is None


def test_a_stream_that_was_closed_from_the_start_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with standard_streams():
        print("nobody reads this")
        assert output_problem() is None
    assert sys.stdout is None
