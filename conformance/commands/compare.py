"""The command `compare`: the same scenarios to an upstream and through a gateway."""

from __future__ import annotations

import json
import re
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from conformance.base.clock import folder_name
from conformance.base.errors import UsageError
from conformance.base.urls import names_host, split_url
from conformance.comparison.compare import compare
from conformance.comparison.pairs import GatewayComparison, NotCompared, Pair
from conformance.config.settings import RunSettings, read_settings, target_of
from conformance.config.target import AUTHENTICATION, Target
from conformance.engine.run import Run
from conformance.engine.selection import selected_items
from conformance.judge.evidence import Evidence
from conformance.model import Mode
from conformance.protocol.exchange import Exchange, SentRequest
from conformance.reference.answer import Call
from conformance.reference.models import MODELS, named_model
from conformance.reference.pipeline import Settings, Steps
from conformance.reference.server import DEFAULT_MODEL, LocalServer
from conformance.report import comparison as report
from conformance.report.files import save
from conformance.standard.capabilities import check_declared
from conformance.wire.redact import Redactor

PACE_S = 0.02
"""Seconds between the events of the reference endpoint's streams, so that holding them back can be seen."""

ANY_KEY = "reference-key"
"""A key for the reference endpoint behind a gateway; it accepts any."""


MOST_ARRIVED = 128 * 1024 * 1024
"""Bytes of requests that are kept of what arrives at the reference endpoint."""

_CALL = 2_000
"""Bytes that a request takes beside its body."""


@dataclass(frozen=True)
class CompareOptions:
    """What `compare` was asked for: two base URLs, and what is different on the way through the gateway.

    `loopback`: the reference endpoint serves at `direct`, for the gateway to forward to.
    """

    direct: str
    through: str
    through_model: str | None = None
    through_key_env: str | None = None
    loopback: bool = False
    as_json: bool = False


class Arrivals:
    """What the reference endpoint hears, with the moment. Written by its threads.

    A gateway that sends without end is heard until its requests fill `most` bytes.
    """

    def __init__(self, most: int = MOST_ARRIVED) -> None:
        self._lock = threading.Lock()
        self._calls: list[tuple[datetime, Call]] = []
        self._left = most
        self._full: datetime | None = None

    def hear(self, call: Call) -> Call:
        """Notes a call; a step of the reference endpoint."""
        with self._lock:
            moment = datetime.now(UTC)
            self._left -= _CALL + len(call.body)
            if self._left >= 0:
                self._calls.append((moment, call))
            elif self._full is None:
                self._full = moment
        return call

    def by_line(self, exchanges: Iterable[Exchange]) -> dict[int, tuple[SentRequest, ...]]:
        """What arrived of each exchange, by its journal line, without credentials; of what nobody heard any more there
        is no line. The exchanges must not overlap: a request arrived of the one that began last.
        """
        begun = sorted((datetime.fromisoformat(exchange.started), exchange.line) for exchange in exchanges)
        with self._lock:
            calls, full = tuple(self._calls), self._full
        heard = begun if full is None else begun[: max(bisect_right(begun, full, key=lambda each: each[0]) - 1, 0)]
        found: dict[int, tuple[SentRequest, ...]] = {line: () for _, line in heard}
        for moment, call in calls:
            before = bisect_right(begun, moment, key=lambda each: each[0])
            line = begun[before - 1][1] if before else 0
            if line in found:
                found[line] = (*found[line], _as_request(call))
        return found


def run(given: Mapping[str, Any], asked: CompareOptions, here: Path, tell: Callable[[str], object]) -> tuple[str, int]:
    """Compares; returns the text and the exit code: 1 where the gateway changes something, 2 where nothing could be
    compared, else 0.

    Raises HarnessError: exit code 4 for options that do not fit, 2 for an endpoint that does not answer at all.
    """
    if asked.loopback and not given.get("model"):
        given = {**given, "model": DEFAULT_MODEL}
    direct, through = _settings(given, asked, here)
    folder = _folder(direct, through, here)
    key = ANY_KEY if asked.loopback else None
    with ExitStack() as opened:
        arrivals = opened.enter_context(_loopback(asked, direct)) if asked.loopback else None
        upstream = opened.enter_context(_sending(direct, folder / "direct", here, key))
        ours = upstream.everything()
        gateway = opened.enter_context(_sending(through, folder / "through", here, key))
        theirs = gateway.everything()
        arrived = arrivals.by_line(reply.exchange for reply in gateway.replies.values()) if arrivals else None
        pairs, unsent = _pairs(ours, theirs, arrived)
        found = compare(pairs, lambda scenario: upstream.again(scenario).replies, unsent)
    document = report.document(found, direct["url"], through["url"], loopback=asked.loopback)
    written = json.dumps(document, indent=1) + "\n"
    read = {folder / report.ARRIVED: report.arrivals(pairs)} if asked.loopback else {}
    save({folder / report.COMPARISON: written, **read}, make_folder=True)
    tell(f"files in {folder}")
    text = written.rstrip("\n") if asked.as_json else report.text(found, direct["url"], through["url"], folder)
    return text, _exit_code(found)


