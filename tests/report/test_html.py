"""report.html."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from conformance.report import html
from conformance.report.packed import LIMITS, MOST, packed
from conformance.results.count import Count
from support import sample
from support.page import evidence, unpacked


class Page(HTMLParser):
    """Elements, ids, links and text of a document."""

    VOID = frozenset({"meta", "input", "rect"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.raw: dict[str, str] = {}
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        inside = self.open[-1] if self.open else ""
        if inside in {"script", "style"}:
            self.raw[inside] = data
        else:
            self.words.append(data)

    def values(self, name: str) -> list[str]:
        return [value for _, attribute, value in self.attributes if attribute == name]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def page(results):
    return Page(html.render(results))


def test_the_page_loads_nothing(page):
    assert not {"link", "img", "iframe", "object", "embed", "audio", "video", "base"} & set(page.tags)
    assert not page.values("src")
    assert not page.values("style")
    assert all(value.startswith(("#", "https://")) for value in page.values("href"))
    assert not re.search(r"url\(|@import|https?:", page.raw["style"])
    assert not re.search(r"https?:|fetch|import\(|innerHTML|eval", page.raw["script"])


def test_the_policy_allows_the_own_script_and_style_alone(page):
    policy = next(value for value in page.values("content") if "default-src" in value)
    assert policy.startswith("default-src 'none'; ")
    for name in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(page.raw[name].encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert (page.tags.count("script"), page.tags.count("style")) == (2, 1)
    assert "application/octet-stream" in page.values("type")


def test_every_result_is_there_and_every_link_has_its_target(page, results):
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {f"case-{case.key}" for case in results.cases} <= set(ids)
    inner = {value[1:] for value in page.values("href") if value.startswith("#")}
    shown_on_demand = {f"exchange-{line}" for line in results.exchanges}
    assert {name for name in inner if "=" not in name} <= set(ids) | shown_on_demand
    areas = {name.removeprefix("area=") for name in inner if name.startswith("area=")}
    assert areas == set(results.summary.by_axis["conformance"].by_area)


def test_every_element_is_closed(page):
    assert page.open == []


def test_a_defect_is_shown_with_everything_to_check_it(page):
    case = sample.usage_zero()
    for part in (case.title, case.statement, case.source, case.clauses[0], case.curl, case.rerun):
        assert part in page.text
    finding = case.findings[0]
    for part in (finding.expected, "0.412 s", finding.excerpt[0].text, finding.excerpt[1].text):
        assert part in page.text


def test_a_result_and_its_exchanges_are_shown_on_demand(results):
    shown = evidence(html.render(results))
    assert set(shown["cases"]) == {case.key for case in results.cases}
    assert set(shown["exchanges"]) == {str(line) for line in results.exchanges}
    case = sample.usage_zero()
    found = shown["cases"][case.key]
    assert found["findings"][0]["actual"] == "0, in 37 of 37 streams"
    assert ["accept", case.accept] in found["commands"]
    assert found["block"].startswith("FAIL  stream-usage-counts-input")
    exchange = shown["exchanges"][str(case.evidence[0])]
    assert exchange["request"] == results.exchanges[case.evidence[0]].request
    assert ["request id", "req_011CSample"] in exchange["facts"]
    assert set(found["clauses"]) <= set(shown["clauses"])


def test_each_defect_is_there_once_with_the_place_marked_and_its_occurrences_linked(results):
    defect, *_ = results.defects
    case = next(case for case in results.cases if case.key == defect.cases[0])
    lines = tuple(replace(line, marked=number == 0) for number, line in enumerate(case.findings[0].excerpt))
    marked = replace(case, findings=(replace(case.findings[0], excerpt=lines), *case.findings[1:]))
    cases = tuple(marked if each.key == case.key else each for each in results.cases)
    text = html.render(replace(results, cases=cases))
    for each in results.defects:
        assert text.count(f'id="defect-{each.id}"') == 1
    body = text[text.index(f'id="defect-{defect.id}"') :]
    assert re.search(r"<mark>.*?</mark>", body[: body.index("</details>")])
    assert all(f'href="#exchange-{line}"' in body for line in defect.exchanges if line in results.exchanges)
    assert all(f'href="#case-{key}"' in body for key in defect.cases)


def test_a_page_with_much_evidence_is_cut_and_says_so(results):
    first = next(iter(results.exchanges.values()))
    noise = [hashlib.shake_256(bytes([number])).hexdigest(4000) for number in range(250)]
    full = replace(results, exchanges={n: replace(first, line=n, response=text) for n, text in enumerate(noise)})
    assert len(packed(full)) <= MOST
    small = evidence(html.render(full))["exchanges"]["1"]
    assert len(small["response"]) in LIMITS[1:]
    assert small["cut"][1] is True


def test_the_first_screen_names_endpoint_model_date_and_verdict(page):
    start = page.text[: page.text.index("By area")]
    for part in (
        "naga",
        "claude-sonnet-4-5",
        "https://api.naga.example/anthropic",
        "2026-11-22 06:00 UTC",
        "FAIL",
    ):
        assert part in start
    assert "21 of 25 MUST results pass" in start


def test_nothing_of_the_endpoint_becomes_markup(hostile, page):
    attacked = Page(html.render(hostile))
    assert set(attacked.tags) == set(page.tags)
    assert attacked.tags.count("script") == 2
    assert not [name for _, name, _ in attacked.attributes if name.startswith("on")]
    assert {name for _, name, _ in attacked.attributes} == {name for _, name, _ in page.attributes}
    assert all(value.startswith(("#", "https://")) for value in attacked.values("href"))
    assert attacked.raw == page.raw
    assert "<script>alert(1)</script>" in attacked.text
    assert "{{7*7}}" in attacked.text


def test_a_source_with_another_scheme_is_no_link(results):
    clauses = tuple(
        replace(each, sources=tuple(replace(source, url="javascript:alert(1)") for source in each.sources))
        for each in results.clauses
    )
    assert "javascript:" not in Page(html.render(replace(results, clauses=clauses))).values("href")


def test_no_control_or_direction_character_stays(hostile):
    text = unpacked(html.render(hostile))
    assert all(char.isprintable() or char in "\n\t" for char in text)
    text.encode()


def test_tiers_are_shown_where_there_are_any(results, page):
    shown = Page(html.render(sample.with_tiers(results))).text
    for part in ("Core", "not reached", "no result is about documents"):
        assert part in shown
        assert part not in page.text


def test_readiness_is_shown_with_what_users_see_and_what_helps(results, page):
    text = html.render(sample.with_clients(results))
    shown = Page(text).text
    for part in (
        "Clients: 1 ready",
        "Naga Code",
        "Chat <b>",
        "No tool runs.",
        "It forces a call with tool_choice",
        "None.",
    ):
        assert part in shown
        assert part not in page.text
    assert "Chat <b>" not in text


def test_times_are_shown_beside_the_limits_of_clients(results, page):
    shown = Page(html.render(sample.with_clients(results))).text
    for part in ("longest silence", "0.013 s, at worst 1.500 s", "hangs up after 300 s of silence"):
        assert part in shown
        assert part not in page.text


@pytest.mark.parametrize("complete", [True, False])
def test_a_run_without_results_is_a_page_that_says_so(results, complete):
    reason = "" if complete else "no route to host"
    empty = replace(results, exchanges={}, complete=complete, incomplete_reason=reason)
    text = Page(html.render(sample.with_cases(empty, ()))).text
    assert "NOT DECIDED" in text
    assert "No MUST result was decided" in text


def test_the_segments_of_a_bar_fill_it(results):
    for count in results.summary.by_area.values():
        assert sum(segment.width for segment in html.segments(count)) == pytest.approx(100, abs=0.01)
    assert html.segments(Count()) == []


def test_a_run_without_refusals_shows_no_strictness(results):
    cases = tuple(case for case in results.cases if case.axis == "conformance")
    text = html.render(replace(results, cases=cases))
    assert 'id="strictness"' in html.render(results)
    assert 'id="strictness"' not in text


def test_known_deviations_stale_entries_and_capabilities_are_shown(results):
    shown = sample.with_baseline(results)
    text = html.render(shown)
    assert Page(text).open == []
    assert "known.yaml:13  stop-max-tokens passes now: remove the entry" in text
    assert "fixed in the next release (until 2027-02-20, platform team; known.yaml:5)" in text
    assert "declared, but its probe is declined" in text
    assert '<span class="status limited">known</span>' in text
    defects = text[text.index("What is wrong") : text.index("By area")]
    assert "#defect-" in defects
    assert "GET /v1/models lists models" not in defects


def test_what_a_vendor_promises_is_a_column_of_its_own(results, page):
    text = html.render(sample.with_claims(results))
    shown = Page(text)
    assert shown.open == []
    for part in ("Against its own documents", "5 claims: 1 broken", "Streams count.", "No clause is about speed."):
        assert part in shown.text
        assert part not in page.text
    assert "https://docs.naga.example/messages" in shown.values("href")
