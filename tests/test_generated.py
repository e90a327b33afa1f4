"""Every generated file is what the project says today."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.base.errors import HarnessError
from conformance.commands.regen import GENERATED, regenerate
from conformance.standard.library import Library

CHECKOUT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_file_is_current(library: Library, name: str) -> None:
    """Where this fails: run `tox -e regen` and read the difference."""
    assert (CHECKOUT / name).read_text(encoding="utf-8") == GENERATED[name](library), "run `tox -e regen`"


def test_only_what_is_out_of_date_is_written(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    assert regenerate(tmp_path) == tuple(GENERATED)
    first, *_ = GENERATED
    made = (tmp_path / first).read_text(encoding="utf-8")
    (tmp_path / first).write_text("old", encoding="utf-8")
    assert regenerate(tmp_path) == (first,)
    assert (tmp_path / first).read_text(encoding="utf-8") == made


def test_without_a_checkout_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="not a checkout"):
        regenerate(tmp_path)
    assert list(tmp_path.iterdir()) == []
