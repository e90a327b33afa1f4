"""Whether a stream is sound enough that the Message it adds up to says what the endpoint meant.

Belongs here: the defects of a stream that change or hide what it adds up to. Does not belong here: telling these
defects (the cases of the streaming area do), what an unsound stream means for a case (see `verdict.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conformance.judge.checking import Check, Facts
from conformance.judge.checks import deltas, endings, framing, grammar, http, starts
from conformance.judge.grammar import RULES
from conformance.judge.reading import Reply
from conformance.model import Finding, Json

_FAMILIES: Final[tuple[Mapping[str, Check], ...]] = (
    framing.CHECKS,
    grammar.CHECKS,
    starts.CHECKS,
    deltas.CHECKS,
    endings.CHECKS,
)

TELLING: Final[tuple[tuple[str, Json], ...]] = (
    ("utf-8", True),
    ("whole-characters", True),
    ("data-is-object", True),
    ("grammar", list(RULES)),
    *(("message-start", part) for part in starts.PARTS),
    ("block-start-is-object", True),
    *(("block-starts-empty", kind) for kind in starts.EMPTY),
    ("server-tool-starts", True),
    ("whole-blocks", True),
    ("delta-is-object", True),
    *(("delta-carries", kind) for kind in deltas.FIELDS),
    ("tool-input-joins", True),
    ("one-signature", True),
    *(("message-delta", part) for part in endings.PARTS if part != "stop_sequence"),
    ("message-delta-counts", True),
    ("final-stop-reason", True),
    ("cumulative-usage", True),
)
"""The checks of the streaming area, with their arguments, whose findings also change the Message.

A missing `stop_sequence` is none of them: only that key is lost with it, and many endpoints leave it out.
"""


def is_sound(reply: Reply, facts: Facts) -> bool:
    """True for what is not a stream, and for a stream without a defect that changes the Message it adds up to."""
    if reply.events is None:
        return True
    return not any(_finds(name, argument, reply, facts) for name, argument in TELLING)


def stands_by_itself(finding: Finding) -> bool:
    """True for a finding in the stream itself or in status and headers, and False for one in the Message."""
    in_stream = finding.where.event is not None or finding.where.offset is not None
    return in_stream or finding.check in http.CHECKS


def _finds(name: str, argument: Json, reply: Reply, facts: Facts) -> bool:
    check = next(family[name] for family in _FAMILIES if name in family)
    assert check.each is not None
    return bool(check.each(reply, argument, facts).findings)
