"""The data of the tests: recorded exchanges, probe streams, and facts.

`tests/data/README.md` says where each file is from.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
DATA = CHECKOUT / "tests" / "data"
EXCHANGES = DATA / "exchanges.ndjson.gz"
VARIABLE = "MESSAGES_CORPUS"


def large_corpus() -> Path | None:
    """The large corpus, where the environment names it. Raises UsageError where the named file does not exist."""
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    path = Path(named).resolve()
    if not path.is_file():
        raise pytest.UsageError(f"{VARIABLE} names {named}, which is not a file")
    return path


def corpora() -> list[Any]:
    """The files of recorded exchanges to test with, as parameters."""
    large = large_corpus()
    return [pytest.param(EXCHANGES, id="data"), *([pytest.param(large, id="large")] if large else [])]


def said_of_the_corpus() -> str:
    """Which recorded exchanges the tests use, in one line."""
    large = large_corpus()
    if large is None:
        return f"recordings: tests/data only; {VARIABLE} names no large corpus, so nothing is tested with one"
    return f"recordings: tests/data and {large}"


@cache
def records(path: Path) -> tuple[dict[str, Any], ...]:
    """All records of a corpus, in its order."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return tuple(json.loads(line) for line in lines)


def genuine(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a corpus that nobody made up."""
    return (record for record in records(path) if not record.get("synthetic"))


def read_data(name: str) -> Any:
    """A JSON file of `tests/data/`."""
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def read_yaml(name: str) -> Any:
    """A YAML file of `tests/data/`."""
    return yaml.safe_load((DATA / name).read_text(encoding="utf-8"))
