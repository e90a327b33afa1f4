"""Runs the whole catalogue against the reference endpoint without sockets, with and without faults.

The engine's own sender and preflight do it; the network, the journal and the clock are replaced. The honest run is made
once. A fault's run sends the same requests; ids, clock and arrival times are made up in the same way, so an answer that
the fault does not touch is the same answer, byte for byte, and only what it touches is read and judged again.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from urllib.parse import parse_qsl, unquote, urlsplit

from conformance.config.target import Target
from conformance.engine.plan import Plan, build_plan, needed
from conformance.engine.preflight import preflight
from conformance.engine.retry import RetryPolicy
from conformance.engine.sender import FIRST_TICKET, Sender, Slot, Wiring
from conformance.engine.vitals import vitality_of
from conformance.judge.attempts import judged_within
from conformance.judge.evaluate import Bench, judge
from conformance.judge.evidence import Evidence, ScenarioReplies
from conformance.judge.library import bench_of, load_library
from conformance.judge.verdict import Policy
from conformance.model import DEVIATING, Case, Judgement, Level, Mode
from conformance.protocol.exchange import Chunk, Exchange, Response, SentRequest, Trouble
from conformance.protocol.reply import Reply
from conformance.reference.answer import Answer, Call, dump
from conformance.reference.app import create_endpoint
from conformance.reference.cache import PromptCache
from conformance.reference.errors import base58
from conformance.reference.faults import Fault, with_faults
from conformance.reference.files import Files
from conformance.reference.models import lacking
from conformance.reference.pipeline import Desk, Endpoint, Settings, Steps
from conformance.reference.validate import Validator
from conformance.standard.document import SchemaViolation
from conformance.standard.library import Library
from conformance.standard.models import SHOWN_BY_LIST
from conformance.wire.limits import Limits
from support import standard

STRICTEST = Policy(level=Level.SHOULD, strict=True, behaviour=True)
"""Every case counts here, except those that inform only."""

ONCE = RetryPolicy(attempts=1, attempts_500=1, attempts_slow=1)
"""An endpoint in the same process answers the same again."""

Place = tuple[str, Mode, int]
"""Scenario, mode and step of a request."""

BETWEEN_CHUNKS = 0.01
LIMITS = Limits(gap=400.0)
"""Patient enough to see how long a stream is silent."""


class Remembering:
    """A document that remembers what it said of a value."""

    def __init__(self, document: Validator) -> None:
        self._document = document
        self._said: dict[tuple[str, str], list[SchemaViolation]] = {}
        self._extended: dict[frozenset[str], Remembering] = {}

    def validate(self, component: str, instance: object) -> list[SchemaViolation]:
        key = (component, dump(instance))
        if key not in self._said:
            self._said[key] = self._document.validate(component, instance)
        return self._said[key]

    def with_betas(self, names: Iterable[str]) -> Remembering:
        wanted = frozenset(names)
        if not wanted:
            return self
        if wanted not in self._extended:
            self._extended[wanted] = Remembering(self._document.with_betas(wanted))
        return self._extended[wanted]


class Names:
    """Ids that follow from the request that is answered, so that the same request gets the same ids."""

    def __init__(self) -> None:
        self._request, self._count = "", 0

    def begin(self, request: str) -> None:
        self._request, self._count = request, 0

    def new_id(self, prefix: str) -> str:
        self._count += 1
        digest = hashlib.sha256(f"{self._request} {self._count}".encode()).digest()[:16]
        return f"{prefix}_01{base58(int.from_bytes(digest, 'big'))}"


class Direct:
    """A client that asks an endpoint in the same process. An answer that `known` has too is the same exchange."""

    def __init__(self, endpoint: Endpoint, names: Names, known: Mapping[Place, tuple[Answer, Exchange]]) -> None:
        self._endpoint = endpoint
        self._names = names
        self._known = known
        self.answered: dict[Place, tuple[Answer, Exchange]] = {}

    async def send(self, request: SentRequest, *, scenario: str, mode: Mode, step: int, attempt: int) -> Exchange:
        place = (scenario, mode, step)
        self._names.begin(f"{scenario}/{mode} {step}")
        answer = self._endpoint.answer(call_of(request))
        known = self._known.get(place)
        if known is not None and same(answer, known[0]):
            self.answered[place] = known
        else:
            self.answered[place] = (answer, exchange_of(request, answer, *place, attempt))
        return self.answered[place][1]


class Memory:
    """A journal that keeps nothing: the sender keeps the replies."""

    def __init__(self) -> None:
        self._line = 0

    def append(self, exchange: Exchange) -> Exchange:
        self._line += 1
        return replace(exchange, line=self._line)

    def note(self, _: object) -> None:
        pass


class Rushing:
    """A clock on which every wait is over at once."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self._now += seconds


