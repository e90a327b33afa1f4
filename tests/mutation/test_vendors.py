"""A run against the persona of a vendor finds what the profile of the vendor says, and nothing else.

Each persona is compared with the honest endpoint, which is judged by the same profile: `honest` are the claims there.

`-s` prints how many claims came to which verdict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pytest
import yaml

from conformance.model import DEVIATING, Judgement
from conformance.reference.faults import Fault, faults_named, load_collateral
from conformance.reference.personas import persona_of
from conformance.results.claims import ClaimResult
from conformance.results.conclusions.claims import claim_results
from conformance.standard.vendors import Claim, Vendor, load_vendor, vendor_ids
from mutation.rehearsal import set_vendor_stage
from support.data import DATA

MODELS: Mapping[str, tuple[str, ...]] = {"anthropic": ("reference-1", "reference-2-strict")}
"""The models that a vendor's claims are about; all others are imitated with one."""

HOLDS = ("kept", "deviates")
"""The verdicts on a claim that is true of an endpoint."""


@dataclass(frozen=True)
class Imitated:
    """A vendor, and what runs against its persona found: the judgements of each, and the claims of all together."""

    vendor: Vendor
    runs: tuple[tuple[Judgement, ...], ...]
    claims: Mapping[str, ClaimResult]
    honest: Mapping[str, ClaimResult]

    @property
    def known(self) -> set[str]:
        return {entry.case for entry in self.vendor.known_deviations}

    def holds(self, claim: str) -> bool:
        return self.claims[claim].verdict in HOLDS


@pytest.fixture(scope="module", params=vendor_ids())
def imitated(request: pytest.FixtureRequest) -> Imitated:
    vendor = load_vendor(request.param)
    runs: list[tuple[Judgement, ...]] = []
    claims: dict[str, ClaimResult] = {}
    honest: dict[str, ClaimResult] = {}
    for model in MODELS.get(vendor.id, ("reference-1",)):
        stage = set_vendor_stage(vendor.id, model)
        runs.append(stage.verdicts(persona_of(vendor.id)))
        _decide(claims, claim_results(vendor, stage.library.cases, runs[-1]))
        _decide(honest, claim_results(vendor, stage.library.cases, stage.verdicts()))
    counts = Counter(each.verdict for each in claims.values())
    print(f"\n{vendor.id:<12}" + "".join(f"{counts[verdict]:>4} {verdict}" for verdict in sorted(counts)))
    return Imitated(vendor, tuple(runs), claims, honest)


def _decide(claims: dict[str, ClaimResult], found: Iterable[ClaimResult]) -> None:
    """Adds what was found to the claims; what a run decides stays, whatever another one leaves open."""
    for each in found:
        if each.id not in claims or claims[each.id].verdict == "undecided":
            claims[each.id] = each


def test_only_what_is_undecidable_is_undecided(imitated: Imitated) -> None:
    undecided = {key: each.reason for key, each in imitated.claims.items() if each.verdict == "undecided"}
    assert undecided == {claim.id: claim.undecidable for claim in imitated.vendor.claims if claim.undecidable}


def test_a_claim_that_does_not_hold_is_contradicted_by_one_that_does(imitated: Imitated) -> None:
    """What a page promises is seen, unless the persona follows another page, or what was measured."""
    failing = {key: each for key, each in imitated.claims.items() if each.verdict in ("broken", "conforms")}
    unexplained = {
        key: each.cases
        for key, each in failing.items()
        if not any(map(imitated.holds, each.contradicted_by)) and not set(map(_case, each.cases)) <= imitated.known
    }
    assert unexplained == {}


def test_of_two_claims_that_contradict_each_other_one_holds_at_most(imitated: Imitated) -> None:
    both = {
        frozenset((claim.id, other))
        for claim in imitated.vendor.claims
        for other in claim.contradicted_by
        if imitated.holds(claim.id) and imitated.holds(other)
    }
    assert both == set()


def test_the_honest_endpoint_keeps_to_the_specification_where_a_vendor_does_not(imitated: Imitated) -> None:
    """What is documented otherwise is not seen there, so that no claim is true of every endpoint."""
    seen = {key: each.cases for key, each in imitated.honest.items() if each.verdict == "deviates"}
    assert seen == {}


