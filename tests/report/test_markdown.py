"""summary.md."""

from __future__ import annotations

import re

import pytest

from conformance.report.escape import markdown, markdown_block, markdown_code
from conformance.report.markdown import render
from support import sample


def test_the_summary_reads_as_designed(results, golden):
    golden("summary.md", render(results, blocks=2))


def outside_fences(text: str) -> list[str]:
    """The lines that are Markdown, without those inside fenced blocks."""
    lines, fence = [], ""
    for line in text.split("\n"):
        opening = re.match(r"`{3,}", line)
        if fence:
            fence = "" if line == fence else fence
        elif opening:
            fence = opening.group()
        else:
            lines.append(line)
    assert not fence, "a fence stays open"
    return lines


def test_nothing_of_the_endpoint_is_markup_a_link_or_a_mention(hostile):
    for line in outside_fences(render(hostile)):
        assert line.isprintable()
        rest = re.sub(r"</?(code|details|summary)>", "", line)
        assert not re.search(r"[<>`\[\]@]|https?://|www\.", rest)


def test_every_table_row_has_the_cells_of_its_head(hostile):
    width = 0
    for line in outside_fences(render(hostile)):
        if not line.startswith("|"):
            width = 0
            continue
        width = width or line.count("|")
        assert line.count("|") == width


def test_a_fence_is_longer_than_any_run_of_backticks_inside():
    text = markdown_block("a\n```\nb\n`````\n")
    assert text.startswith("``````text\n")
    assert text.endswith("\n``````")


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("message_start reports input_tokens", "message_start reports input_tokens"),
        ("_a_ *b*", "&#95;a&#95; &#42;b&#42;"),
        ("a|b\nc", "a&#124;b&#92;nc"),
        ("http://x www.y", "http&#58;//x www&#46;y"),
        ("&lt;", "&#38;lt;"),
    ],
)
def test_plain_words_stay_readable_and_active_characters_do_not_stay(text, escaped):
    assert markdown(text) == escaped
    assert markdown_code(text) == f"<code>{escaped}</code>"


def test_readiness_is_a_table_in_the_summary(results):
    text = render(sample.with_clients(results))
    assert "### Clients: 1 ready, 1 undecided, 1 limited, 1 not ready" in text
    rows = [line for line in text.split("\n") if line.startswith(("| Naga Code", "| Chat", "| Browser", "| Plain SDK"))]
    assert rows == [
        "| Naga Code 2.1 | ❌ not ready | No tool runs. And 1 more problem. | <code>tools-any-forces-a-call</code> |",
        "| Chat &#60;b&#62; 1.0 | ⚠️ limited | The meter shows 0. | <code>stream-usage-counts-input</code> |",
        "| Browser 3 | ❔ undecided | It lists the models; this run did not decide whether that works. "
        "| <code>models-list-shape</code> |",
        "| Plain SDK | ✅ ready | | |",
    ]


def test_times_are_a_table_in_the_summary(results):
    text = render(sample.with_clients(results))
    assert "| json | 30 | 0.013 s, at worst 1.500 s | 2.250 s | 40 |" in text
    assert "- ❌ Plain SDK hangs up after 60 s without a first byte" in text


def test_tiers_baseline_and_contradictions_are_in_the_summary(results, golden):
    golden("summary-baseline.md", render(sample.with_baseline(results), limit=1, blocks=0))


def test_broken_claims_of_a_vendor_are_listed(results):
    text = render(sample.with_claims(results))
    assert "### Against Naga's own documents: 5 claims: 1 broken" in text
    assert "| Streams count. | Messages, 2026-11-22 | <code>b</code> |" in text
    assert "own documents" not in render(results)
