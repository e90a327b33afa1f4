"""Product text is plain English, titles are claims, and every file that a text names exists.

`python tests/test_style.py` lists what is left, by package.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from conformance.model import Case
from conformance.reference.faults import all_faults
from support import standard

CHECKOUT = Path(__file__).parents[1]
PACKAGE = CHECKOUT / "conformance"
NOT_WRITTEN_HERE = {"docs/coverage.md", "docs/faults.md", "docs/judged.md", "CHANGELOG.md"}
"""Generated pages, and a record of the past."""
VOCABULARIES = {"conformance/reference/replies.py"}
"""Modules that hold lists of English words."""

MOST_CHARACTERS = 90
MODAL = re.compile(r"(?<!-)\b(must|should|may|might|can|could|shall|will|would)\b(?!-)", re.IGNORECASE)

ODD: dict[str, str] = {
    r"(?<![-\w])told\b(?! me)": "printed, reported, listed, said",
    r"\btells\b(?! (?:you|anyone|users|clients|apart))": "says, shows, reports",
    r"\bstands?\b(?!-)": "is, appears, is listed",
    r"\bha(?:s|ve) it not\b": "lacks it",
    r"\bnot so\b": "otherwise",
    r"\b(?:is|are) said to\b": "declared",
    r"\bat the most\b": "at most",
    r"\bunder way\b": "concurrent, running",
    r"\bhad (?:its|their) turn\b": "ran",
    r"\bby (?:itself|themselves)\b": "on its own, alone, automatically",
    r"\bwhat the claim is about\b": "the precondition of the claim",
    r"\bhas to be a text\b": "must be a string",
    r"\babilit(?:y|ies)\b": "capability",
    r"\bnamed levels?\b": "tier",
    r"\banew\b": "again",
    r"(?<!there)\s(?:is|are) no (?:JSON|image|text|string|list|object|secret|fault|case|clause|file)s?\b": "is not",
    r"\b(?:as|where|if) there (?:is|are) none\b": "if absent, without one",
    r"\bwhat becomes? of\b": "what happens to",
    r"\bof (?:ours|theirs) own\b": "our own",
}
"""Words that read like a translation (pattern), and what to write instead."""


@dataclass(frozen=True)
class Text:
    """A text that people read: a file of data or prose, or one string of a module. `line` is where it starts."""

    file: str
    line: int
    words: str

    @property
    def package(self) -> str:
        """`judge` for conformance/judge/verdict.py, `specs`, `catalogue`, `docs`, `README.md` for the others."""
        parts = Path(self.file).parts
        return Path(parts[1]).stem if parts[0] == "conformance" else parts[0]

    def place(self, match: re.Match[str]) -> str:
        return f"{self.file}:{self.line + self.words.count(chr(10), 0, match.start())}"


@cache
def files() -> tuple[Path, ...]:
    folders = (path for name in ("conformance", "specs", "docs", ".github") for path in (CHECKOUT / name).rglob("*"))
    return tuple(sorted(path for path in (*folders, *CHECKOUT.glob("*.md")) if path.is_file()))


def strings_of(path: Path) -> Iterator[Text]:
    """Docstrings and string literals of a module, the parts of f-strings included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield Text(path.relative_to(CHECKOUT).as_posix(), node.lineno, node.value)


@cache
def texts() -> tuple[Text, ...]:
    """Everything in the project that people read, except generated pages, the change log and comments of modules."""
    found: list[Text] = []
    for path in files():
        name = path.relative_to(CHECKOUT).as_posix()
        if name in VOCABULARIES:
            continue
        if path.suffix == ".py":
            found += strings_of(path)
        elif path.suffix in (".yaml", ".yml", ".json", ".html", ".md") and name not in NOT_WRITTEN_HERE:
            found.append(Text(name, 1, path.read_text(encoding="utf-8")))
    return tuple(found)


def odd_words(words: str) -> list[tuple[re.Match[str], str]]:
    """Each odd word in a text, with what to write instead."""
    return [
        (match, instead)
        for pattern, instead in ODD.items()
        for match in re.finditer(pattern.replace(" ", r"\s+(?:# )?"), words, re.IGNORECASE)
    ]


