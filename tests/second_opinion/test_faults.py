"""Our judge against the SDK on every stream fault of the reference endpoint.

The honest endpoint says what a stream was meant to say: a fault harms the SDK where it raises, reads anything in
another way than we do, or returns another Message than from the honest endpoint.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import pytest

from conformance.model import DEVIATING, Level, Mode
from conformance.protocol.reply import Reply
from conformance.reference.faults import Fault, all_faults, with_faults
from conformance.reference.pipeline import Steps
from conformance.second_opinion import is_readable
from conformance.second_opinion.compare import compare
from conformance.second_opinion.sdk import Sdk, SdkReading
from mutation.rehearsal import Run, Stage, set_stage
from support import streams
from support.data import read_data, read_yaml

EXPLAINED = read_yaml("second_opinion.yaml")
FAULTS = {fault.id: fault for fault in all_faults().values() if fault.area == "streaming"}
OTHERS = {fault.id: fault for fault in all_faults().values() if fault.area != "streaming"}
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("second-opinion")]


class StreamStage(Stage):
    """A stage that sends only the control and what asks for a stream. The other replies stay honest.

    `sent` is what it sent last.
    """

    def __init__(self, whole: Stage) -> None:
        super().__init__(**{each.name: getattr(whole, each.name) for each in fields(whole)})
        control, *others = self.plan.scenarios
        scenarios = (control, *(each for each in others if each.mode is Mode.STREAM))
        self.plan = replace(self.plan, scenarios=scenarios)
        self.sent = self.honest

    def send(self, steps: Steps) -> Run:
        run = super().send(steps)
        self.sent = Run(run.answered, {**self.honest.replies, **run.replies})
        return self.sent


@dataclass(frozen=True)
class Compared:
    """What a fault does to the SDK, over all streams that it touches, and the must cases of ours that find it."""

    touched: int
    harm: frozenset[str]
    broken: frozenset[str]


def streams_of(run: Run) -> Iterator[tuple[tuple[str, int], Reply]]:
    for name, replies in run.replies.items():
        for number, reply in enumerate(replies.replies):
            if replies.scenario.mode is Mode.STREAM and is_readable(reply):
                yield (name, number), reply


def seen_by_the_sdk(reply: Reply) -> tuple[bytes, str | None]:
    """What the SDK reads of a reply."""
    response = reply.exchange.response
    return (response.body, response.header("content-type")) if response is not None else (b"", None)


class Comparison:
    """The honest run, read by the SDK, and each faulty run against it."""

    def __init__(self) -> None:
        self._sdk = Sdk()
        self._stage = StreamStage(set_stage())
        self._replies = dict(streams_of(self._stage.honest))
        self._meant = {place: self._sdk.read(reply) for place, reply in self._replies.items()}
        catalogue = self._stage.library.catalogue
        self._must = {case.id for case in catalogue.cases if case.level is Level.MUST and not case.informational}

    def honest(self) -> list[str]:
        """What the SDK reads in another way in the honest streams."""
        return [each.id for place, reply in self._replies.items() for each in compare(reply, self._meant[place])]

    def of(self, fault: Fault) -> Compared:
        judgements = self._stage.rehearse([fault]).judgements
        touched = list(self._touched())
        deviating = {
            case for (case, mode), each in judgements.items() if mode is Mode.STREAM and each.outcome in DEVIATING
        }
        harm = {kind for place, reply in touched for kind in self._harm(reply, self._meant.get(place))}
        return Compared(len(touched), frozenset(harm), frozenset(deviating & self._must) if touched else frozenset())

    def disagreements(self, fault: Fault) -> set[str]:
        """What the SDK reads in another way than we do in the streams that a fault touches."""
        self._stage.send(with_faults(Steps(), [fault]))
        return {each.id for _, reply in self._touched() for each in compare(reply, self._sdk.read(reply))}

    def _touched(self) -> Iterator[tuple[tuple[str, int], Reply]]:
        """The streams sent last that the SDK can tell from the honest ones."""
        for place, reply in streams_of(self._stage.sent):
            if place not in self._replies or seen_by_the_sdk(reply) != seen_by_the_sdk(self._replies[place]):
                yield place, reply

    def _harm(self, reply: Reply, meant: SdkReading | None) -> Iterator[str]:
        reading = self._sdk.read(reply)
        yield from (each.id for each in compare(reply, reading))
        if reading.message is not None and meant is not None and reading.message != meant.message:
            yield "another Message"


def probes() -> dict[str, Reply]:
    return {probe["id"]: streams.reply_to(probe["sse"]) for probe in read_data("probe_streams.json")}


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    made = Comparison()
    assert made.honest() == []
    return made


@pytest.fixture(scope="module")
def compared(comparison: Comparison) -> dict[str, Compared]:
    return {name: comparison.of(fault) for name, fault in FAULTS.items()}


def test_nearly_every_stream_fault_is_in_the_bytes_of_a_stream(compared: dict[str, Compared]) -> None:
    """The others lie about time alone, which no SDK sees."""
    untouched = [name for name, each in compared.items() if not each.touched]
    assert len(untouched) < len(compared) / 10, untouched


def test_what_breaks_the_sdk_is_a_finding_of_ours_at_must(compared: dict[str, Compared]) -> None:
    silent = {name: sorted(each.harm) for name, each in compared.items() if each.harm and not each.broken}
    assert set(silent) == set(EXPLAINED["sdk_alone"]), silent


def test_what_ours_calls_broken_breaks_the_sdk_or_has_its_reason_written_down(compared: dict[str, Compared]) -> None:
    alone = {case: name for name, each in compared.items() if not each.harm for case in each.broken}
    sdk = Sdk()
    for name, reply in probes().items():
        if not compare(reply, sdk.read(reply)):
            alone |= dict.fromkeys(streams.failing(reply), f"probe stream {name}")
    assert {case: name for case, name in alone.items() if case not in EXPLAINED["ours_alone"]} == {}
    assert [case for case in EXPLAINED["ours_alone"] if case not in alone] == []


def test_what_neither_notices_is_harmless(compared: dict[str, Compared]) -> None:
    quiet = {name for name, each in compared.items() if each.touched and not each.harm and not each.broken}
    assert quiet == set(EXPLAINED["neither"])


def test_a_fault_of_another_area_that_breaks_the_sdk_is_a_finding_of_ours_at_must(comparison: Comparison) -> None:
    """Most of them change what is said, or no stream at all; so they are judged only where the SDK disagrees."""
    disagreeing = [fault for fault in OTHERS.values() if comparison.disagreements(fault)]
    assert [fault.id for fault in disagreeing if not comparison.of(fault).broken] == []