def test_every_deviation_that_gates_is_in_the_profile_or_follows_from_it(imitated: Imitated) -> None:
    """It decides a claim that deviates or is broken, or is a known deviation, or is computed collateral of a fault that
    imitates one of those. `-s` prints what follows from what.
    """
    told = imitated.known | {_case(name) for each in imitated.claims.values() for name in each.cases if not _fine(each)}
    cases = set_vendor_stage(imitated.vendor.id).library.catalogue.cases
    collateral = load_collateral()
    following: dict[str, str] = {}
    for fault in imitated.vendor.persona:
        caught = {case.id for case in cases if fault in case.caught}
        if caught & told:
            following |= dict.fromkeys(caught.union(collateral.get(fault, ())) - told, fault)
    gating = [each for run in imitated.runs for each in run if each.gates and each.case not in told]
    for fault, count in Counter(following[each.case] for each in gating if each.case in following).items():
        print(f"\n{imitated.vendor.id:<12} {count:>4} more follow from {fault}", end="")
    assert {f"{each.case}/{each.mode}": each.reason for each in gating if each.case not in following} == {}


def test_every_known_deviation_is_one(imitated: Imitated) -> None:
    """Those that were measured have a link; some of them are mistakes that no fault imitates."""
    deviating = {each.case for run in imitated.runs for each in run if each.outcome in DEVIATING}
    documented = {entry.case for entry in imitated.vendor.known_deviations if not entry.link}
    assert documented - deviating == set()


OTHER_PAGES = [(name, claim) for name in vendor_ids() for claim in load_vendor(name).claims if claim.imitated_by]


@pytest.mark.parametrize(("vendor", "claim"), OTHER_PAGES, ids=[f"{name}-{claim.id}" for name, claim in OTHER_PAGES])
def test_where_the_persona_follows_another_page_faults_imitate_this_one(vendor: str, claim: Claim) -> None:
    profile = load_vendor(vendor)
    concerned = {claim.id: claim} | {each.id: each for each in profile.claims if each.id in claim.contradicted_by}
    stage = set_vendor_stage(vendor, only={case.name for each in concerned.values() for case in each.cases})
    faults = (*persona_of(vendor), *faults_named(claim.imitated_by))
    found = {each.id: each for each in claim_results(profile, stage.library.cases, stage.verdicts(faults))}
    assert found[claim.id].verdict == "deviates"
    assert {found[other].verdict for other in claim.contradicted_by} == {"broken"}


def test_every_deviation_that_a_persona_leaves_out_is_imitated(imitated: Imitated) -> None:
    left_out = {key for key, each in imitated.claims.items() if each.verdict == "conforms"}
    assert left_out == {claim.id for claim in imitated.vendor.claims if claim.imitated_by}


@pytest.mark.parametrize("vendor", [name for name in vendor_ids() if load_vendor(name).case_file])
def test_every_case_of_a_vendor_can_fail(vendor: str) -> None:
    """On the honest endpoint, on the persona, or with each of the faults that it names."""
    own = {case.id: case for case in set_vendor_stage(vendor).library.catalogue.cases if case.id.startswith(vendor)}
    stage = set_vendor_stage(vendor, only=set(own))

    def deviating(faults: Iterable[Fault]) -> set[str]:
        return {each.case for each in stage.verdicts(faults) if each.outcome in DEVIATING}

    by_fault = {fault: deviating(faults_named([fault])) for case in own.values() for fault in case.caught}
    proven = deviating(()) | deviating(persona_of(vendor))
    missed = {(case.id, fault) for case in own.values() for fault in case.caught if case.id not in by_fault[fault]}
    assert missed == set()
    assert set(own) - proven == {case.id for case in own.values() if case.caught} - proven


@pytest.mark.parametrize("engine", ["vllm", "litellm"])
def test_what_is_known_of_an_engine_is_what_was_measured(engine: str) -> None:
    measured = yaml.safe_load((DATA / "peers" / f"{engine}.yaml").read_text(encoding="utf-8"))
    always = [each for each in measured["defects"] if "by-chance" not in each]
    found = {case for each in always for case in (*each.get("gating", ()), *each.get("found", ()))}
    assert {entry.case for entry in load_vendor(engine).known_deviations if entry.link} == found


def test_every_fault_of_a_persona_shows_in_a_claim_or_an_exemption(imitated: Imitated) -> None:
    """No quirk is there that nothing in the profile is about."""
    profile = {case.name for claim in imitated.vendor.claims for case in claim.cases}
    profile |= imitated.known
    library = set_vendor_stage(imitated.vendor.id).library
    exempt = {case.id for case in library.catalogue.cases if set(case.needs) & set(imitated.vendor.exempt)}
    silent = []
    for fault in imitated.vendor.persona:
        caught = {case.id for case in library.catalogue.cases if fault in case.caught}
        if not (caught | set(load_collateral().get(fault, ()))) & (profile | exempt):
            silent.append(fault)
    assert silent == []


def _case(name: str) -> str:
    """The case of a result that is named `case/mode`."""
    return name.partition("/")[0]


def _fine(claim: ClaimResult) -> bool:
    return claim.verdict in ("kept", "conforms")
