"""Judges recorded traffic exchange by exchange, in memory that does not grow with the file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from conformance.base.clock import stamp
from conformance.base.urls import split_url
from conformance.judge.audit import Audit, LeftOut, Noticed
from conformance.judge.callers import Callers
from conformance.judge.checks import REGISTRY
from conformance.judge.evaluate import Bench
from conformance.judge.experience import Experiences
from conformance.judge.recorder_damage import damage_of
from conformance.judge.verdict import Policy
from conformance.model import Caller, Experience, Judgement
from conformance.protocol.exchange import Exchange, SentRequest
from conformance.protocol.reply import Reply
from conformance.protocol.usage import billed
from conformance.standard.library import Library
from conformance.standard.paths import spec_folder
from conformance.standard.recorders import KnownNames, Recorders, load_recorders
from conformance.wire.bodies import legible
from conformance.wire.importers.files import Form, Reading
from conformance.wire.importers.reader import RecordedExchange
from conformance.wire.redact import Redactor

MOST_NAMED = 2
"""Models, hosts and files that are named; more are counted."""

MOST_DISTINCT = 1_000
"""Different models and hosts that are counted."""

Progress = Callable[[int], None]
"""Called with the number of bytes of the input that were read since the last call."""

Keep = Callable[[Reply, Sequence[Noticed], str], None]
"""Called with a reply, what it deviates in, and where it is recorded."""


Notice = Callable[[Noticed, str], None]
"""Called with what an exchange deviates in, and where it is recorded."""


@dataclass
class Counted:
    """What a file held. `other` are exchanges with other endpoints, `torn` the number of a torn last line."""

    path: str
    form: Form
    exchanges: int = 0
    judged: int = 0
    other: int = 0
    synthetic: int = 0
    unanswered: int = 0
    torn: int | None = None

    def count(self, recorded: RecordedExchange) -> bool:
        """Counts an exchange; True where it is to be judged."""
        self.exchanges += 1
        if recorded.synthetic:
            self.synthetic += 1
        elif not is_messages_api(recorded.exchange.request):
            self.other += 1
        elif recorded.exchange.response is None:
            self.unanswered += 1
        else:
            self.judged += 1
            return True
        return False


@dataclass(frozen=True)
class Excluded:
    """A kind of recorder damage, and the number of exchanges of which something was not judged because of it."""

    flag: str
    title: str
    exchanges: int


@dataclass(frozen=True)
class Audited:
    """What recordings add up to.

    `hosts` and `models` name those that were seen, `started` and `seconds` say when and how long we judged.
    `unknown_flags` are flags of damage that `specs/recorders.yaml` does not know.
    """

    judgements: tuple[Judgement, ...]
    files: tuple[Counted, ...]
    hosts: str
    models: str
    tokens: tuple[int, int]
    started: str
    seconds: float
    excluded: tuple[Excluded, ...]
    left_out: tuple[LeftOut, ...]
    unknown_flags: tuple[str, ...]
    experiences: tuple[Experience, ...] = ()
    callers: tuple[Caller, ...] = ()


class RecordingJudge:
    """Judges exchanges as they come: `take` each, then `audited`. `damage` are flags that all exchanges have.

    `keep` is called with what the results will show, `watch` with every exchange. Credentials that an exchange carries
    are taken out before anything reads it.
    """

    def __init__(
        self,
        library: Library,
        policy: Policy,
        keep: Keep,
        damage: Iterable[str] = (),
        watch: Keep = lambda *_: None,
    ) -> None:
        self._recorders = recorders_of(library)
        self._redactor = Redactor(())
        bench = Bench(REGISTRY, library.document, "", policy)
        self._callers = Callers(library.clients)
        self._experiences = Experiences(self._callers)
        self._fresh: list[Caller | Experience] = []
        self._audit = Audit(library.catalogue.cases, bench, self._recorders)
        self._keep, self._watch = keep, watch
        self._known_flags, self._everywhere = frozenset(self._recorders.damages), frozenset(damage)
        self._seen = _Seen()
        self._started, self._clock = datetime.now(UTC), time.monotonic()

    def take(self, recorded: RecordedExchange, number: int, place: str) -> tuple[Noticed, ...]:
        """Judges one exchange; returns what it deviates in. `number` and `place` say where it is recorded."""
        exchange = replace(self._redactor.recorded(legible(recorded.exchange)), line=number)
        reply = Reply(exchange, recorded.streamed)
        flags = recorded.flags | self._everywhere | (_damage_of(reply) if recorded.foreign else frozenset())
        self._seen.add(reply, flags - self._known_flags)
        self._count(exchange)
        self._fresh += self._experiences.take(reply, place)
        noticed = self._audit.take(reply, place, flags & self._known_flags)
        if any(item.shown for item in noticed):
            self._keep(reply, noticed, place)
        self._watch(reply, noticed, place)
        return noticed

    def _count(self, exchange: Exchange) -> None:
        caller = self._callers.take(exchange.request)
        self._fresh += [caller] if caller is not None else []

    def fresh(self) -> tuple[Caller | Experience, ...]:
        """Clients that were met and what they lived through since this was asked last, each kind once."""
        fresh, self._fresh = tuple(self._fresh), []
        return fresh

    def left(self, exchange: Exchange, place: str) -> None:
        """Takes an exchange that its client left, which is not judged."""
        self._count(exchange)
        self._fresh += self._experiences.left(exchange, place)

    def audited(self, files: Sequence[Counted]) -> Audited:
        """What all exchanges taken so far add up to. `files` say where they came from."""
        damages = self._recorders.damages
        return Audited(
            judgements=tuple(judgement for _, judgement in self._audit.judgements()),
            files=tuple(files),
            hosts=named(self._seen.hosts, "host"),
            models=named(self._seen.models, "model"),
            tokens=(self._seen.input, self._seen.output),
            started=stamp(self._started),
            seconds=round(time.monotonic() - self._clock, 3),
            excluded=tuple(Excluded(flag, damages[flag].title, n) for flag, n in sorted(self._audit.damaged.items())),
            left_out=self._audit.left_out,
            unknown_flags=tuple(sorted(self._seen.unknown_flags)),
            experiences=self._experiences.all,
            callers=self._callers.all,
        )


def _damage_of(reply: Reply) -> frozenset[str]:
    """The flags of a foreign recording that show in the reply."""
    return damage_of(reply) | {"recorder-unknown"}


@dataclass
class _Seen:
    """Sums over the exchanges, and what they name."""

    models: set[str] = field(default_factory=set)
    hosts: set[str] = field(default_factory=set)
    unknown_flags: set[str] = field(default_factory=set)
    input: int = 0
    output: int = 0

    def add(self, reply: Reply, unknown_flags: frozenset[str]) -> None:
        model = reply.request.get("model")
        for names, name in ((self.models, model), (self.hosts, _origin(reply.exchange.request.url))):
            if isinstance(name, str) and name and len(names) < MOST_DISTINCT:
                names.add(name)
        if len(self.unknown_flags) < MOST_DISTINCT:
            self.unknown_flags |= unknown_flags
        sent, received = billed(reply.usage)
        self.input, self.output = self.input + sent, self.output + received


def audit(
    readings: Sequence[Reading],
    judge: RecordingJudge,
    progress: Progress = lambda _: None,
    notice: Notice = lambda *_: None,
) -> Audited:
    """Judges every exchange with the Messages API in the files. `notice` is called with everything that deviates.

    Raises UsageError, naming file and line, where a file cannot be read.
    """
    number = 0
    files = []
    for reading in readings:
        counted = Counted(reading.path.name, reading.form)
        files.append(counted)
        before = 0
        for recorded in reading.exchanges():
            number += 1
            if counted.count(recorded):
                place = f"{counted.path}:{recorded.exchange.line}"
                for noticed in judge.take(recorded, number, place):
                    notice(noticed, place)
            progress(reading.position - before)
            before = reading.position
        counted.torn = reading.torn
    return judge.audited(files)


def recorders_of(library: Library) -> Recorders:
    """What is known of the damage that recorders do."""
    return load_recorders(spec_folder(), KnownNames(library.cases, library.ledger.clauses, REGISTRY))


def is_messages_api(request: SentRequest) -> bool:
    """Whether a request is one to the Messages API: a message, a token count, a list of models, or one model.

    Other APIs have paths that end in the same words; the version header, or the body, makes the difference.
    """
    path = split_url(request.url).path.rstrip("/")
    if path.endswith(("/v1/messages", "/messages/count_tokens")):
        return request.method == "POST"
    if path.endswith("/messages") and request.method == "POST":
        return isinstance(request.json, dict) and "messages" in request.json
    parts = path.split("/")[-2:]
    return "models" in parts and request.method == "GET" and request.header("anthropic-version") is not None


def named(names: Iterable[str], noun: str) -> str:
    """A few names, or how many there are."""
    found = sorted(set(names))
    if len(found) <= MOST_NAMED:
        return ", ".join(found) or f"no {noun}"
    return f"{found[0]} and {len(found) - 1} other {noun}s"


def _origin(url: str) -> str:
    parts = split_url(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
