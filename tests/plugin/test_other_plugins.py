"""Plugins of others that cannot write their files: one sentence, exit code 3, and our files are written."""

from __future__ import annotations

import pytest

from support.project import CATALOGUE, QUICK, chosen

PLUGIN = """
import errno
import pytest

FULL = OSError(errno.ENOSPC, "No space left on device")

{hook}
    raise FULL
"""
CASE = "@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_protocol(item):\n    yield"
END = "def pytest_sessionfinish(session):"


@pytest.mark.parametrize(
    ("hook", "words"),
    [
        (CASE, "a file of another plugin of pytest cannot be written: No space left on"),
        (END, "a file of pytest cannot be written: No space left on device"),
    ],
    ids=["of a case", "at the end"],
)
def test_a_plugin_that_cannot_write_is_an_error_of_our_side(project, hook: str, words: str) -> None:
    project.write("failing.py", PLUGIN.format(hook=hook))
    project.pytester.syspathinsert()
    options = ("-p", "failing", "--messages-out=out", *chosen("response-has-id"))
    done = project.pytester.runpytest(*QUICK, *CATALOGUE, *options)
    assert done.ret == 3
    text = done.stdout.str() + done.stderr.str()
    assert text.count(words) == 1
    assert "Traceback" not in text
    assert project.results["exit_code"] == 3
