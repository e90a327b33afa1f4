"""The command `explain`: what is known of an id, whatever it names: a case, clause, fault, client, vendor, capability,
tier, area or defect.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from urllib.parse import parse_qsl

from conformance.base.errors import UsageError
from conformance.base.suggestions import nearest, unknown
from conformance.base.urls import split_url
from conformance.base.versions import DEFAULT_VERSION
from conformance.commands.faults import entries
from conformance.config.target import Target
from conformance.engine.fill import fill
from conformance.judge.library import load_library
from conformance.model import Case, Json, Mode, Step
from conformance.reference.answer import Call
from conformance.reference.app import create_endpoint
from conformance.reference.server import DEFAULT_MODEL
from conformance.report import catalogue, clients, explained, profiles
from conformance.standard.defects import DefectRule
from conformance.standard.library import Library
from conformance.standard.vendors import load_vendor, vendor_ids

KEY = "reference-key"

ORDINARY = "text"
"""The scenario that shows a right answer where a case is about all of them."""


def text(name: str) -> str:
    """What is known of an id. Raises UsageError, with the nearest id, for an unknown one."""
    if name in vendor_ids():
        return profiles.explain(load_vendor(name))
    library = load_library(DEFAULT_VERSION)
    known = known_ids(library)
    if name not in known:
        rule = _rule_of(name, library.defect_rules)
        if rule is not None and nearest(name, known) in (None, rule.id):
            return explained.defect(rule)
        raise UsageError(unknown("id", name, [*known, *vendor_ids()]))
    return "\n".join(explain() for explain in known[name])


def known_ids(library: Library) -> Mapping[str, list[Callable[[], str]]]:
    """What can be explained, by id. An area and a capability, for example, may have one name."""
    cases, found = library.catalogue.cases, defaultdict[str, list[Callable[[], str]]](list)
    for case in cases:
        for name in (case.id, *case.aliases):
            found[name].append(partial(_case, case, library))
    for clause in library.ledger:
        found[clause.id].append(partial(catalogue.explain_clause, clause, cases, library.sources))
    for client in library.clients.clients:
        found[client.id].append(partial(clients.explain, client))
    for tier in library.tiers:
        found[tier.name].append(partial(explained.tier, tier, cases))
    for entry in entries():
        found[entry["id"]].append(partial(explained.fault, entry))
    for each in library.capabilities.values():
        found[each.name].append(partial(explained.capability, each, cases, library.tiers))
    for area in dict.fromkeys(case.area for case in cases):
        found[area].append(partial(explained.area, area, [case for case in cases if case.area == area]))
    for rule in library.defect_rules:
        found[rule.id].append(partial(explained.defect, rule))
    return found


def _rule_of(name: str, rules: Sequence[DefectRule]) -> DefectRule | None:
    """The rule of a defect of a run, whose id has the values of its features behind that of the rule."""
    fitting = [rule for rule in rules if rule.by and name.startswith(f"{rule.id}-")]
    return max(fitting, key=lambda rule: len(rule.id), default=None)


def _case(case: Case, library: Library) -> str:
    caught = [entry for entry in entries() if entry["id"] in case.caught]
    lines = [*catalogue.explained_case(case, library.ledger.clauses, library.sources), *_example(case, library)]
    lines += explained.breakages(caught)
    lines += explained.paragraph("run it", f"messages-conformance run --case {case.id}")
    return "\n".join(lines) + "\n"


def _example(case: Case, library: Library) -> Iterator[str]:
    """The request of a case, or an ordinary one, and what the reference endpoint answers, which is right."""
    steps = case.steps or library.catalogue.scenarios.get(ORDINARY, ())
    if len(steps) != 1:
        return
    mode = Mode.JSON if Mode.JSON in case.modes else Mode.STREAM
    request, status, body = _exchange(steps[0], mode, case.id)
    yield from explained.example(request, status, body)


def _exchange(step: Step, mode: Mode, name: str) -> tuple[Json, int, Json]:
    target = Target("reference", "http://reference", DEFAULT_MODEL, KEY, auth="x-api-key", root="http://reference/v1")
    sent = fill(step, mode, target, None, name)
    parts = split_url(sent.url)
    call = Call(sent.method, parts.path, tuple(parse_qsl(parts.query, True)), sent.headers, sent.body)
    answer = create_endpoint().answer(call)
    request = sent.json if sent.json is not None else f"{sent.method} {parts.path}"
    body = b"".join(answer.chunks).decode("utf-8", "replace")
    return request, answer.status, body if answer.body is None else answer.body
