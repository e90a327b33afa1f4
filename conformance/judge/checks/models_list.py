"""Checks on GET /v1/models and GET /v1/models/{id}: pages, cursors, order, and the single entry (REQ-MODELS).

The shape of pages and entries is in the OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from conformance.base.pointer import join, look_up, spread
from conformance.base.values import MISSING, show
from conformance.judge.arguments import STEP, record
from conformance.judge.capabilities import declined
from conformance.judge.check import (
    FINE,
    NOT_THERE,
    NOTHING_SEEN,
    Context,
    Observation,
    check,
    deviates,
    deviation,
    found,
)
from conformance.model import Json, Mode, ScenarioName
from conformance.protocol.reply import Reply
from conformance.protocol.times import is_rfc_3339, rfc_3339

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""created_at of a model whose date is not known (REQ-MODELS-003); it says nothing about order."""


@check("date-time", argument={"type": "string", "pattern": "^/"})
def date_time(reply: Reply, argument: str) -> Observation:
    """Every string at a pointer is a time of RFC 3339, with or without fractional seconds; null shows nothing."""
    values = [(place, value) for place, value in spread(reply.json, argument) if value is not None]
    if not reply.ok or not values:
        return NOTHING_SEEN
    wrong = [(place, value) for place, value in values if not is_rfc_3339(value)]
    expected = "a time of RFC 3339, such as 2026-10-21T00:00:00Z"
    return found(*(deviation(reply, expected, show(value), pointer=place) for place, value in wrong[:3]))


@check("page-ends")
def page_ends(reply: Reply) -> Observation:
    """first_id and last_id of a page are the ids of its first and its last entry."""
    entries = _entries(reply)
    if not entries:
        return NOTHING_SEEN
    findings = []
    for key, which, entry in (("first_id", "first", entries[0]), ("last_id", "last", entries[-1])):
        actual = look_up(reply.json, f"/{key}")
        if actual != entry.get("id"):
            expected = f"{show(entry.get('id', MISSING))}, the id of the {which} entry"
            findings.append(deviation(reply, expected, show(actual), pointer=join("", key)))
    return found(*findings)


@check("page-limited", argument=record(limit=STEP, of={"type": "string"}))
def page_limited(reply: Reply, argument: Mapping[str, Json], context: Context) -> Observation:
    """A page has at most `limit` entries, and has_more is true where the list of scenario `of` is longer than that."""
    data = look_up(reply.json, "/data")
    if not reply.ok or not isinstance(data, list):
        return NOTHING_SEEN
    limit = argument["limit"]
    if len(data) > limit:
        return deviates(reply, f"at most {limit} entries", f"{len(data)} entries", pointer="/data", kind="ignored")
    whole = context.reply(argument["of"], Mode.JSON)
    more = whole is not None and whole.ok and len(_entries(whole)) > limit
    has_more = look_up(reply.json, "/has_more")
    if not data or (more and has_more is not True):
        expected = f"{limit} entries and has_more true, as the whole list is longer"
        return deviates(reply, expected, f"{len(data)} entries and has_more {show(has_more)}", pointer="/has_more")
    if more:
        return FINE
    return NOT_THERE if whole is not None and whole.ok and _entries(whole) else NOTHING_SEEN


@check("page-follows", argument=record(after=STEP))
def page_follows(reply: Reply, argument: Mapping[str, int], context: Context) -> Observation:
    """The page after last_id has entries, and none of those of step `after`; without a next page nothing is seen."""
    earlier = context.reply(reply.exchange.scenario, Mode.JSON, argument["after"])
    if earlier is None or not earlier.ok or look_up(earlier.json, "/has_more") is not True:
        whole = context.reply("models", Mode.JSON)
        alone = whole is not None and whole.ok and len(_entries(whole)) == 1
        return NOT_THERE if alone else NOTHING_SEEN
    data = look_up(reply.json, "/data")
    if not reply.ok or not isinstance(data, list):
        return NOTHING_SEEN
    if not data:
        expected = "at least one entry, as the page before has has_more true"
        return deviates(reply, expected, "no entry", pointer="/data")
    known = [entry.get("id") for entry in _entries(earlier)]
    wrong = [(index, entry) for index, entry in enumerate(_entries(reply)) if entry.get("id") in known]
    return found(
        *(
            deviation(
                reply,
                "an entry that the page before does not have",
                show(entry.get("id", MISSING)),
                pointer=join("/data", index, "id"),
                kind="ignored",
            )
            for index, entry in wrong[:3]
        )
    )


