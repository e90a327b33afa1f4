"""Writing files aside: they are whole or not there, and a good one survives every failure."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from contextlib import chdir, suppress
from pathlib import Path

import pytest

from conformance.base.output import OutputError, Outputs, write_files

GOOD = "what was written before\n"


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_files_take_their_places_together(tmp_path: Path) -> None:
    with Outputs() as outputs:
        outputs.add(tmp_path / "one.txt").write("1")
        outputs.add(tmp_path / "new" / "two.txt", make_folder=True).write("zwei: \udcff ü\n")
        assert not (tmp_path / "one.txt").exists()
        outputs.commit()
    assert (tmp_path / "one.txt").read_text() == "1"
    assert (tmp_path / "new" / "two.txt").read_text(encoding="utf-8") == "zwei: \\udcff ü\n"
    assert left_in(tmp_path) == {"one.txt", "new"}


def test_nothing_is_left_or_changed_where_something_goes_wrong_on_the_way(tmp_path: Path) -> None:
    good = tmp_path / "good.txt"
    good.write_text(GOOD)
    with suppress(KeyboardInterrupt), Outputs() as outputs:
        outputs.add(good).write("half of")
        raise KeyboardInterrupt
    assert (good.read_text(), left_in(tmp_path)) == (GOOD, {"good.txt"})


@pytest.mark.parametrize("place", ["missing/file.txt", "folder", "good.txt/inside", "x" * 300, "loop"])
def test_an_unusable_path_is_named_and_keeps_the_others_from_being_written(tmp_path: Path, place: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "good.txt").write_text(GOOD)
    (tmp_path / "loop").symlink_to("loop")
    before = left_in(tmp_path)
    with pytest.raises(OutputError, match="cannot be written: ") as problem:
        write_files({tmp_path / "good.txt": "new", tmp_path / place: "new"})
    assert str(tmp_path / place) in str(problem.value)
    assert not problem.value.disk
    assert ((tmp_path / "good.txt").read_text(), left_in(tmp_path)) == (GOOD, before)


def test_a_current_folder_that_is_gone_is_an_unusable_path(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    with chdir(tmp_path / "gone"):
        (tmp_path / "gone").rmdir()
        with pytest.raises(OutputError, match=r"file\.txt cannot be written: No such file or directory"):
            write_files({Path("file.txt"): "text"})


LIMITED = """
import resource, sys
from pathlib import Path
from conformance.base.output import OutputError, write_files
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
try:
    write_files({Path("small.txt"): "s" * 10, Path("good.txt"): "n" * 100_000})
except OutputError as problem:
    print(problem, problem.disk)
"""


@pytest.mark.parametrize("limit", [0, 9, 10, 4_096, 8_192, 99_999, 100_000])
def test_a_full_disk_at_any_byte_changes_nothing(tmp_path: Path, limit: int) -> None:
    (tmp_path / "good.txt").write_text(GOOD)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(limit)], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    if limit < 100_000:
        assert done.stdout == "good.txt cannot be written: File too large True\n"
        assert ((tmp_path / "good.txt").read_text(), left_in(tmp_path)) == (GOOD, {"good.txt"})
    else:
        assert (done.stdout, left_in(tmp_path)) == ("", {"small.txt", "good.txt"})
        assert len((tmp_path / "good.txt").read_text()) == limit


def test_a_device_is_written_to_at_once_and_a_full_one_is_named(tmp_path: Path) -> None:
    write_files({Path(os.devnull): "text"})
    with pytest.raises(OutputError, match="/dev/full cannot be written: No space left on device") as problem:
        write_files({tmp_path / "a.txt": "a", Path("/dev/full"): "text"})
    assert problem.value.disk
    assert left_in(tmp_path) == set()


def test_links_and_permissions_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "file.txt"
    target.write_text(GOOD)
    target.chmod(0o640)
    (tmp_path / "link.txt").symlink_to(target)
    write_files({tmp_path / "link.txt": "new", tmp_path / "fresh.txt": "new"})
    assert (tmp_path / "link.txt").is_symlink()
    assert (target.read_text(), stat.S_IMODE(target.stat().st_mode)) == ("new", 0o640)
    plain = tmp_path / "plain.txt"
    plain.write_text("by open()")
    assert (tmp_path / "fresh.txt").stat().st_mode == plain.stat().st_mode
