"""The drift alarm in words: how the OpenAPI document and an SDK differ, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from textwrap import shorten

from conformance.model import Json

EXPLAIN = "or explain it in specs/drift.yaml"
NOTE = "`messages-conformance drift --note`"
WIDTH = 100

_SAYINGS: Mapping[str, tuple[str, str]] = {
    "sdk-field": ("the SDK has a field that the document lacks", "add the field: {outline}"),
    "document-field": ("the document has a field that the SDK lacks", "remove the field"),
    "sdk-required": ("the SDK requires it, the document does not", "add it to `required`"),
    "document-required": ("the document requires it, the SDK does not", "remove it from `required`"),
    "sdk-nullable": ("the SDK accepts null, the document does not", "allow null"),
    "document-nullable": ("the document accepts null, the SDK does not", "do not allow null"),
    "sdk-object": ("the SDK names the fields of an object that is free in the document", "describe the fields"),
    "document-object": ("the document names the fields of an object that is free in the SDK", "free the object"),
    "sdk-member": ("the SDK has a member of the union that the document lacks", "add {value} to the union"),
    "document-member": ("the document has a member of the union that the SDK lacks", "remove {value} from the union"),
    "sdk-value": ("the SDK knows a value that the document lacks", "add the value {value}"),
    "document-value": ("the document knows a value that the SDK lacks", "remove the value {value}"),
    "sdk-list": ("the SDK lists the values, the document does not", "list the values: {outline}"),
    "document-list": ("the document lists the values, the SDK accepts any", "do not list the values"),
    "sdk-open": ("the SDK accepts values that it does not list, the document does not", "open the enumeration"),
    "document-open": ("the document accepts values that it does not list, the SDK does not", "close the enumeration"),
    "sdk-type": ("the SDK has a JSON type that the document lacks", "allow {value}{outline}"),
    "document-type": ("the document has a JSON type that the SDK lacks", "do not allow {value}{outline}"),
    "document-root": ("the SDK no longer has this type or method", "find its replacement and change the roots"),
    "sdk-note": ("the SDK says what it did not say before{outline}", f"see what it means for us, then {NOTE}"),
    "document-note": ("the SDK no longer says this", f"see what it means for us, then {NOTE}"),
}


def text(listed: Mapping[str, Json]) -> str:
    """The table for people, from the output of `sdk_drift.as_json`."""
    return "\n".join([*_head(listed), *_unexplained(listed), *_stale(listed), *_tail(listed)]) + "\n"


def _head(listed: Mapping[str, Json]) -> Iterator[str]:
    yield f"{listed['sdk']} against the document of API version {listed['document']}, with {len(listed['betas'])} betas"
    counts = (f"{len(listed[name])} {name}" for name in ("unexplained", "explained", "stale"))
    yield f"{', '.join(counts)}"


def _unexplained(listed: Mapping[str, Json]) -> Iterator[str]:
    for place, of_place in groupby(listed["unexplained"], lambda each: str(each["place"]).partition("/")[0]):
        together = list(of_place)
        yield ""
        yield f"{place}: {len(together)} difference{'s' if len(together) > 1 else ''}"
        for _, same in groupby(together, lambda each: (each["kind"], each["place"])):
            yield from _one_place(list(same))


def _one_place(same: Sequence[Mapping[str, Json]]) -> Iterator[str]:
    """Differences of one kind at one place: they differ in the value, so what to do is said once."""
    first = same[0]
    saying, advice = _SAYINGS[first["kind"]]
    outline = shorten(first["outline"], WIDTH, placeholder=" ...")
    values = ", ".join(each["value"] for each in same)
    yield from (f"  {each['id']}  ({' and '.join(each['scopes'])})" for each in same)
    yield f"      {saying.format(outline=f': {outline}' if outline else '')}"
    if first["sdk"]:
        yield f"      SDK       {shorten(first['sdk'], WIDTH, placeholder=' ...')}"
    yield f"      document  {first['document']}"
    yield f"      do        {advice.format(value=values, outline=outline)}, {EXPLAIN}"


def _stale(listed: Mapping[str, Json]) -> Iterator[str]:
    if not listed["stale"]:
        return
    yield ""
    yield f"explained but not found (the explanations are for {listed['explained_for']}):"
    for each in listed["stale"]:
        yield f"    {each['file']}  {each['id']}"


def _tail(listed: Mapping[str, Json]) -> Iterator[str]:
    if listed["others"]:
        yield f"{len(listed['others'])} error causes that only other paths raise are left out"
    if not listed["unexplained"]:
        yield "no difference without an explanation"
