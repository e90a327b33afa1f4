"""Finds the file and line of a place in the document, among the document itself, its versions and its betas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from conformance.base.pointer import look_up
from conformance.base.values import MISSING
from conformance.model import Json
from conformance.standard.betas import beta_file
from conformance.standard.document import DOCUMENT_FILE, Document
from conformance.standard.source import lines_of, load_yaml


def places(document: Document) -> Callable[[str], str]:
    """A function from a JSON pointer to a place as in `specs/messages.openapi.yaml:12`.

    What betas or the API version change is where they say it; what nothing has, at the nearest part that exists.
    """
    lines = cache(lines_of)
    files = [(path, load_yaml(path)) for path in _files(document)]

    def place(pointer: str) -> str:
        path = next((path for path, data in files if _has(data, pointer)), files[-1][0])
        return f"{path.relative_to(document.folder.parent).as_posix()}:{lines(path)(pointer)}"

    return place


def _files(document: Document) -> Iterator[Path]:
    """The files that make up the document, the overriding ones first."""
    for name in reversed(document.betas):
        yield beta_file(document.folder, name)
    older = document.folder / "versions" / f"{document.version}.yaml"
    if older.is_file():
        yield older
    yield document.folder / DOCUMENT_FILE


def _has(data: Json, pointer: str) -> bool:
    return look_up(data, pointer) is not MISSING
