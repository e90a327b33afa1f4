"""docs/faults.md says what the mutation test proves."""

from __future__ import annotations

import os
from pathlib import Path

from conformance.commands.faults import told_faults
from conformance.judge.library import load_library
from conformance.report.faults import page

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


def test_the_page_of_faults_is_current() -> None:
    """`MESSAGES_UPDATE_DOCS=1 pytest tests/mutation` writes it anew."""
    made = page(told_faults(), load_library("2023-06-01").catalogue.cases)
    if os.environ.get("MESSAGES_UPDATE_DOCS"):
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(made, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == made