@check("page-equals", argument=record(step=STEP))
def page_equals(reply: Reply, argument: Mapping[str, int], context: Context) -> Observation:
    """The page has the same entries as the page of another step of the same walk."""
    other = context.reply(reply.exchange.scenario, Mode.JSON, argument["step"])
    if other is None or not other.ok or not reply.ok or not _entries(other):
        return NOTHING_SEEN
    ours = [entry.get("id") for entry in _entries(reply)]
    theirs = [entry.get("id") for entry in _entries(other)]
    if ours == theirs:
        return FINE
    return deviates(reply, f"{show(theirs)}, the entries of step {argument['step']}", show(ours), pointer="/data")


@check("newest-first")
def newest_first(reply: Reply) -> Observation:
    """Entries are ordered by created_at, newest first; entries without a known date are skipped."""
    dated = [
        (place, moment)
        for place, value in spread(reply.json, "/data/*/created_at")
        if (moment := rfc_3339(value)) is not None and moment != EPOCH
    ]
    if not reply.ok or len(dated) < 2:
        return NOTHING_SEEN
    for (_, newer), (place, older) in pairwise(dated):
        if older > newer:
            expected = f"a time not after {newer.isoformat()}, that of the entry before"
            return deviates(reply, expected, older.isoformat(), pointer=place)
    return FINE


@check("equals-list-entry", argument={"type": "string"})
def equals_list_entry(reply: Reply, argument: str, context: Context) -> Observation:
    """A single model equals its entry in the list that the scenario of the argument returned."""
    listed = context.reply(argument, Mode.JSON)
    if not reply.ok or not isinstance(reply.json, dict) or listed is None or not listed.ok:
        return NOTHING_SEEN
    entry = next((entry for entry in _entries(listed) if entry.get("id") == reply.json.get("id", MISSING)), None)
    if entry is None:
        return NOTHING_SEEN
    differing = [key for key, value in entry.items() if reply.json.get(key, MISSING) != value]
    return found(
        *(
            deviation(
                reply,
                f"{show(entry[key])}, as in the list",
                show(reply.json.get(key, MISSING)),
                pointer=join("", key),
            )
            for key in differing[:3]
        )
    )


@check("model-listed")
def model_listed(reply: Reply, context: Context) -> Observation:
    """The model that is tested is in the list; a list with further pages, or without entries, shows nothing."""
    entries = _entries(reply)
    if any(entry.get("id") == context.model for entry in entries):
        return FINE
    if not reply.ok or not entries or look_up(reply.json, "/has_more") is True:
        return NOTHING_SEEN
    return deviates(reply, f"an entry with id {show(context.model)}", f"{len(entries)} other entries", pointer="/data")


def _entries(reply: Reply) -> list[dict[str, Json]]:
    return [entry for _, entry in spread(reply.json, "/data/*") if isinstance(entry, dict)]


PROBES: Final[Mapping[str, tuple[ScenarioName, tuple[str, ...]]]] = {
    "image_input": (ScenarioName("image"), ("image_input",)),
    "structured_outputs": (ScenarioName("json-format"), ("structured_outputs",)),
    "citations": (ScenarioName("documents-text-with-citations"), ("citations",)),
    "web search": (ScenarioName("server-tools-declared"), ("server_tools", "web_search")),
    "enabled thinking": (ScenarioName("thinking"), ("thinking", "types", "enabled")),
    "adaptive thinking": (ScenarioName("thinking-omitted", Mode.STREAM), ("thinking", "types", "adaptive")),
    "disabled thinking": (ScenarioName("thinking-disabled"), ("thinking", "types", "disabled")),
    "effort": (ScenarioName("output-effort-low"), ("effort",)),
    "effort max": (ScenarioName("output-effort-max"), ("effort", "max")),
}
"""Capabilities that a model states, each with a request that needs nothing else, and its place in the entry."""


@check("capabilities-as-observed")
def capabilities_as_observed(reply: Reply, context: Context) -> Observation:
    """No request for what the entry says to be supported is refused, and none for what it denies is answered."""
    seen, findings = 0, []
    for name, (probe, steps) in PROBES.items():
        pointer = join("/capabilities", *steps, "supported")
        said = look_up(reply.json, pointer)
        other = context.reply(probe, probe.mode or Mode.JSON)
        if not isinstance(said, bool) or other is None or not (other.answers or declined(other)):
            continue
        seen += 1
        if said != other.answers:
            met = "answered" if other.answers else f"refused with status {other.status}"
            expected = f"{str(other.answers).lower()}, as the request for {name} was {met}"
            findings.append(deviation(reply, expected, show(said), pointer=pointer))
    return found(*findings) if seen else NOTHING_SEEN
