"""One dated sentence, and a badge that says the same."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance.cli import command
from conformance.report import badge, json_file
from conformance.results.model import Results, TierResult
from support import sample

DAY = date(2026, 11, 23)


def with_tiers(*statuses: str) -> Results:
    names = ("core", "agent", "full")
    tiers = tuple(TierResult(name, name.title(), status) for name, status in zip(names, statuses, strict=True))
    return replace(sample.results(), tiers=tiers)


@pytest.mark.parametrize(
    ("statuses", "says", "message", "tier"),
    [
        (("reached", "reached", "reached"), "Reaches tier Full of", "Full until 2027-05-22", "full"),
        (("reached", "reached", "not-reached"), "Reaches tier Agent of", "Agent until 2027-05-22", "agent"),
        (("reached", "undecided", "undecided"), "Reaches tier Core of", "Core until 2027-05-22", "core"),
        (("not-reached", "not-reached", "not-reached"), "Does not reach tier Core of", "not conformant", ""),
        (("undecided", "undecided", "undecided"), "Undecided", "undecided", ""),
    ],
)
def test_the_sentence_names_tier_model_edition_date_and_expiry(
    statuses: tuple[str, ...], says: str, message: str, tier: str
) -> None:
    results = with_tiers(*statuses)
    found = badge.standing(results, DAY)
    assert found.sentence.startswith(says)
    for part in ("claude-sonnet-4-5", "edition 2026-11-22", "tested on 2026-11-22", "valid until 2027-05-22"):
        assert part in found.sentence
    assert (found.message, found.tier) == (message, tier)
    assert json.loads(badge.shields(results, DAY))["message"] == message


def test_a_result_says_that_it_expired() -> None:
    results = with_tiers("reached", "reached", "reached")
    assert not badge.standing(results, date(2027, 5, 22)).expired
    found = badge.standing(results, date(2027, 5, 23))
    assert found.expired
    assert "expired on 2027-05-22" in found.sentence
    assert found.message == "Full, expired 2027-05-22"
    assert found.colour == "lightgrey"


@pytest.mark.parametrize(
    ("started", "until"),
    [
        ("2026-08-31T00:00:00Z", date(2027, 2, 28)),
        ("2027-08-31T00:00:00Z", date(2028, 2, 29)),
        ("2026-06-30T00:00:00Z", date(2026, 12, 30)),
        ("2026-07-01T00:00:00Z", date(2027, 1, 1)),
        ("9999-12-31T00:00:00Z", None),
        ("some day", None),
    ],
)
def test_six_months_end_on_a_day_that_exists(started: str, until: date | None) -> None:
    results = replace(with_tiers("reached", "reached", "reached"), started=started)
    assert badge.standing(results, DAY).until == until
    assert badge.render(results)


def test_the_image_is_well_formed_and_says_the_sentence() -> None:
    for results in (
        with_tiers("reached", "reached", "undecided"),
        sample.poisoned(sample.with_tiers(sample.results())),
    ):
        image = ET.fromstring(badge.svg(results, DAY))
        found = badge.standing(results, DAY)
        assert image.attrib["aria-label"] == image[0].text == found.sentence
        assert [each.text for each in image.iter("{http://www.w3.org/2000/svg}text")] == [badge.LABEL, found.message]


def test_the_command_says_it_and_writes_the_image(tmp_path: Path) -> None:
    path, image = tmp_path / "results.json", tmp_path / "badge.svg"
    path.write_text(json_file.render(with_tiers("reached", "reached", "reached")), encoding="utf-8")
    said = CliRunner().invoke(command, ["badge", str(path), "--svg", str(image)])
    assert said.exit_code == 0
    assert said.output.startswith("Reaches tier Full of the Messages API with model")
    assert ET.fromstring(image.read_text(encoding="utf-8")).attrib["role"] == "img"
    assert json.loads(CliRunner().invoke(command, ["badge", str(path), "--json"]).output)["schemaVersion"] == 1
