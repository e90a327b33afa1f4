import os
import sys
from pathlib import Path

import pytest

from conformance.base.errors import LONGEST, FileError
from conformance.base.files import opened, read_bytes, read_text

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def refusal(path, most=1_000) -> str:
    with pytest.raises(FileError) as caught:
        read_text(path, most)
    assert caught.value.exit_code == 4
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "text"), [(b"", ""), (b"a\r\nb", "a\r\nb"), ("\ufeffé".encode(), "é"), (b"x" * 1_000, "x" * 1_000)]
)
def test_a_text_file_is_read_without_its_byte_order_mark(tmp_path, data, text):
    path = tmp_path / "a"
    path.write_bytes(data)
    assert read_text(path, 1_000) == text


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"x" * 1_001, "The file is larger than 1,000 bytes"),
        ("a: 1\n".encode("utf-16"), "The file is UTF-16; save it as UTF-8"),
        (b"a\nb\xff", "The file is not UTF-8: byte 0xff"),
        (b"a\n\nb\0", "The file is not a text file: it holds a NUL"),
    ],
)
def test_what_is_no_text_file_is_one_sentence(tmp_path, data, problem):
    path = tmp_path / "a"
    path.write_bytes(data)
    assert problem in refusal(path)


def test_the_sentence_names_the_line(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"a\nb\xff")
    assert refusal(path).startswith(f"{path}:2: ")


def test_only_as_much_as_is_allowed_is_read(tmp_path):
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert "larger than 64 KiB" in refusal(path, 64 * 1024)


def test_a_folder_and_a_missing_file_are_one_sentence(tmp_path):
    assert refusal(tmp_path) == f"{tmp_path}: Expected a file, found a folder"
    assert refusal(tmp_path / "a" / "b") == f"{tmp_path / 'a' / 'b'}: The file does not exist"
    assert "NUL" in refusal(tmp_path / "a\0b")
    assert "cannot be read" in refusal(tmp_path / ("x" * 5_000))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither pipes nor devices among its files")
def test_a_pipe_and_a_device_are_not_even_opened(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert "Expected a file, found a pipe" in refusal(pipe)
    (tmp_path / "zero").symlink_to("/dev/zero")
    assert "Expected a file, found a device" in refusal(tmp_path / "zero")


def test_a_file_that_may_not_be_read_is_one_sentence(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_text("x")
    if AS_ROOT:
        monkeypatch.setattr(Path, "open", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    else:
        path.chmod(0)
    assert refusal(path) == f"{path}: The file cannot be read: Permission denied"


def test_a_disk_that_fails_while_it_is_read_is_one_sentence(tmp_path):
    path = tmp_path / "a"
    path.write_text("x")
    with pytest.raises(FileError, match="cannot be read: Input/output error"), opened(path):
        raise OSError(5, "Input/output error")
    assert read_bytes(path, 1) == b"x"


def test_a_message_quotes_no_more_than_people_read_and_steers_no_terminal(tmp_path):
    problem = FileError(
        f"Unknown key {'x' * 9_000!r}: {'y' * 9_000}\x1b[2J", path=tmp_path / "a\x1b[2J", key="k" * 9_000
    )
    assert len(str(problem)) < LONGEST + 500
    assert str(problem).isprintable()
    assert f"'{'x' * 60}...'" in str(problem)
