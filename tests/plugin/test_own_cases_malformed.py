"""A malformed case file: one sentence with file, line and key, and exit code 4."""

from __future__ import annotations

import pytest

HEAD = "- id: own-case\n  title: Something holds\n"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (HEAD + "  send: {$base: text}\n  expct: [{status: 200}]\n", 4, ["expct", "'expect'"]),
        (HEAD + "  send: {$base: txt}\n  expect: [{status: 200}]\n", 3, ["'txt'", "'text'"]),
        (HEAD + "  send: {$base: text}\n  expect:\n    - stats: 200\n", 5, ["'stats'", "'status'"]),
        (HEAD + "  send: {$base: text}\n  expect:\n    - status: [abc\n", 6, []),
        (
            HEAD + "  clauses: [REQ-TOOL-905]\n  send: {$base: text}\n  expect: [{status: 200}]\n",
            3,
            ["'REQ-TOOL-905'", "Did you mean"],
        ),
        (HEAD + "  send: {$base: text}\n  expect: [{status: 200}]\n  level: shall\n", 5, ["level"]),
        ("id: own-case\n", 1, []),
    ],
)
def test_the_sentence_names_file_line_and_key(project, text, line, words) -> None:
    path = project.write("own.messages.yaml", text)
    done = project.run()
    told = done.stdout.str() + done.stderr.str()
    assert done.ret == 4
    assert f"{path}:{line}" in told
    for word in words:
        assert word in told
    assert "Traceback" not in told
    assert "conformance/run" not in told
    assert project.wrote_nothing


def test_it_is_told_once_and_ordinary_tests_are_named_as_ever(project) -> None:
    project.write("own.messages.yaml", HEAD + "  expct: []\n")
    project.write("other.messages.yaml", HEAD + "  send: {$base: text}\n  expect: [{status: 200}]\n")
    project.write("test_own.py", "def test_own():\n    pass\n")
    done = project.run("--continue-on-collection-errors")
    assert done.ret == 4
    assert done.stdout.str().count("messages-conformance: ") <= 2
    assert done.parseoutcomes()["passed"] == 1


def test_an_id_that_is_used_twice_names_the_other_file(project) -> None:
    text = HEAD + "  send: {$base: text}\n  expect: [{status: 200}]\n"
    project.write("a.messages.yaml", text)
    project.write("b.messages.yaml", text)
    done = project.run()
    assert done.ret == 4
    done.stdout.fnmatch_lines(["*b.messages.yaml*'own-case'*a.messages.yaml*"])
