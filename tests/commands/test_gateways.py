"""`compare --loopback` finds what a gateway alters, as that and nothing else; and nothing where it alters nothing."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.commands.compare import CompareOptions, run
from support.data import DATA
from support.gateway import alteration, gateway
from support.servers import free_address

GATEWAYS = yaml.safe_load((DATA / "gateways.yaml").read_text(encoding="utf-8"))

CASES = (
    "system-two-blocks",
    "tools-loop-with-real-call",
    "errors-unknown-model-refused",
    "counting-plain-question",
)
"""What is sent through a gateway whose entry names no cases."""


@pytest.mark.slow
@pytest.mark.parametrize("entry", GATEWAYS, ids=[entry["id"] for entry in GATEWAYS])
def test_what_a_gateway_alters_is_found_as_that_and_nothing_else(entry: dict[str, Any], tmp_path: Path) -> None:
    document, code = compared(entry, tmp_path)
    assert document["compared"]
    for key, informs in (("found", False), ("noted", True)):
        seen = {f"{each['kind']} {each['where']}" for each in document["findings"] if each["informs"] is informs}
        expected = entry.get(key, [])
        others = {each for each in seen if not any(_matches(each, pattern) for pattern in expected)}
        missing = {pattern for pattern in expected if not any(_matches(each, pattern) for each in seen)}
        assert (others, missing) == (set(), set())
    assert code == (1 if entry.get("found") else 0)


def _matches(seen: str, pattern: str) -> bool:
    return fnmatchcase(seen, pattern.replace("[", "[[]"))


def compared(entry: dict[str, Any], folder: Path) -> tuple[dict[str, Any], int]:
    """The document of a comparison through a gateway, and the exit code."""
    upstream = free_address()
    options = {"case": tuple(entry.get("cases", CASES)), "out": str(folder)}
    with gateway(upstream, alteration(entry)) as url:
        _, code = run(options, CompareOptions(upstream, url, loopback=True), folder, lambda line: None)
    return json.loads((folder / "comparison.json").read_text(encoding="utf-8")), code