@dataclass(frozen=True)
class Run:
    """What was answered at each place, and the replies of each scenario."""

    answered: Mapping[Place, tuple[Answer, Exchange]]
    replies: Mapping[str, ScenarioReplies]


@dataclass(frozen=True)
class Verdicts:
    """The judgements of one run by case and mode, and which of the faults' answers differ from the honest ones.

    `crashed` is True where an answer became a 500, which the fault may not have meant.
    """

    judgements: Mapping[tuple[str, Mode], Judgement]
    touched: frozenset[str] = frozenset()
    crashed: bool = False

    @cached_property
    def deviating(self) -> frozenset[str]:
        """The cases that deviate in some mode."""
        return frozenset(case for (case, _), each in self.judgements.items() if each.outcome in DEVIATING)


@dataclass
class Stage:
    """The catalogue, planned once, and the honest run of it."""

    library: Library
    plan: Plan
    target: Target
    desk: Desk
    names: Names
    bench: Bench
    honest: Run = Run({}, {})
    base: dict[tuple[str, Mode], Judgement] = field(default_factory=dict)

    def rehearse(self, faults: Iterable[Fault]) -> Verdicts:
        """The verdicts on the reference endpoint with these faults; what they do not touch is judged as before."""
        run = self.send(with_faults(Steps(), faults))
        touched = frozenset(name for name, each in run.replies.items() if each is not self.honest.replies[name])
        whole = Evidence(dict(run.replies), {})
        part = Evidence({name: run.replies[name] for name in run.replies if name in touched}, {})
        judgements = dict(self.base)
        for case, mode in self.plan.items if touched else ():
            if touched.intersection(self.needs(case, mode)):
                judgements[case.id, mode] = _judged(case, mode, self._evidence(case, whole, part), self.bench)
        statuses = ((answer.status, self.honest.answered.get(place)) for place, (answer, _) in run.answered.items())
        crashed = any(status == 500 and before and before[0].status != 500 for status, before in statuses)
        return Verdicts(judgements, touched, crashed)

    def verdicts(self, faults: Iterable[Fault] = (), steps: Steps | None = None) -> tuple[Judgement, ...]:
        """What a run against the reference endpoint with these faults says: every case judged on all replies."""
        whole = Evidence(dict(self.send(with_faults(steps or Steps(), faults)).replies), {})
        return tuple(_judged(case, mode, whole, self.bench) for case, mode in self.plan.items)

    def _evidence(self, case: Case, whole: Evidence, part: Evidence) -> Evidence:
        """What a case is judged on: all there is, or for a claim about each single reply those that are different."""
        single = not any(self.bench.checks[call.name].across for call in case.expect)
        return part if single and case.selectors and not case.judged else whole

    def needs(self, case: Case, mode: Mode) -> frozenset[str]:
        """The ids of the scenarios that a case is judged on."""
        return self._needs[case.id, mode]

    @cached_property
    def _needs(self) -> dict[tuple[str, Mode], frozenset[str]]:
        catalogue = self.library.catalogue
        return {(case.id, mode): frozenset(needed(case, mode, self.plan, catalogue)) for case, mode in self.plan.items}

    def perform(self) -> None:
        """Makes the honest run."""
        self.honest = self.send(Steps())
        whole = Evidence(dict(self.honest.replies), {})
        self.base = {(case.id, mode): _judged(case, mode, whole, self.bench) for case, mode in self.plan.items}

    def send(self, steps: Steps) -> Run:
        """Sends the plan to an endpoint with these steps, as a run does; replies that are as honest stay the same."""
        desk = replace(self.desk, cache=PromptCache(lambda: 0.0), files=Files())
        client = Direct(Endpoint(desk, steps), self.names, self.honest.answered)
        replies = asyncio.run(self._send_all(client))
        for name, each in replies.items():
            honest = self.honest.replies.get(name)
            if honest is not None and self._as_honest(each, honest, client):
                replies[name] = honest
        return Run(client.answered, replies)

    async def _send_all(self, client: Direct) -> dict[str, ScenarioReplies]:
        wiring = Wiring(self.target, client, Memory(), concurrency=1, retry=ONCE, clock=Rushing())
        first = self.plan.scenarios[0]
        sender = Sender(wiring, first)

        async def send(request: SentRequest, number: int) -> Reply:
            return await sender.attempts(request, Slot(first.name, first.mode, 1, FIRST_TICKET), first=number)

        found = await preflight(first, self.target, send)
        if found.reply is not None:
            sender.control = vitality_of(found.reply)
        # Backwards, so that what others ask for first is asked last, and knows of all the rest if anything is leaked.
        return {
            scenario.id: await sender.send(scenario, found.target, ticket)
            for ticket, scenario in enumerate(reversed(self.plan.scenarios))
        }

    def _as_honest(self, replies: ScenarioReplies, honest: ScenarioReplies, client: Direct) -> bool:
        scenario = honest.scenario
        places = [(scenario.name, scenario.mode, number) for number in range(1, len(honest.replies) + 1)]
        return len(replies.replies) == len(honest.replies) and all(
            client.answered[place][0] is self.honest.answered[place][0] for place in places
        )


