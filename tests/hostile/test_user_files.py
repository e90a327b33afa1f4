"""A file of a user that is not what its name says is one sentence with exit code 4, and costs little."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given

from conformance.base.errors import HarnessError
from hostile.bounds import bounded
from hostile.drive import folder, run
from hostile.files import KINDS, Changed, Kind, changes, run_kinds
from hostile.profile import examples
from hostile.server import Stage

LONGEST = 1_000
"""Characters of a sentence about a file."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff]")


@pytest.fixture(scope="module")
def kinds(stage: Stage) -> Iterator[Mapping[str, Kind]]:
    """All kinds of files, those of a run among them."""
    with folder() as here:
        yield {**KINDS, **run_kinds(run(stage, (), "sk-files-of-a-run", here).folder)}


@pytest.mark.parametrize("name", [*KINDS, "journal of a run", "results"])
def test_an_honest_file_is_accepted(kinds: Mapping[str, Kind], name: str) -> None:
    kind = kinds[name]
    with folder() as here:
        path = here / kind.file
        path.write_bytes(kind.honest.encode() if isinstance(kind.honest, str) else kind.write(kind.honest))
        assert kind.read(path) is not None


@pytest.mark.parametrize(
    "name",
    [*KINDS, "journal of a run", "results"],
)
def test_a_file_that_is_none_is_one_sentence(kinds: Mapping[str, Kind], name: str) -> None:
    @examples()
    @given(changes())
    def holds(change: Changed) -> None:
        with folder() as here:
            reads(kinds[name], change, here)

    holds()


def reads(kind: Kind, change: Changed, here: Path) -> None:
    """Reads a changed file: it is accepted, or refused in one sentence that names it."""
    path = here / kind.file
    path.write_bytes(change(kind))
    refused = None
    try:
        with bounded():
            kind.read(path)
    except HarnessError as problem:
        refused = problem
    if refused is not None:
        text = str(refused)
        assert refused.exit_code == 4, f"exit code {refused.exit_code}: {text}"
        assert len(text) <= LONGEST, f"{len(text):,} characters: {text[:200]}"
        assert _CONTROL.search(text) is None, repr(text)
        assert kind.file in text or text.startswith("No model is set"), f"no word of {kind.file}: {text}"
