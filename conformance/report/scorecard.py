"""The scorecard as one page and as JSON: targets side by side, none of them ranked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from conformance.model import Json
from conformance.report import words as wording
from conformance.report.badge import Standing, standing
from conformance.report.escape import cut
from conformance.report.pages import environment, policy, style_of
from conformance.results.model import Results
from conformance.results.scorecard import Column, Order, Scorecard, ScoredRun, ScoreRow

TALLEST: Final = 22
"""Height of a bar of the history where everything passes."""


@dataclass(frozen=True)
class Bar:
    """One run in the history of a target."""

    x: int
    y: float
    height: float
    tone: str
    says: str


def render(card: Scorecard, today: date, order: Order) -> str:
    """The page. It loads nothing, and has no script."""
    style = style_of("scorecard.css")
    made = environment()
    made.globals.update(
        standing=lambda results: standing(results, today), bars=lambda column: list(_bars(column)), trend=_trend
    )
    made.filters.update(cut=cut)
    return made.get_template("scorecard.html").render(
        card=card, order=order, today=today, words=wording, style=style, policy=policy(style)
    )


def _bars(column: Column) -> Iterator[Bar]:
    for index, run in enumerate((*column.history, column.run)):
        passed, decided = _must(run.results)
        height = round(max(2.0, TALLEST * passed / decided), 1) if decided else 2.0
        tone = {0: "good", 1: "bad"}.get(run.results.exit_code, "open")
        yield Bar(8 * index, 24 - height, height, tone, _says(run.results))


def _trend(column: Column) -> str:
    """First and last run of a target in words."""
    runs = [*column.history, column.run]
    shown = [runs[0], runs[-1]] if len(runs) > 1 else runs
    return f"{wording.plural(len(runs), 'run')}: {', '.join(_says(run.results) for run in shown)}"


def _says(results: Results) -> str:
    passed, decided = _must(results)
    return f"{results.started[:10]} {passed} of {decided} MUST pass, exit {results.exit_code}"


def _must(results: Results) -> tuple[int, int]:
    counted = results.summary.by_axis["conformance"].by_level["must"]
    return counted.passed, counted.decided


def as_json(card: Scorecard, today: date, order: Order) -> str:
    """The same as JSON (`scorecard.schema.json`)."""
    document: dict[str, Json] = {
        "schema_version": 1,
        "edition": card.edition,
        "date": str(today),
        "order": order,
        "targets": [_target(column, today) for column in card.columns],
        "apart": [_target(column, today) for column in card.apart],
        "clients": _rows(card.clients),
        "tiers": _rows(card.tiers),
        "defects": _rows(card.defects),
        "areas": _rows(card.areas),
        "cases": _rows(card.cases),
        "alike": card.alike,
    }
    return f"{json.dumps(document, separators=(',', ':'))}\n"


def _target(column: Column, today: date) -> dict[str, Json]:
    results = column.run.results
    return {
        "name": results.target.name,
        "url": results.target.url,
        "model": results.target.model,
        "api_version": results.target.api_version,
        "edition": results.suite.edition,
        "place": column.run.place,
        "by": column.run.by or None,
        "started": results.started,
        "exit_code": results.exit_code,
        "standing": _standing(standing(results, today)),
        "history": [_past(run) for run in column.history],
    }


def _standing(found: Standing) -> dict[str, Json]:
    until = str(found.until) if found.until is not None else None
    return {"sentence": found.sentence, "tier": found.tier or None, "until": until, "expired": found.expired}


def _past(run: ScoredRun) -> dict[str, Json]:
    passed, decided = _must(run.results)
    return {
        "started": run.results.started,
        "edition": run.results.suite.edition,
        "exit_code": run.results.exit_code,
        "must": {"passed": passed, "decided": decided},
        "place": run.place,
    }


def _rows(rows: Sequence[ScoreRow]) -> list[Json]:
    return [
        {
            "id": row.id,
            "title": row.title,
            "cells": [
                {
                    "text": cell.text,
                    "detail": cut(cell.detail, 160),
                    **({"disputed": cell.disputed} if cell.disputed else {}),
                }
                if cell.detail or cell.disputed
                else {"text": cell.text}
                for cell in row.cells
            ],
        }
        for row in rows
    ]
