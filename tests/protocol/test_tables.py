"""The tables of statuses, blocks, deltas and stop reasons agree with the catalogue and with the OpenAPI document."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import conformance
from conformance.base.versions import DEFAULT_VERSION
from conformance.judge.library import load_library
from conformance.protocol import blocks, statuses, stop_reasons
from conformance.standard.document import load_document
from conformance.standard.paths import spec_folder


def test_the_error_type_of_a_status_is_the_one_that_the_catalogue_expects() -> None:
    expected = {
        call.argument["status"]: call.argument["type"]
        for case in load_library(DEFAULT_VERSION).catalogue.cases
        for call in case.expect
        if call.name == "error-type"
    }
    assert expected
    told = {row.code: row.error_type for row in statuses.STATUSES.values() if row.error_type is not None}
    assert told == expected


def test_a_status_that_slows_down_or_pushes_back_is_retried() -> None:
    assert statuses.SLOW_DOWN <= statuses.RETRIED
    assert statuses.UNPROVOKED <= statuses.PUSHED_BACK <= statuses.RETRIED
    assert statuses.DOCUMENTED_RETRIES.isdisjoint(statuses.NOT_THE_ENDPOINT)


def documented(union: str) -> set[str]:
    """The types of the members of a union in the document."""
    mapping: dict[str, str] = load_document().schema(union)["discriminator"]["mapping"]
    return set(mapping)


def of_betas(kinds: set[str]) -> bool:
    """Whether each of these types is one that a beta adds."""
    texts = [path.read_text(encoding="utf-8") for path in (spec_folder() / "betas").glob("*.yaml")]
    return all(any(kind in text for text in texts) for kind in kinds)


def test_every_block_and_delta_of_the_document_is_in_the_tables() -> None:
    answers = {kind for kind in documented("ContentBlock") if not blocks.is_server_result(kind)}
    assert answers <= set(blocks.BLOCKS)
    assert of_betas(set(blocks.BLOCKS) - answers)
    assert documented("RawContentBlockDelta") <= set(blocks.DELTAS)
    assert of_betas(set(blocks.DELTAS) - documented("RawContentBlockDelta"))


def test_every_delta_of_a_block_is_a_row_and_every_row_fits_a_block() -> None:
    assert {delta for fitting in blocks.FITS.values() for delta in fitting} == set(blocks.DELTAS)
    assert not any(blocks.BLOCKS[name].whole for name in (*blocks.FITS, *blocks.STARTS))


def test_the_stop_reasons_are_those_of_the_document() -> None:
    told = set(load_document().schema("Message")["properties"]["stop_reason"]["x-known-values"])
    assert told <= set(stop_reasons.STOP_REASONS)
    assert of_betas(set(stop_reasons.STOP_REASONS) - told)
    assert stop_reasons.FOREIGN.isdisjoint(stop_reasons.STOP_REASONS)


ELSEWHERE = {"reference", "standard", "sdk_drift", "report"}
"""Packages that know statuses from elsewhere: the reference endpoint shares nothing with the judge."""


@cache
def nodes_elsewhere() -> tuple[tuple[str, ast.AST], ...]:
    """Every piece of code that is to know statuses from the table only, and its place."""
    package = Path(conformance.__file__).parent
    return tuple(
        (f"{path.relative_to(package)}:{node.lineno}", node)
        for path in package.rglob("*.py")
        if path.relative_to(package).parts[0] not in ELSEWHERE and path.name != "statuses.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Tuple | ast.Set | ast.List | ast.Compare)
    )


def numbers(node: ast.AST) -> list[int]:
    found = [item.value for item in ast.walk(node) if isinstance(item, ast.Constant)]
    return [value for value in found if type(value) is int]


def test_no_other_module_lists_statuses_or_compares_one_with_a_number() -> None:
    lists = [
        place
        for place, node in nodes_elsewhere()
        if isinstance(node, ast.Tuple | ast.Set | ast.List)
        and sum(isinstance(item, ast.Constant) and item.value in statuses.STATUSES for item in node.elts) > 1
    ]
    compared = [
        place
        for place, node in nodes_elsewhere()
        if isinstance(node, ast.Compare) and max(numbers(node), default=0) > 99
        if "status" in ast.unparse(node).lower()
    ]
    assert lists + compared == []


def test_every_status_belongs_to_one_class() -> None:
    classes = (statuses.is_success, statuses.is_redirect, statuses.is_client_error, statuses.is_server_error)
    for status in range(1000):
        assert sum(belongs(status) for belongs in classes) == (status >= 200)
        assert statuses.is_error(status) == (status >= 400)
    assert not any(belongs(None) for belongs in (*classes, statuses.is_error))
