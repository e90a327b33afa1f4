"""Whether the model does what it is asked to: what the cases ask for shows in some reply, or in none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from conformance.model import Case
from conformance.protocol.message import text_of
from conformance.protocol.reply import Reply

LEAST = 10
"""So many requests have to be answered before anything is said of the model."""

SENTENCE = "the model does not follow instructions: none of {count} replies shows what it was asked for"


def sentence_on_model(cases: Iterable[Case], replies: Sequence[Reply]) -> str:
    """The sentence on a model of which no reply shows the marker of its case; empty where one does, or few were asked.

    Where the endpoint did not pass the instructions on, the cases that send them say so.
    """
    wanted: dict[str, set[str]] = {}
    for case in cases:
        if case.scenario is not None:
            arguments = [call.argument for call in case.expect if call.name == "honoured"]
            markers = {each["marker"] for each in arguments if isinstance(each, dict) and "marker" in each}
            wanted.setdefault(case.scenario, set()).update(str(marker).casefold() for marker in markers)
    asked = [reply for reply in replies if reply.answers and wanted.get(reply.exchange.scenario)]
    if len(asked) < LEAST:
        return ""
    shown = any(marker in text_of(reply).casefold() for reply in asked for marker in wanted[reply.exchange.scenario])
    return "" if shown else SENTENCE.format(count=len(asked))
