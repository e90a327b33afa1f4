"""What a gating failure looks like under pytest: the failure block, and no Python."""

from __future__ import annotations

import pytest

from support.project import chosen


@pytest.mark.parametrize("style", ["auto", "long", "short", "line", "native"])
def test_a_failure_is_the_block_in_every_style(project, canned, style) -> None:
    done = project.catalogue(*canned, *chosen("models-page-has-data"), f"--tb={style}")
    text = done.stdout.str()
    assert done.ret == 1
    for part in ("FAIL  models-page-has-data   MUST   REQ-MODELS-001", "expected", "actual", "where", "rerun", "curl"):
        assert part in text
    for python in ("Traceback", "conformance/run/", "Deviation", ".py:"):
        assert python not in text


def blocks(done) -> int:
    """How often the block is shown. In CI pytest's own short summary quotes its first line whole behind the node id."""
    return sum(line.startswith("FAIL  models-page-has-data   MUST") for line in done.outlines)


def test_tb_no_shows_the_block_once_in_the_closing_summary(project, canned) -> None:
    done = project.catalogue(*canned, *chosen("models-page-has-data"), "--tb=no", "-q")
    assert blocks(done) == 1


def test_otherwise_the_closing_summary_does_not_repeat_the_block(project, canned) -> None:
    done = project.catalogue(*canned, *chosen("models-page-has-data"))
    assert blocks(done) == 1


def test_outcomes_have_words_and_letters_of_their_own(project, canned) -> None:
    cases = (
        "response-has-id",
        "messages-content-empty-string",
        "caching-first-request-writes",
        "response-tool-use-blocks",
    )
    done = project.catalogue(*canned, *chosen(*cases), "-v", "-k", "json")
    for line in (
        "*response-has-id[[]*-json[]] PASS *",
        "*messages-content-empty-string[[]*-json[]] DEVIATES *",
        "*caching-first-request-writes[[]*-json[]] IGNORED *",
        "*response-tool-use-blocks[[]*-json[]] NOT APPLICABLE *",
    ):
        done.stdout.fnmatch_lines([line])
    assert done.ret == 0


def test_rs_tells_why_something_could_not_be_decided(project, canned) -> None:
    done = project.catalogue(*canned, *chosen("counting-longer-is-larger"))
    assert "no evidence: 1 reply seen, which does not show whether the claim holds" in done.stdout.str()


def test_an_unreachable_endpoint_is_told_once_and_exits_with_2(project) -> None:
    target = ("--messages-url=http://127.0.0.1:9", "--messages-model=m")
    done = project.catalogue(*target, *chosen("response-has-id"))
    assert done.ret == 2
    assert done.stdout.str().count("cannot be reached") <= 3
    assert "Traceback" not in done.stdout.str()
    assert set(project.outcomes.values()) == {"not-run"}