def _exit_code(found: GatewayComparison) -> int:
    return 1 if found.defects else 2 if not found.compared else 0


def _settings(given: Mapping[str, Any], asked: CompareOptions, here: Path) -> tuple[RunSettings, RunSettings]:
    """The settings of both runs. Behind a loopback one request at a time goes through the gateway, so that it is known
    whose arrival is whose.
    """
    if given.get("target") or given.get("url"):
        raise UsageError("compare takes two base URLs, DIRECT and THROUGH; --url and --target are for run.")
    direct = read_settings({**given, "url": asked.direct}, here)
    changed: dict[str, Any] = {"url": asked.through, "model": asked.through_model, "api_key_env": asked.through_key_env}
    changed["concurrency"] = 1 if asked.loopback else None
    through = read_settings({**given, **{name: value for name, value in changed.items() if value is not None}}, here)
    return direct, through


def _folder(direct: RunSettings, through: RunSettings, here: Path) -> Path:
    if direct["out"]:
        return here / str(direct["out"])
    host = re.sub(r"[^A-Za-z0-9.-]", "-", split_url(through["url"]).netloc)
    return here / "reports" / f"compare-{host}" / folder_name()


@contextmanager
def _sending(settings: RunSettings, folder: Path, here: Path, key: str | None) -> Iterator[Run]:
    """A run that sends what the options select, with `key` where the options name none."""
    target = _target(settings, key)
    sending = Run(settings, folder, here)
    sending.check_selection()
    check_declared(sending.library.capabilities, settings["declare"], settings["lacks"])
    items = selected_items(sending.library, settings)
    try:
        sending.start(items, target, whole=False)
        yield sending
    finally:
        sending.close()
        sending.release()


def _target(settings: RunSettings, key: str | None) -> Target:
    target = target_of(settings)
    if target is None:
        raise UsageError("compare needs two base URLs: DIRECT and THROUGH.")
    # What the two make of a wrong key is not comparable: each has keys of its own.
    return replace(target, api_key=target.api_key or key, absent=target.absent | {AUTHENTICATION})


@contextmanager
def _loopback(asked: CompareOptions, direct: RunSettings) -> Iterator[Arrivals]:
    """Serves the reference endpoint at DIRECT, and notes what arrives there."""
    address = split_url(asked.direct)
    local = names_host(asked.direct, ("http",)) and address.hostname in ("127.0.0.1", "localhost")
    if not local or address.port is None:
        raise UsageError(
            "--loopback serves at DIRECT, so that has to be http://127.0.0.1:PORT, where the gateway forwards to."
        )
    arrivals = Arrivals()
    settings = Settings(keys=(), models=(named_model(direct["model"]), *MODELS), pace=PACE_S)
    with LocalServer(settings, Steps(hear=arrivals.hear), port=address.port):
        yield arrivals


def _pairs(
    ours: Evidence, theirs: Evidence, arrived: Mapping[int, tuple[SentRequest, ...]] | None
) -> tuple[list[Pair], list[NotCompared]]:
    """The replies to the same step of the same scenario, and what was not sent on one of the sides.

    `arrived` is what arrived of the requests through the gateway, by journal line; None where nobody read it.
    """
    pairs: list[Pair] = []
    unsent = [NotCompared(name, f"not sent to the upstream: {why}") for name, why in ours.unsent.items()]
    for name, sent in ours.by_id.items():
        other = theirs.by_id.get(name)
        if other is None:
            unsent.append(NotCompared(name, f"not sent through the gateway: {theirs.unsent.get(name, '')}"))
            continue
        for step, (direct, through) in enumerate(zip(sent.replies, other.replies, strict=False), 1):
            read = arrived.get(through.exchange.line) if arrived is not None else None
            pairs.append(Pair(name, step, direct, through, read))
        if len(sent.replies) > len(other.replies):
            unsent.append(NotCompared(f"{name}, later steps", f"not sent through the gateway: {other.stopped}"))
    return pairs, unsent


def _as_request(call: Call) -> SentRequest:
    """A call as a request. What a gateway sends to its upstream carries a key of its own, which nobody here knows."""
    query = urlencode(call.query)
    url = f"{call.path}?{query}" if query else call.path
    request = SentRequest(call.method, url, call.headers, call.body)
    return Redactor(()).recorded(Exchange("", Mode.JSON, 1, 1, "", request, None)).request
