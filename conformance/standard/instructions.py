"""Whether the model does what it is asked to: what the cases ask for shows in some reply, or in none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from conformance.model import Case
from conformance.protocol.message import text_of
from conformance.protocol.reply import Reply

LEAST = 10
"""So many requests have to be answered before anything is said of the model."""

Markers = Mapping[str, frozenset[str]]
"""The texts that the requests of a scenario ask for, by name of the scenario."""


def markers_of(cases: Iterable[Case]) -> Markers:
    """What the cases look for in the text of replies to their own requests, without regard to case of letters."""
    found: dict[str, frozenset[str]] = {}
    for case in cases:
        arguments = [call.argument for call in case.expect if call.name == "honoured"]
        markers = {str(each["marker"]).casefold() for each in arguments if isinstance(each, dict) and "marker" in each}
        if case.scenario is not None and markers:
            found[case.scenario] = found.get(case.scenario, frozenset()) | markers
    return found


def unfollowed(markers: Markers, replies: Iterable[Reply]) -> int:
    """How many replies were asked for a marker, where none shows it; 0 where one does, or where few were asked."""
    asked = [reply for reply in replies if reply.exchange.scenario in markers and reply.answers]
    texts = ((text_of(reply).casefold(), markers[reply.exchange.scenario]) for reply in asked)
    shown = any(marker in text for text, wanted in texts for marker in wanted)
    return len(asked) if len(asked) >= LEAST and not shown else 0
