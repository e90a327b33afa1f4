"""Checks on the list of models: pages, cursors, order, and the single entry.

Belongs here: claims about GET /v1/models and GET /v1/models/{id} (REQ-MODELS). Does not belong here: the shape of pages
and entries (see `matching.py` and the OpenAPI document).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from conformance.base.pointer import join, look_up, spread
from conformance.base.values import MISSING, show
from conformance.judge.check import FINE, NOTHING_SEEN, Check, Facts, Observation, deviation, found
from conformance.judge.checks.times import is_rfc_3339, rfc_3339
from conformance.model import Json, Mode
from conformance.protocol.reply import Reply

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""created_at of a model whose date is not known (REQ-MODELS-003); it says nothing about order."""


def date_time(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """Every string at a pointer is a time of RFC 3339, with or without fractional seconds; null shows nothing."""
    values = [(place, value) for place, value in spread(reply.json, argument) if value is not None]
    if not reply.ok or not values:
        return NOTHING_SEEN
    wrong = [(place, value) for place, value in values if not is_rfc_3339(value)]
    expected = "a time of RFC 3339, such as 2026-10-21T00:00:00Z"
    return found(
        *(deviation("date-time", reply, expected=expected, actual=show(value), pointer=at) for at, value in wrong[:3])
    )


def page_ends(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """first_id and last_id of a page are the ids of its first and its last entry."""
    entries = _entries(reply)
    if not entries:
        return NOTHING_SEEN
    findings = []
    for key, entry in (("first_id", entries[0]), ("last_id", entries[-1])):
        actual = look_up(reply.json, f"/{key}")
        if actual != entry.get("id"):
            expected = f"{show(entry.get('id', MISSING))}, the id of that entry"
            findings.append(deviation("page-ends", reply, expected=expected, actual=show(actual), pointer=f"/{key}"))
    return found(*findings)


def page_limited(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """A page has at most `limit` entries, and has_more is true where the list of scenario `of` is longer than that."""
    data = look_up(reply.json, "/data")
    if not reply.ok or not isinstance(data, list):
        return NOTHING_SEEN
    limit = argument["limit"]
    if len(data) > limit:
        expected = f"at most {limit} entries"
        actual = f"{len(data)} entries"
        finding = deviation("page-limited", reply, expected=expected, actual=actual, pointer="/data", kind="ignored")
        return found(finding)
    whole = facts.reply(argument["of"], Mode.JSON)
    more = whole is not None and whole.ok and len(_entries(whole)) > limit
    has_more = look_up(reply.json, "/has_more")
    if not data or (more and has_more is not True):
        expected = f"{limit} entries and has_more true, as the whole list is longer"
        actual = f"{len(data)} entries and has_more {show(has_more)}"
        return found(deviation("page-limited", reply, expected=expected, actual=actual, pointer="/has_more"))
    return FINE if more else NOTHING_SEEN


def page_follows(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The page behind last_id has entries, and none of those of step `after`; without a next page nothing is seen."""
    earlier = facts.reply(reply.exchange.scenario, Mode.JSON, argument["after"])
    if earlier is None or not earlier.ok or look_up(earlier.json, "/has_more") is not True:
        return NOTHING_SEEN
    data = look_up(reply.json, "/data")
    if not reply.ok or not isinstance(data, list):
        return NOTHING_SEEN
    if not data:
        expected = "at least one entry, as the page before says has_more"
        return found(deviation("page-follows", reply, expected=expected, actual="no entry", pointer="/data"))
    known = [entry.get("id") for entry in _entries(earlier)]
    wrong = [(index, entry) for index, entry in enumerate(_entries(reply)) if entry.get("id") in known]
    return found(
        *(
            deviation(
                "page-follows",
                reply,
                expected="an entry that the page before does not have",
                actual=show(entry.get("id", MISSING)),
                pointer=join("/data", index, "id"),
                kind="ignored",
            )
            for index, entry in wrong[:3]
        )
    )


def page_equals(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The page has the same entries as the page of another step of the same walk."""
    other = facts.reply(reply.exchange.scenario, Mode.JSON, argument["step"])
    if other is None or not other.ok or not reply.ok or not _entries(other):
        return NOTHING_SEEN
    ours = [entry.get("id") for entry in _entries(reply)]
    theirs = [entry.get("id") for entry in _entries(other)]
    if ours == theirs:
        return FINE
    expected = f"the entries of step {argument['step']}: {show(theirs)}"
    return found(deviation("page-equals", reply, expected=expected, actual=show(ours), pointer="/data"))


def newest_first(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """Entries are ordered by created_at, newest first; entries without a known date are passed over."""
    dated = [
        (place, moment)
        for place, value in spread(reply.json, "/data/*/created_at")
        if (moment := rfc_3339(value)) is not None and moment != EPOCH
    ]
    if not reply.ok or len(dated) < 2:
        return NOTHING_SEEN
    for (_, newer), (place, older) in pairwise(dated):
        if older > newer:
            expected = f"a time not after {newer.isoformat()}, the entry before"
            return found(deviation("newest-first", reply, expected=expected, actual=older.isoformat(), pointer=place))
    return FINE


def equals_list_entry(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """A single model says the same as its entry in the list that the scenario of the argument returned."""
    listed = facts.reply(argument, Mode.JSON)
    if not reply.ok or not isinstance(reply.json, dict) or listed is None or not listed.ok:
        return NOTHING_SEEN
    entry = next((entry for entry in _entries(listed) if entry.get("id") == reply.json.get("id", MISSING)), None)
    if entry is None:
        return NOTHING_SEEN
    wrong = [(key, value) for key, value in entry.items() if reply.json.get(key, MISSING) != value]
    return found(
        *(
            deviation(
                "equals-list-entry",
                reply,
                expected=f"{show(value)}, as in the list",
                actual=show(reply.json.get(key, MISSING)),
                pointer=join("", key),
            )
            for key, value in wrong[:3]
        )
    )


def model_listed(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The model that is tested is in the list; a list with further pages, or without entries, shows nothing."""
    entries = _entries(reply)
    if any(entry.get("id") == facts.model for entry in entries):
        return FINE
    if not reply.ok or not entries or look_up(reply.json, "/has_more") is True:
        return NOTHING_SEEN
    expected = f"an entry with id {show(facts.model)}"
    return found(
        deviation("model-listed", reply, expected=expected, actual=f"{len(entries)} other entries", pointer="/data")
    )


def _entries(reply: Reply) -> list[dict[str, Json]]:
    return [entry for _, entry in spread(reply.json, "/data/*") if isinstance(entry, dict)]


STEP: Final = {"type": "integer", "minimum": 1}

CHECKS: Final[Mapping[str, Check]] = {
    check.name: check
    for check in (
        Check("date-time", each=date_time, argument={"type": "string", "pattern": "^/"}),
        Check("page-ends", each=page_ends),
        Check(
            "page-limited",
            each=page_limited,
            argument={
                "type": "object",
                "properties": {"limit": {"type": "integer", "minimum": 1}, "of": {"type": "string"}},
                "required": ["limit", "of"],
                "additionalProperties": False,
            },
        ),
        Check(
            "page-follows",
            each=page_follows,
            argument={
                "type": "object",
                "properties": {"after": STEP},
                "required": ["after"],
                "additionalProperties": False,
            },
        ),
        Check(
            "page-equals",
            each=page_equals,
            argument={
                "type": "object",
                "properties": {"step": STEP},
                "required": ["step"],
                "additionalProperties": False,
            },
        ),
        Check("newest-first", each=newest_first),
        Check("equals-list-entry", each=equals_list_entry, argument={"type": "string"}),
        Check("model-listed", each=model_listed),
    )
}
