"""What `compare --loopback` finds of gateways in front of the reference endpoint is what `tests/data/compared` says."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

EXPECTED = Path(__file__).resolve().parents[1] / "data" / "compared"


@pytest.fixture
def changes(between: str) -> list[dict[str, Any]]:
    loaded: dict[str, Any] = yaml.safe_load((EXPECTED / f"{between}.yaml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = loaded["changes"]
    return found


def test_every_finding_is_one_that_was_checked_on_the_wire(
    compared: dict[str, Any], changes: list[dict[str, Any]]
) -> None:
    known = [pattern for change in changes for pattern in change["found"]]
    new = [each for each in _findings(compared) if not any(_matches(each, pattern) for pattern in known)]
    assert not new, "\n".join(new)


def test_every_known_change_is_found(compared: dict[str, Any], changes: list[dict[str, Any]]) -> None:
    found = _findings(compared)
    gone = [
        f"{pattern} ({change['change']})"
        for change in changes
        for pattern in change["found"]
        if not any(_matches(each, pattern) for each in found)
    ]
    assert not gone, "\n".join(gone)


def _findings(document: dict[str, Any]) -> list[str]:
    return [f"{each['kind']} {each['where']}" for each in document["findings"] if not each["informs"]]


def _matches(found: str, pattern: str) -> bool:
    return fnmatchcase(found, pattern.replace("[", "[[]"))