def all_odd() -> list[tuple[str, str]]:
    """Package and finding of every odd word in the project."""
    return [
        (text.package, f"{text.place(match)}: {match[0]!r} (write: {instead})")
        for text in texts()
        for match, instead in odd_words(text.words)
    ]


def test_product_text_has_no_word_that_reads_like_a_translation() -> None:
    assert [finding for _, finding in all_odd()] == []


def test_the_list_of_odd_words_finds_the_sentences_of_the_style_guide() -> None:
    bad = [
        "A deviation is told so that it can be pasted into an issue",
        "Known deviations stand in a baseline",
        "Tells what a run would send and cost at the most",
        "capability that the endpoint is said to have; it fails where it has it not",
        "requests under way at the same time",
        "what the claim is about did not happen",
        "a key has to be a text / the key 'x' stands twice",
    ]
    good = [
        "Each deviation is printed in a form you can paste into an issue",
        "List known deviations in a baseline file; only new ones fail the job",
        "Show what a run would send, and its maximum cost",
        "Maximum number of concurrent requests",
        "Duplicate key 'x' (first defined on line 3)",
    ]
    assert [line for line in bad if not odd_words(line)] == []
    assert [line for line in good if odd_words(line)] == []


@pytest.fixture(scope="module")
def cases() -> tuple[Case, ...]:
    return tuple(standard.library().catalogue.cases)


def test_titles_are_short_unique_claims_without_modal_verbs(cases: tuple[Case, ...]) -> None:
    titles = Counter(case.title for case in cases)
    assert [title for title, times in titles.items() if times > 1] == []
    assert [title for title in titles if len(title) > MOST_CHARACTERS] == []
    assert [title for title in titles if not title[0].isupper()] == []
    assert [title for title in titles if title.endswith(".")] == []
    assert [title for title in titles if MODAL.search(title)] == []


def test_ids_of_cases_have_no_word_that_reads_like_a_translation(cases: tuple[Case, ...]) -> None:
    assert [case.id for case in cases if odd_words(case.id.replace("-", " "))] == []
    assert [fault for fault in sorted(all_faults()) if odd_words(fault.replace("-", " "))] == []


NAMED_FILE = re.compile(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|yaml|md))`")
NAMED_MODULE = re.compile(r"`(conformance(?:\.\w+)+)`")
FILES_OF_USERS = {"summary.md", "conftest.py"}


def exists(name: str, file: Path) -> bool:
    """Whether a text in `file` may call a file `name`: a path, or the bare name of a neighbour.

    Modules are neighbours within a package of the first level, files of data anywhere.
    """
    starts = [start for start in file.parents if start == CHECKOUT or CHECKOUT in start.parents]
    if any((start / name).is_file() for start in (*starts, PACKAGE, PACKAGE / "catalogue", CHECKOUT / "specs")):
        return True
    home = CHECKOUT.joinpath(*file.relative_to(CHECKOUT).parts[:2]) if name.endswith(".py") else CHECKOUT
    return "/" not in name and any(path.name == name and home in path.parents for path in files())


def is_module(name: str) -> bool:
    """Whether a dotted name starts with a module and may end in a name of that module."""
    path = CHECKOUT.joinpath(*name.split("."))
    options = (path, path.parent)
    return any(option.is_dir() or option.with_suffix(".py").is_file() for option in options if option != CHECKOUT)


def unknown_files() -> list[tuple[str, str]]:
    """Package and finding of every file or module that a module or data names and that does not exist.

    Pages have their own tests (`tests/test_docs.py`).
    """
    return [
        (text.package, f"{text.place(match)}: no file {match[1]}")
        for text in texts()
        if not text.file.endswith(".md")
        for match in (*NAMED_FILE.finditer(text.words), *NAMED_MODULE.finditer(text.words))
        if match[1] not in FILES_OF_USERS
        if not (is_module(match[1]) if match[1].startswith("conformance.") else exists(match[1], CHECKOUT / text.file))
    ]


def test_every_file_that_a_text_names_exists() -> None:
    assert [finding for _, finding in unknown_files()] == []


def report() -> None:
    """Prints what is left, one line a place, and the number for each package."""
    found = [*all_odd(), *unknown_files()]
    for _, finding in found:
        print(finding)
    print()
    for package, number in Counter(package for package, _ in found).most_common():
        print(f"{number:5} {package}")


if __name__ == "__main__":
    report()
