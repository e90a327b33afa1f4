"""Whether an endpoint is ready for each client, and which cases decide it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

from conformance.model import DEVIATING, Case, Judgement, Mode, Outcome
from conformance.results.model import ClientResult, NeedResult
from conformance.standard.clients import Clients, KnownClient, Need, left_to_the_whole, pairs

Readiness = Literal["ready", "limited", "not-ready", "undecided"]

Judged = Mapping[tuple[str, Mode], Outcome]


def readiness(
    clients: Clients,
    cases: Mapping[str, Case],
    judgements: Sequence[Judgement],
    *,
    lacking: Collection[str] = (),
    declared: Collection[str] = (),
    smoke: bool = False,
) -> tuple[ClientResult, ...]:
    """What the judgements of a run mean to each client. `lacking` and `declared` are capabilities of the target.

    In a smoke test, what was not asked is left out where it only degrades a client, or where what the client sends as a
    whole shows it; otherwise it leaves the client undecided.
    """
    judged = {(judgement.case, judgement.mode): judgement.outcome for judgement in judgements}
    hidden = any(outcome in DEVIATING for (case, _), outcome in judged.items() if case in clients.hiding)
    desk = _Desk(cases, judged, frozenset(lacking), frozenset(declared), hidden=hidden, smoke=smoke)
    return tuple(desk.result(client) for client in clients.clients)


def asked_about(clients: Sequence[ClientResult], named: Collection[str], *, smoke: bool) -> tuple[ClientResult, ...]:
    """The clients that a run says something about: those that it names, or in a smoke test those that it decides."""
    if named:
        return tuple(client for client in clients if client.id in named)
    return tuple(client for client in clients if not smoke or client.readiness != "undecided")


def not_ready(clients: Iterable[ClientResult]) -> list[str]:
    """A sentence for each client that is not ready, with what its user sees."""
    return [
        f"{client.title} is not ready: {client.symptoms[0]}" for client in clients if client.readiness == "not-ready"
    ]


def undecided(clients: Iterable[ClientResult]) -> list[str]:
    """A sentence for each client of which nobody knows."""
    return [f"whether {client.title} works is undecided" for client in clients if client.readiness == "undecided"]


class _Desk:
    """What is known of a run, and what it says about a client."""

    def __init__(
        self,
        cases: Mapping[str, Case],
        judged: Judged,
        lacking: frozenset[str],
        declared: frozenset[str],
        *,
        hidden: bool,
        smoke: bool,
    ) -> None:
        self._cases = cases
        self._judged = judged
        self._lacking = lacking
        self._declared = declared
        self._hidden = hidden
        self._smoke = smoke

    def result(self, client: KnownClient) -> ClientResult:
        needs = tuple(found for need in client.needs if (found := self._need(client, need)) is not None)
        violated = [need for need in needs if need.state == "violated"]
        broken = [need for need in violated if need.impact == "breaks"]
        status, deciding = _status(broken, [need for need in needs if need.state == "undecided"], violated)
        shown = sorted(violated, key=lambda need: need.impact != "breaks")
        return ClientResult(
            id=client.id,
            title=client.title,
            version=client.version,
            readiness=status,
            deciding=tuple(dict.fromkeys(case.partition("/")[0] for need in deciding for case in need.cases)),
            symptoms=tuple(dict.fromkeys(need.symptom for need in shown)),
            needs=needs,
        )

    def _need(self, client: KnownClient, need: Need) -> NeedResult | None:
        """What is wrong with a need; None for one that is served."""
        if need.mechanism.unless_lacking in self._lacking:
            return None
        asked = pairs(need, client.modes, self._cases)
        if self._smoke and (need.impact == "degrades" or need.mechanism.id in left_to_the_whole(client, self._cases)):
            asked = tuple(each for each in asked if each in self._judged)
        found = {each: self._state(*each) for each in asked}
        worst = next((state for state in ("violated", "undecided") if state in found.values()), None)
        if worst is None:
            return None
        return NeedResult(
            id=need.mechanism.id,
            does=need.mechanism.does,
            impact=need.impact,
            state=worst,
            cases=tuple(f"{case}/{mode}" for (case, mode), state in found.items() if state == worst),
            symptom=need.symptom,
            workaround=need.workaround,
        )

    def _state(self, case: str, mode: Mode) -> Literal["served", "violated", "undecided"]:
        outcome = self._judged.get((case, mode))
        if outcome in DEVIATING or outcome is Outcome.UNSUPPORTED:
            return "violated"
        if outcome is Outcome.PASS:
            return "served"
        if outcome is Outcome.NOT_APPLICABLE:
            return self._not_applicable(self._cases[case])
        if outcome is Outcome.INCONCLUSIVE and self._judged.get((self._cases[case].reported_by, mode)) in DEVIATING:
            return "violated"  # its route is missing, which another case reports
        return "served" if self._hidden and mode is Mode.STREAM and outcome is Outcome.INCONCLUSIVE else "undecided"

    def _not_applicable(self, case: Case) -> Literal["served", "violated", "undecided"]:
        """A target that lacks what the case is about does not serve it, and what nobody asked for is not known. Where
        no reply showed the precondition, nothing is there to trip over.
        """
        if self._lacking & set(case.needs):
            return "violated"
        return "undecided" if set(case.opt_in) - self._declared else "served"


def _status(
    broken: Sequence[NeedResult], undecided: Sequence[NeedResult], violated: Sequence[NeedResult]
) -> tuple[Readiness, Sequence[NeedResult]]:
    if broken:
        return "not-ready", broken
    if undecided:
        return "undecided", undecided
    return ("limited", violated) if violated else ("ready", ())
