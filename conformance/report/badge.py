"""What a result amounts to in one dated sentence, and the badge that says the same: as JSON for shields.io and as SVG.

A result holds for six months: endpoints change, and so does the API.
"""

from __future__ import annotations

import json
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Final

from conformance.report.escape import cut, one_line
from conformance.results.model import Results

MONTHS: Final = 6
"""How long a result holds."""

LABEL: Final = "Messages API"

_LONGEST: Final = 80
_COLOURS: Final = {"full": "brightgreen", "agent": "brightgreen", "core": "yellowgreen"}
_HEX: Final = {"brightgreen": "#2f8f3a", "yellowgreen": "#7a8a00", "red": "#c5362b", "lightgrey": "#6b6b6b"}


@dataclass(frozen=True)
class Standing:
    """What a result amounts to. `sentence` says it all, `message` is short enough for a badge.

    `tier` is the highest tier that is reached, empty for none. `until` is the last day on which the result holds, None
    where it has no date. `colour` is a name that shields.io knows.
    """

    sentence: str
    message: str
    tier: str
    until: date | None
    expired: bool
    colour: str


def standing(results: Results, today: date) -> Standing:
    """What a result amounts to on a day."""
    reached = [tier for tier in results.tiers if tier.status == "reached"]
    until = _until(results)
    expired = until is not None and today > until
    what, message, tier, colour = "Undecided", "undecided", "", "lightgrey"
    if reached:
        highest = reached[-1]
        what, message, tier = f"Reaches tier {highest.title}", highest.title, highest.id
        colour = _COLOURS.get(highest.id, "lightgrey")
    elif any(each.status == "not-reached" for each in results.tiers[:1]):
        what, message, colour = f"Does not reach tier {results.tiers[0].title}", "not conformant", "red"
    sentence = f"{what} of the Messages API {_terms(results)}{_dates(results, until, expired=expired)}."
    if expired:
        message, colour = f"{message}, expired {until}", "lightgrey"
    elif until is not None and tier:
        message = f"{message} until {until}"
    return Standing(one_line(sentence), one_line(message), tier, until, expired, colour)


def shields(results: Results, today: date) -> str:
    """The badge as the JSON that shields.io reads from an endpoint."""
    found = standing(results, today)
    badge = {"schemaVersion": 1, "label": LABEL, "message": found.message, "color": found.colour}
    return f"{json.dumps(badge, indent=1)}\n"


def render(results: Results) -> str:
    """The badge of a run on the day of the run, as `shields` makes it."""
    return shields(results, _day(results) or date.min)


def svg(results: Results, today: date) -> str:
    """The badge as an SVG image, with the whole sentence as its title."""
    found = standing(results, today)
    left, right = _width(LABEL), _width(found.message)
    title = escape(found.sentence)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{title}">'
        f"<title>{title}</title>"
        f'<rect width="{left + right}" height="20" rx="3" fill="#3f3f3f"/>'
        f'<path d="M{left} 0h{right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{right - 3}z" fill="{_HEX[found.colour]}"/>'
        '<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="{left / 2:g}" y="14">{escape(LABEL)}</text>'
        f'<text x="{left + right / 2:g}" y="14">{escape(found.message)}</text>'
        "</g></svg>\n"
    )


def _terms(results: Results) -> str:
    """With which model, and by which edition."""
    edition = f", edition {results.suite.edition}" if results.suite.edition else ""
    return f"with model {cut(results.target.model, _LONGEST)}, API version {results.target.api_version}{edition}"


def _dates(results: Results, until: date | None, *, expired: bool) -> str:
    if until is None:
        return ""
    return f", tested on {_day(results)}, {f'expired on {until}' if expired else f'valid until {until}'}"


def _day(results: Results) -> date | None:
    try:
        return date.fromisoformat(results.started[:10])
    except ValueError:
        return None


def _until(results: Results) -> date | None:
    day = _day(results)
    if day is None or day.year > date.max.year - 1:
        return None
    years, month = divmod(day.month - 1 + MONTHS, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _width(text: str) -> int:
    """About as wide as the text is in 11 px, with room on both sides."""
    return 12 + round(6.8 * len(text))
