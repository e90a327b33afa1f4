"""The second opinion in words: which recorded answers the official SDK reads in another way than we do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.model import Json
from conformance.report.escape import one_line

SHOWN = 10
"""Exchanges that are shown; all that were kept are in the JSON document."""

_SAYINGS: Mapping[str, str] = {
    "raised": "the SDK raises {sdk}",
    "dropped": "the SDK does not deliver it: {ours}",
    "changed": "{pointer} is {ours}, and the SDK delivers {sdk}",
    "lost": "{pointer} is {ours}, and the SDK has nothing there",
    "added": "{pointer} is absent, and the SDK has {sdk}",
    "differs": "{pointer} is {ours}, and the SDK has {sdk}",
}


def text(opinion: Mapping[str, Json]) -> str:
    """The section for people, from the output of `second_opinion.Opinions.as_json`."""
    return "\n".join(map(one_line, _lines(opinion)))


def _lines(opinion: Mapping[str, Json]) -> Iterator[str]:
    read = f"{opinion['read']:,} answers ({opinion['streams']:,} of them streams)"
    yield f"Second opinion: anthropic {opinion['sdk']} read {read}; {opinion['disagreed']:,} differ from our reading"
    for exchange in opinion["exchanges"][:SHOWN]:
        findings = ", ".join(exchange["must_findings"]) or "no finding at must level"
        yield f"  {exchange['place']}"
        yield from (f"    {_place(each)}  {_saying(each)}" for each in exchange["differences"])
        if exchange["more_differences"]:
            yield f"    and {exchange['more_differences']:,} more"
        yield f"    our judge: {findings}"
    more = opinion["disagreed"] - min(SHOWN, len(opinion["exchanges"]))
    if more > 0:
        yield f"  and {more:,} more"


def _place(difference: Mapping[str, Json]) -> str:
    return "Message " if difference["event"] is None else f"event {difference['event']}"


def _saying(difference: Mapping[str, Json]) -> str:
    pointer = difference["pointer"] or "the whole"
    return _SAYINGS[difference["how"]].format(pointer=pointer, ours=difference["ours"], sdk=difference["sdk"])