def _judged(case: Case, mode: Mode, evidence: Evidence, bench: Bench) -> Judgement:
    """The judgement of a case at its first attempt, on the larger request that holds its own where that settles it."""
    return judged_within(case, mode, evidence, bench) or judge(case, mode, evidence, bench)


def set_stage(api_version: str = "2023-06-01", model: str = "reference-1", only: Collection[str] = ()) -> Stage:
    """The stage of a run in an API version with a model of the reference endpoint, with its honest run made.

    `only` names the cases to judge (default: all). Then only what they look at is sent.
    """
    library = standard.library(api_version)
    lacks = lacking(model)
    declared = frozenset(need for case in library.catalogue.cases for need in case.needs) - lacks - SHOWN_BY_LIST
    target = Target("reference", "http://reference", model, declared=declared, absent=lacks)
    stage = _stage(library, target, STRICTEST, only)
    stage.perform()
    return stage


def set_vendor_stage(vendor: str, model: str = "reference-1", only: Collection[str] = ()) -> Stage:
    """The stage of a run with the profile of a vendor: its own cases, its exemptions and its way to send the key.

    The run declares nothing and gates on what runs gate on. No honest run is made. `only` as for `set_stage`.
    """
    library = load_library("2023-06-01", vendor=vendor)
    profile = library.vendor
    assert profile is not None
    absent = lacking(model).union(profile.exempt)
    target = Target("reference", "http://reference", model, auth=profile.auth, absent=absent)
    return _stage(library, target, Policy(), only)


def _stage(library: Library, target: Target, policy: Policy, only: Collection[str] = ()) -> Stage:
    items = [(case, mode) for case in library.catalogue.cases for mode in case.modes]
    chosen = [(case, mode) for case, mode in items if not only or case.id in only]
    everything = any(case.selectors for case, _ in chosen)  # a selector takes replies to whatever was sent
    plan = build_plan(items if everything else chosen, library.catalogue)
    asked = [each for each in plan.on_demand if each.name in library.cases]  # and not parts: no whole is refused
    plan = replace(plan, items=tuple(chosen), scenarios=(*plan.scenarios, *asked))
    names, settings = Names(), Settings()
    made = create_endpoint(settings).desk
    documents = {version: Remembering(document) for version, document in made.documents.items()}
    desk = replace(made, documents=documents, now=lambda: "2026-11-22T12:00:00Z", new_id=names.new_id)
    bench = bench_of(library, policy, model=target.model, declared=target.declared, lacking=target.absent)
    target = replace(target, api_key=settings.keys[0], api_version=library.document.version)
    return Stage(library, plan, target, desk, names, bench)


def call_of(request: SentRequest) -> Call:
    """A request as the endpoint receives it."""
    url = urlsplit(request.url)
    query = tuple(parse_qsl(url.query, keep_blank_values=True))
    return Call(request.method, unquote(url.path), query, request.headers, request.body)


def exchange_of(
    request: SentRequest, answer: Answer, scenario: str, mode: Mode, step: int, attempt: int = 1
) -> Exchange:
    """An answer as it would have been recorded, with made-up arrival times; what takes too long is cut off."""
    at, chunks, trouble = 0.0, [], None
    for number, data in enumerate((*answer.chunks, None)):
        pause = answer.pauses.get(number, 0.0)
        limit = LIMITS.gap if number else LIMITS.first_byte
        if pause > limit:
            at += limit
            kind = "timeout-gap" if number else "timeout-first-byte"
            trouble = Trouble(kind, f"nothing for {limit:.0f} s", at)
            break
        at += pause + BETWEEN_CHUNKS
        if data:
            chunks.append(Chunk(at, data))
    response = None
    if trouble is None or chunks:
        first = chunks[0].at if chunks else None
        ended = at if trouble is None else None
        headers = (*answer.headers.items(), *framing_of(answer))
        response = Response(answer.status, headers, tuple(chunks), first_byte=first, ended=ended)
    return Exchange(scenario, mode, step, attempt, "2026-11-22T12:00:00Z", request, response, trouble, line=1)


def framing_of(answer: Answer) -> tuple[tuple[str, str], ...]:
    """The header by which a server says where the body ends, unless the answer has its own (RFC 9112, section 6.3)."""
    if {"content-length", "transfer-encoding"} & {name.lower() for name in answer.headers}:
        return ()
    if answer.events is not None:
        return (("transfer-encoding", "chunked"),)
    return (("content-length", str(sum(map(len, answer.chunks)))),)


def same(one: Answer, other: Answer) -> bool:
    """Whether two answers are the same on the wire."""
    return (
        one.status == other.status
        and one.chunks == other.chunks
        and one.headers == other.headers
        and one.pauses == other.pauses
    )
