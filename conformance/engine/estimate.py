"""What requests cost: ceilings before they are sent, and the bill afterwards; how long a run takes."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from conformance.base.errors import HarnessError
from conformance.base.spend import NO_SPEND, Prices, Spend
from conformance.base.strict_json import read
from conformance.config.settings import RunSettings
from conformance.engine.budget import SpendingLimits
from conformance.engine.plan import MOST_ON_DEMAND, Plan, most_repeated, names_of, scenario_of
from conformance.model import Case, Direction, Json, Plane, Scenario, Step
from conformance.protocol.exchange import SentRequest
from conformance.protocol.reply import Reply
from conformance.protocol.statuses import is_success
from conformance.protocol.usage import billed
from conformance.standard.catalogue import Catalogue

CHARACTERS_PER_TOKEN = 3
TOOLS_TOKENS = 500
IMAGE_TOKENS = 1_600
DOCUMENT_TOKENS = 3_000
ELSEWHERE = ("base64", "url", "file")
"""Sources whose characters are not what the model reads."""

UNBOUNDED_OUTPUT = 4_096
MOST_OUTPUT = 1_000_000
SECONDS_PER_REQUEST = 1.0
OUTPUT_TOKENS_PER_SECOND = 50.0

SHARED = "shared"
"""The area of requests that no case sends as its own: they are evidence of cases on every reply."""

NEVER_ARRIVED = ("dns", "connect", "tls", "timeout-connect")
"""Kinds of trouble in which the endpoint has not seen the request."""

RULES = (
    f"input: one token for {CHARACTERS_PER_TOKEN} characters of the request body, {TOOLS_TOKENS} more where tools are "
    f"declared, {IMAGE_TOKENS:,} for an image and {DOCUMENT_TOKENS:,} for a document in place of its data",
    f"output: max_tokens of a request that creates a message; {UNBOUNDED_OUTPUT:,} where it names no number "
    f"between 0 and {MOST_OUTPUT:,}",
    f"duration: {SECONDS_PER_REQUEST:g} s a request and {OUTPUT_TOKENS_PER_SECOND:g} output tokens a second, "
    "as many at a time as --concurrency says; retries, repetitions and rate limits come on top",
)
"""How everything here is estimated, for people."""


@dataclass(frozen=True)
class Estimate:
    """What a plan costs where nothing is retried.

    `served` are requests that are expected to be answered, `refused` those expected to be refused, which cost tokens
    only where the endpoint accepts what the API refuses. `repeated` is the most that is repeated: the dearest requests
    that may be, up to the number that a run repeats. `on_demand` is the most that is sent on demand. `seconds` is the
    expected duration.
    """

    served: Spend
    refused: Spend
    repeated: Spend
    seconds: float
    on_demand: Spend = NO_SPEND

    @property
    def least(self) -> Spend:
        """The minimum cost of the plan: every request, and no output."""
        return Spend(self.served.requests + self.refused.requests, self.served.input, 0)

    @property
    def most(self) -> Spend:
        """The maximum cost of the plan, without retries."""
        return self.served + self.refused + self.repeated + self.on_demand


def estimate(
    scenarios: Iterable[Scenario], refusals: Collection[str], repeated: Collection[str], repeat: int, concurrency: int
) -> Estimate:
    """The estimate of a plan. `refusals` and `repeated` are ids of scenarios, `repeat` the attempts in all."""
    served = refused = Spend()
    again: list[Spend] = []
    work, longest = 0.0, 0.0
    for scenario in scenarios:
        refuses = scenario.id in refusals
        cost = scenario_ceiling(scenario)
        served, refused = (served, refused + cost) if refuses else (served + cost, refused)
        if scenario.id in repeated:
            again += [cost] * (repeat - 1)
        elif repeat > 1 and not refuses and len(scenario.steps) == 1:
            again.append(cost)  # where a valid request is refused
        seconds = SECONDS_PER_REQUEST * cost.requests + (0 if refuses else cost.output / OUTPUT_TOKENS_PER_SECOND)
        work, longest = work + seconds, max(longest, seconds)
    return Estimate(served, refused, _dearest(again, most_repeated(repeat)), max(longest, work / concurrency))


def _dearest(costs: Iterable[Spend], most: int) -> Spend:
    """What the dearest of several requests cost together, so many at most."""
    total = NO_SPEND
    for cost in sorted(costs, key=lambda cost: -cost.tokens):
        if total.requests + cost.requests <= most:
            total += cost
    return total


@dataclass(frozen=True)
class AreaCost:
    """What an area costs: all its requests, and the tokens of those that are expected to be answered."""

    area: str
    requests: int
    spend: Spend


def area_costs(plan: Plan, catalogue: Catalogue) -> tuple[AreaCost, ...]:
    """What a plan costs by area, in order of the catalogue, without repetitions and what is sent on demand.

    A scenario that several areas look at is paid by the first that sends it as its own.
    """
    payer: dict[str, str] = {}
    for wanted in (lambda case: () if case.on else case.judged, names_of):
        for case, mode in plan.items:
            for name in wanted(case):
                payer.setdefault(scenario_of(name, mode, catalogue).id, case.area)
    refusals = refusals_of(plan, catalogue)
    found: dict[str, AreaCost] = {}
    for scenario in plan.scenarios:
        area = payer.get(scenario.id, SHARED)
        before = found.get(area, AreaCost(area, 0, NO_SPEND))
        cost = scenario_ceiling(scenario)
        spend = before.spend if scenario.id in refusals else before.spend + cost
        found[area] = AreaCost(area, before.requests + cost.requests, spend)
    order = [*dict.fromkeys(case.area for case, _ in plan.items), SHARED]
    return tuple(found[area] for area in order if area in found)


def estimate_of(plan: Plan, catalogue: Catalogue, settings: RunSettings) -> Estimate:
    """What a plan costs under the settings of a run.

    The first request is sent again at the end where others were refused: whether the endpoint is still alive.
    """
    refusals, first = refusals_of(plan, catalogue), plan.scenarios[0]
    control = [replace(first, steps=first.steps[:1])] if refusals else []
    found = estimate(
        [*plan.scenarios, *control],
        refusals,
        _repeatable(plan, catalogue),
        settings["repeat"],
        settings["concurrency"],
    )
    dearest = sorted(map(scenario_ceiling, plan.on_demand), key=lambda cost: -cost.input)[:MOST_ON_DEMAND]
    return replace(found, on_demand=sum(dearest, NO_SPEND))


def refusals_of(plan: Plan, catalogue: Catalogue) -> frozenset[str]:
    """The scenarios, by id, that are sent in order to be refused."""
    refused = set(_own(plan, catalogue, [case for case, _ in plan.items if case.direction is Direction.REFUSE]))
    served = set(_own(plan, catalogue, [case for case, _ in plan.items if case.direction is Direction.SERVE]))
    return frozenset(refused - served)


def _repeatable(plan: Plan, catalogue: Catalogue) -> frozenset[str]:
    """The scenarios that are sent again where a case of them deviates, or does not show what it is about."""
    return frozenset(_own(plan, catalogue, [c for c, _ in plan.items if c.plane is Plane.BEHAVIOUR or c.given]))


def _own(plan: Plan, catalogue: Catalogue, cases: Sequence[Case]) -> list[str]:
    """The scenarios that cases judge, by id; not those that they only look up."""
    wanted = {case.id for case in cases}
    found = []
    for case, mode in plan.items:
        if case.id in wanted:
            found += [scenario_of(name, mode, catalogue).id for name in case.judged]
    return found


def check_budget(found: Estimate, limits: SpendingLimits) -> None:
    """Raises HarnessError (exit code 2) where even the minimum cost of a plan crosses a limit."""
    crossed = limits.crossed_by(found.least)
    if crossed:
        raise HarnessError(
            f"nothing was sent: the plan takes at least {_words(found.least, limits.prices)}, and the limit is "
            f"{crossed}; raise it or select fewer cases",
            exit_code=2,
        )


def _words(spend: Spend, prices: Prices) -> str:
    cost = prices.of(spend)
    money = f" for USD {cost:.4f}" if cost is not None else ""
    return f"{spend.requests:,} requests and {spend.input:,} input tokens{money}"


def scenario_ceiling(scenario: Scenario) -> Spend:
    """The maximum cost of a scenario. What a later step takes from an earlier reply counts with its ceiling too."""
    total, carried = Spend(), 0
    for step in scenario.steps:
        one = step_ceiling(step)
        total += Spend(one.requests, one.input + carried, one.output)
        carried += one.output
    return total


def step_ceiling(step: Step) -> Spend:
    """The maximum cost of one step."""
    if step.raw is not None:
        body = _as_json(step.raw)
        if not isinstance(body, dict):
            return Spend(1, _tokens(len(step.raw)), UNBOUNDED_OUTPUT if step.makes_message else 0)
        return _ceiling(body, step.makes_message, free=not step.makes_message)
    return _ceiling(step.body, step.makes_message, free=not step.makes_message)


def request_ceiling(request: SentRequest) -> Spend:
    """The maximum cost of a request that is ready to be sent."""
    makes = request.method == "POST" and request.url.partition("?")[0].endswith("/messages")
    body = request.json
    if makes and not isinstance(body, dict):
        return Spend(1, _tokens(len(request.body)), UNBOUNDED_OUTPUT)
    return _ceiling(body, makes, free=not makes)


def _ceiling(body: Json, makes: bool, *, free: bool) -> Spend:
    if free:
        return Spend(1)
    tools = TOOLS_TOKENS if isinstance(body, dict) and body.get("tools") else 0
    return Spend(1, _tokens(_characters(body)) + tools, _output(body) if makes else 0)


def _output(body: Json) -> int:
    most = body.get("max_tokens") if isinstance(body, dict) else None
    bounded = isinstance(most, int) and not isinstance(most, bool) and 0 <= most <= MOST_OUTPUT
    return int(most) if bounded and most is not None else UNBOUNDED_OUTPUT


def _as_json(raw: bytes) -> Json:
    return read(raw).value


def _tokens(characters: int) -> int:
    return math.ceil(characters / CHARACTERS_PER_TOKEN)


def _characters(value: Json) -> int:
    """Characters of a value as JSON, with a flat rate for the data of images and documents."""
    if isinstance(value, str):
        return len(value) + 2
    if isinstance(value, list):
        return 2 + sum(_characters(item) + 1 for item in value)
    if isinstance(value, dict):
        kind, source = value.get("type"), value.get("source")
        if kind in ("image", "document") and isinstance(source, dict) and source.get("type") in ELSEWHERE:
            return (IMAGE_TOKENS if kind == "image" else DOCUMENT_TOKENS) * CHARACTERS_PER_TOKEN
        return 2 + sum(len(key) + 4 + _characters(item) for key, item in value.items())
    return 6


def bill(reply: Reply) -> Spend:
    """What an exchange has cost: the tokens that the endpoint reports; the ceiling where it reports none.

    Nothing but the request itself where it was refused or never arrived, and where no message was asked for.
    """
    ceiling = request_ceiling(reply.exchange.request)
    response, trouble = reply.exchange.response, reply.exchange.trouble
    refused = response is not None and not is_success(response.status)
    never_arrived = response is None and trouble is not None and trouble.kind in NEVER_ARRIVED
    if refused or never_arrived:
        return Spend(1)
    reported_input, reported_output = billed(reply.usage)
    return Spend(1, reported_input or ceiling.input, reported_output or ceiling.output)


def seconds_left(done: int, elapsed: float, remaining: int) -> float:
    """How long the rest takes at the rate that was observed so far; pauses count. `done` is at least 1."""
    return elapsed / max(1, done) * remaining
