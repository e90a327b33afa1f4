"""What a reader does with report.html."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from axe_playwright_python.sync_playwright import Axe

DESKTOP = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 640}
BYTES, NODES = 1_000_000, 10_000

WIDTHS = "nodes => nodes.map(node => node.getBoundingClientRect().width)"
OPEN_ALL = """async () => {
  for (const node of document.querySelectorAll("details")) node.open = true;
  await new Promise((done) => setTimeout(done, 500));
}"""


def shown(page):
    return [row.get_attribute("id") for row in page.locator(".case:visible").all()]


def settled(page):
    """The page with the search in the evidence done."""
    page.wait_for_timeout(300)
    return page


def violations(page, *rules):
    options = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else None
    found = Axe().run(page, options=options).response["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"][:3]]


def test_a_red_page_is_small(red_folder, red, opened):
    assert (red_folder / "report.html").stat().st_size < BYTES
    assert opened(red).evaluate("document.querySelectorAll('*').length") < NODES


def test_the_first_screen_has_verdict_readiness_and_the_worst_defects(red, opened, red_results):
    page = opened(red)
    for name in ("#verdict", "#readiness", "#worst", ".worst li:nth-child(3)"):
        box = page.locator(name).bounding_box()
        assert box["y"] + box["height"] <= 860, name
    assert page.locator("#verdict").inner_text().startswith("FAIL")
    assert page.locator(".worst li").first.inner_text().startswith(red_results.defects[0].title)


def test_on_a_phone_the_verdict_and_the_readiness_come_first(red, opened):
    page = opened(red, PHONE)
    box = page.locator(".readiness li").first.bounding_box()
    assert box["y"] + box["height"] <= 844


@pytest.mark.parametrize("viewport", [PHONE, NARROW])
def test_nothing_is_wider_than_a_phone_and_every_bar_can_be_seen(red, opened, viewport):
    page = opened(red, viewport)
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert min(page.locator("svg.bar").evaluate_all(WIDTHS)) >= 40
    assert min(page.locator("svg.bar rect").evaluate_all(WIDTHS)) >= 0.9


def test_a_search_is_kept_in_the_address_and_finds_what_was_seen(red, opened, red_results):
    page = opened(red)
    page.keyboard.press("/")
    page.keyboard.type("stream-usage-counts")
    assert shown(settled(page)) == ["case-stream-usage-counts-input/stream"]
    assert page.locator("#shown").inner_text() == f"1 of {len(red_results.cases)} results"
    again = opened(page.url)
    assert shown(settled(again)) == ["case-stream-usage-counts-input/stream"]
    clause = next(case.clauses[0] for case in red_results.cases if case.deviates)
    again.fill("#text", clause)
    citing = {f"case-{case.key}" for case in red_results.cases if clause in case.clauses}
    assert citing <= set(shown(settled(again)))
    again.fill("#text", "no such words anywhere")
    assert again.locator("#none").is_visible()
    again.get_by_role("button", name="Show all").click()
    assert again.locator("#shown").inner_text().startswith(f"{len(red_results.cases)} of")


def test_filters_narrow_the_results_and_their_address_opens_them_again(red, opened, red_results):
    page = opened(red)
    page.get_by_label(re.compile(r"^\s*fail ")).check()
    page.select_option("#area", "streaming")
    wanted = {f"case-{case.key}" for case in red_results.cases if case.outcome == "fail" and case.area == "streaming"}
    assert set(shown(page)) == wanted
    assert page.url.endswith("#outcome=fail&area=streaming")
    again = opened(page.url)
    assert set(shown(again)) == wanted
    again.evaluate("location.hash = 'area=tools'")
    again.wait_for_function("document.getElementById('area').value === 'tools'")
    assert len(shown(again)) == Counter(case.area for case in red_results.cases)["tools"]


def test_a_link_to_a_result_opens_it_with_its_findings_and_sources(red, opened, red_results):
    case = next(case for case in red_results.cases if case.key == "stream-usage-counts-input/stream")
    page = opened(f"{red}#case-{case.key}")
    body = page.locator(f"[id='case-{case.key}'] .body")
    body.wait_for()
    text = body.inner_text()
    assert case.findings[0].expected in text
    assert "event: message_start" in body.locator("mark").first.inner_text()
    assert all(name in text for name in case.clauses)
    assert body.locator(".source a[href^='https://']").count()
    assert page.evaluate("document.activeElement.parentElement.id") == f"case-{case.key}"


def test_a_passing_result_is_opened_with_the_keyboard(red, opened, red_results):
    case = next(case for case in red_results.cases if case.outcome == "pass")
    page = opened(f"{red}#q={case.id}")
    row = page.locator(f"[id='case-{case.key}']")
    row.locator("summary").focus()
    page.keyboard.press("Enter")
    row.locator(".body").wait_for()
    assert case.clauses[0] in row.locator(".body").inner_text()


def test_each_defect_is_there_once_and_links_to_its_occurrences(red, opened, red_results):
    page = opened(red)
    assert page.locator(".defect").count() == len(red_results.defects)
    page.locator(".worst a").first.click()
    defect = page.locator(".defect[open]")
    assert defect.count() == 1
    line = red_results.defects[0].exchanges[0]
    defect.locator(f"a[href='#exchange-{line}']").first.click()
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    assert "POST" in dialog.locator("pre").first.inner_text()
    assert page.url.endswith(f"#exchange-{line}")
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    page.wait_for_function("!location.hash.includes('exchange-')")


def test_what_is_wrong_in_a_stream_is_marked_among_its_neighbours(red, opened):
    page = opened(red)
    page.evaluate(OPEN_ALL)
    streams = page.locator(".defect .trace", has=page.locator("mark"))
    assert streams.count()
    traces = streams.all_inner_texts()
    assert any(text.count("event:") > 1 and re.search(r"\d\.\d{3} s", text) for text in traces)


def test_an_unknown_address_opens_the_page_all_the_same(red, opened, red_results):
    for end in ("#case-no-such/json", "#exchange-999999", "#q=%E2%98%83&outcome=nonsense&area=nowhere", "#%"):
        assert opened(f"{red}{end}").locator("#verdict").is_visible()


def test_without_scripts_the_answer_and_the_defects_can_be_read(red, opened):
    page = opened(red, java_script_enabled=False)
    assert page.locator("#verdict").is_visible()
    page.locator(".defect > summary").first.click()
    assert page.locator(".defect .facts").first.is_visible()
    assert page.locator("noscript").first.is_visible()


def opened_everywhere(page):
    """The page with everything open that a reader would open: defects, clients, one result."""
    page.evaluate("for (const node of document.querySelectorAll('.defect, .client, .plain-summary')) node.open = true")
    page.locator("#group-deviations .case > summary").first.click()
    page.locator("#group-deviations .case .body").first.wait_for()
    return page


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing(red, opened, viewport):
    assert violations(opened_everywhere(opened(red, viewport))) == []


def test_axe_finds_enough_contrast_in_the_dark(red, opened):
    assert violations(opened_everywhere(opened(red, color_scheme="dark")), "color-contrast") == []


def test_axe_finds_nothing_in_an_exchange(red, opened, red_results):
    page = opened(f"{red}#exchange-{red_results.defects[0].exchanges[0]}")
    page.get_by_role("dialog").wait_for()
    assert violations(page) == []


def test_print_is_two_pages_and_an_appendix(red, opened):
    page = opened(red, bypass_csp=True)
    whole = pages(page.pdf(format="A4"))
    page.add_style_tag(content=".appendix, .appendix ~ * { display: none !important; }")
    assert 1 <= pages(page.pdf(format="A4")) <= 2 < whole


def test_print_opens_the_defects_and_closes_them_again(red, opened):
    page = opened(red)
    counted = "document.querySelectorAll('.defect[open]').length"
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(counted) == page.locator(".defect").count()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(counted) == 0


def test_hostile_text_stays_text(hostile_page, opened):
    page = opened(hostile_page)
    scripts = page.locator("script").count()
    page.evaluate(OPEN_ALL)
    for link in page.locator(".defect a[href^='#exchange-'], .case a[href^='#exchange-']").all()[:5]:
        page.evaluate("link => { location.hash = link.hash; }", link.element_handle())
        page.get_by_role("dialog").wait_for()
        assert page.locator("dialog script, dialog img").count() == 0
        page.keyboard.press("Escape")
    assert "<script>alert(1)</script>" in page.locator("body").inner_text()
    assert page.locator("script").count() == scripts
    assert page.locator("img, iframe, [onerror], [onclick]").count() == 0
    assert page.locator("a:not([href^='#']):not([href^='https://'])").count() == 0


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))
