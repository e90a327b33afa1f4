"""Tests that name a case name one that exists: an id that is gone makes a test of what is not there pass for ever."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from conformance.judge.checks import REGISTRY
from conformance.reference.faults import all_faults
from conformance.standard.library import Library

TESTS = Path(__file__).parent
INVENTED = ("report", "support/sample.py", "judge/checks", "comparison", "commands/test_compare.py", "claims")
"""Where cases are made up, or something else has such names: samples of results, arguments of checks, kinds of what a
gateway changes, ids of claims.
"""
NO_CASES = {"messages-conformance", "messages-empty-string", "models-list", "output-tokens", "request-id", "system-out"}
MISSPELT = {"response-has-idd", "tools-any-force-a-call", "tools-reed"}


def strings(library: Library) -> Iterator[tuple[str, str]]:
    """Every string of the tests that begins like the id of a case, and its place."""
    areas = "|".join(sorted({re.escape(case.area) for case in library.cases.values()}))
    pattern = re.compile(rf"(?:{areas})(?:-[a-z0-9_]+)+")
    for path in TESTS.rglob("*.py"):
        name = path.relative_to(TESTS).as_posix()
        if not name.startswith(INVENTED):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and pattern.fullmatch(node.value):
                    yield f"{name}:{node.lineno}", node.value


def test_every_case_that_a_test_names_exists(library: Library) -> None:
    known = {*library.cases, *library.catalogue.scenarios, *REGISTRY, *all_faults(), *NO_CASES, *MISSPELT}
    assert [(place, name) for place, name in strings(library) if name not in known] == []
