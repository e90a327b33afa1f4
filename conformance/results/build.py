"""Results from what was run and judged: the one way to make them, for runs, rejudged journals and recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from conformance import __version__
from conformance.base.spend import Spend
from conformance.model import Case, Clause, Judgement, worst
from conformance.protocol.reply import Reply
from conformance.results.clauses import cited
from conformance.results.conclusions.affected import affected, harm_of_demand, most_harmful_first
from conformance.results.conclusions.baseline import KnownDeviations
from conformance.results.conclusions.claims import claim_results, vendor_result
from conformance.results.conclusions.defects import defects
from conformance.results.conclusions.demands import declined_demands
from conformance.results.conclusions.gate import gate, hidden_by_known
from conformance.results.conclusions.instructions import sentence_on_model
from conformance.results.conclusions.readiness import asked_about, not_ready, readiness, undecided
from conformance.results.conclusions.tiers import standings, tier_results
from conformance.results.excerpts import Excerpts
from conformance.results.model import CapabilityResult, CaseResult, Results, Suite, TargetSummary
from conformance.results.run import RunFacts
from conformance.results.shell import accept, rerun, variables_in
from conformance.results.times import timing
from conformance.standard.capabilities import CapabilityFacts
from conformance.standard.library import Library
from conformance.standard.models import capabilities_of


def build(
    run: RunFacts,
    judged: Sequence[tuple[Judgement, float]],
    library: Library,
    excerpts: Excerpts,
    *,
    capabilities: Sequence[CapabilityFacts] = (),
    baseline: KnownDeviations | None = None,
    unfollowed: str = "",
) -> Results:
    """The results of one run against one target, in order of the catalogue.

    `judged` holds judgements and the seconds that each took. `baseline` has excused what it knows of already.
    """
    cases = library.cases
    order = {name: position for position, name in enumerate(cases)}
    ordered = sorted(judged, key=lambda item: (order[item[0].case], item[0].mode))
    judgements = [judgement for judgement, _ in ordered]
    found = tuple(
        case_result(
            cases[judgement.case],
            judgement,
            library.ledger.clauses,
            excerpts,
            run.target,
            seconds=seconds,
            repeatable=run.sent_by_us,
        )
        for judgement, seconds in ordered
    )
    known = baseline.result(judgements, whole=run.complete) if baseline is not None else None
    stale = len(known.stale) if known is not None else 0
    needed = run.min_decided if run.sent_by_us else 0
    model = capabilities_of(run.target.model, None, library.models)
    clients = readiness(
        library.clients,
        cases,
        judgements,
        lacking=run.target.lacks,
        declared=run.target.declared,
        smoke=run.smoke,
    )
    meant = [client for client in clients if client.id in run.clients]
    tier = () if meant else library.tiers  # what the clients need decides in place of a tier
    demands = [
        replace(demand, affects=hit, harm=harm_of_demand(hit))
        for demand in declined_demands(run.tier, tier, capabilities, found, excerpts.exchanges, model)
        for hit in [affected(demand.cases, clients, library.clients.most_used)]
    ]
    causes = defects(list(zip(judgements, found, strict=True)), excerpts.exchanges, library, clients)
    decided, exit_code = gate(
        found,
        run.policy,
        run.unfinished,
        stale=stale,
        min_decided=needed,
        requests=run.asked,
        answered=run.answered,
        declined=[*(demand.title for demand in demands), *not_ready(meant)],
        open_questions=undecided(meant),
        explained=hidden_by_known(causes, found),
    )
    tiers = standings(library.tiers, cases, judgements, complete=run.complete, lacking=run.target.lacks)
    edition = library.edition.name if library.edition is not None and run.sent_by_us else None
    return Results(
        suite=Suite(__version__, edition, run.target.api_version, run.catalogue),
        target=run.target,
        started=run.started,
        duration_s=run.duration_s,
        requests=run.requests,
        tokens=run.tokens,
        cost=run.prices.of(Spend(run.requests, run.tokens.input, run.tokens.output)),
        complete=run.complete,
        incomplete_reason=run.incomplete_reason,
        unfollowed=unfollowed,
        exit_code=worst([run.failed, exit_code]),
        gate=decided,
        tiers=tier_results(tiers, found) if run.sent_by_us else (),
        vendor=vendor_result(library.vendor) if library.vendor is not None else None,
        claims=claim_results(library.vendor, cases, judgements) if library.vendor is not None else (),
        clients=asked_about(clients, run.clients, smoke=run.smoke) if run.sent_by_us else (),
        capabilities=tuple(_capability(facts) for facts in capabilities),
        baseline=known,
        cases=found,
        defects=most_harmful_first((*demands, *causes)),
        exchanges=excerpts.exchanges,
        clauses=cited({name for case in found for name in case.clauses}, library.ledger, library.sources),
    )


def build_run(
    run: RunFacts,
    replies: Sequence[Reply],
    judged: Sequence[tuple[Judgement, float]],
    library: Library,
    capabilities: Sequence[CapabilityFacts],
    baseline: KnownDeviations | None = None,
    excerpts: Excerpts | None = None,
) -> Results:
    """The results of a run that we sent, of which all `replies` are at hand. `excerpts` get what is shown of them."""
    if baseline is not None:
        judged = [(baseline.excused(judgement), seconds) for judgement, seconds in judged]
    by_line = {reply.exchange.line: reply for reply in replies}
    excerpts = Excerpts() if excerpts is None else excerpts
    for judgement, _ in judged:
        excerpts.add_judgement(judgement, by_line, run.target)
    for reply in replies:
        excerpts.add_exchange(reply.exchange)
    said = sentence_on_model(library.catalogue.cases, replies)
    built = build(run, judged, library, excerpts, capabilities=capabilities, baseline=baseline, unfollowed=said)
    return replace(built, timing=timing(replies, library.clients.clients))


def case_result(
    case: Case,
    judgement: Judgement,
    clauses: Mapping[str, Clause],
    excerpts: Excerpts,
    target: TargetSummary,
    *,
    seconds: float = 0.0,
    repeatable: bool = True,
) -> CaseResult:
    """One judgement with everything that a reader needs to check it. `repeatable`: its requests can be sent again."""
    governing = clauses.get(case.clauses[0]) if case.clauses else None
    key = (case.id, judgement.mode)
    mode = judgement.mode if len(case.modes) > 1 else None
    again = rerun(case.id, target.select, mode, excerpts.file_of(case)) if repeatable else ""
    return CaseResult(
        id=case.id,
        title=case.title,
        area=case.area,
        level=case.level,
        plane=case.plane,
        mode=judgement.mode,
        outcome=judgement.outcome,
        clauses=case.clauses,
        statement=governing.statement if governing else "",
        source=governing.source if governing else "",
        informational=case.informational,
        direction=case.direction,
        axis=judgement.axis,
        reason=judgement.reason,
        findings=tuple(excerpts.findings.get(key, ())),
        evidence=judgement.evidence,
        seen=judgement.seen,
        deviating=judgement.deviating,
        gates=judgement.gates,
        can_gate=judgement.can_gate,
        rerun=again,
        curl=excerpts.curls.get(key, ""),
        variables=variables_in([again, excerpts.curls.get(key, "")], target.key_env, target.headers),
        accept=accept(case.id, mode) if repeatable else "",
        duration=seconds,
        needs=case.needs,
        scored=case.scored,
        known=judgement.known,
        attempts=judgement.attempts,
        deviating_attempts=judgement.deviating_attempts,
    )


def _capability(facts: CapabilityFacts) -> CapabilityResult:
    return CapabilityResult(
        name=facts.capability.name,
        title=facts.capability.title,
        core=facts.capability.core,
        declared=facts.declared,
        probed=facts.probed,
        observed=facts.observed,
        contradiction=facts.contradiction,
        evidence=facts.lines,
    )
