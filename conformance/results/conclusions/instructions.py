"""What is said of a model that does not do what it is asked to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from conformance.model import Case
from conformance.protocol.reply import Reply
from conformance.standard.instructions import markers_of, unfollowed

SENTENCE = "the model does not follow instructions: none of {count} replies shows what it was asked for"


def sentence_on_model(cases: Iterable[Case], replies: Sequence[Reply]) -> str:
    """The sentence on a model of which no reply shows the marker of its case; empty where one does, or few were asked.

    Where the endpoint did not pass the instructions on, the cases that send them say so.
    """
    count = unfollowed(markers_of(cases), replies)
    return SENTENCE.format(count=count) if count else ""
