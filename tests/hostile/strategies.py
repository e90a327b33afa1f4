"""Strategies for hypothesis: attacks of each layer, plans of attacks, keys."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from hostile import canary
from hostile.attacks.attack import Attack, Moment, Plan
from hostile.attacks.bodies import CHARSETS, CODINGS, TEXTS, Charset, Coding, Splice, SpokenBody, Text
from hostile.attacks.connections import Behind, Cut, Dribble, Informational
from hostile.attacks.events import EVENTS, FRAMINGS, AsJson, Everything, Framing, Shuffle, SpokenBetween
from hostile.attacks.heads import (
    HEADERS,
    SPOKEN_HEADERS,
    STATUS_LINES,
    AnyHeader,
    Header,
    ManyHeaders,
    SpokenHeader,
    Status,
    StatusLine,
    Without,
)
from hostile.attacks.values import VALUES, Edit, Literal, Spoken, SpokenInStream
from hostile.draft import Ending

PLACES = st.integers(0, 60)
EVENT_NUMBERS = st.integers(0, 12)
OFFSETS = st.integers(0, 3_000)
SPELLINGS = st.sampled_from(sorted(canary.SPELLINGS))


def connection() -> SearchStrategy[Attack]:
    """Reset, half close, silence at any moment, no end; and what belongs to no answer."""
    return st.one_of(
        st.builds(Cut, st.sampled_from([end for end in Ending if end is not Ending.KEEP]), st.none() | OFFSETS),
        st.builds(Dribble, st.integers(1, 20)),
        st.builds(Informational, st.sampled_from([100, 102, 103, 199]), st.sampled_from([1, 3, 300])),
        st.builds(Behind, st.binary(max_size=40) | st.just(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")),
    )


def status_line() -> SearchStrategy[Attack]:
    """Status lines, legal and not, and any status."""
    return st.builds(StatusLine, st.sampled_from(sorted(STATUS_LINES))) | st.builds(
        Status, st.integers(100, 599) | st.sampled_from([401, 402, 403, 404, 408, 413, 429, 500, 503, 529])
    )


def headers() -> SearchStrategy[Attack]:
    """Count, size, duplicates, contradictory framing, bytes that are no text."""
    return st.one_of(
        st.builds(Header, st.sampled_from(sorted(HEADERS)), st.sampled_from([1, 2, 40]), st.booleans()),
        st.builds(Without, st.sampled_from(["content-type", "request-id", "date"])),
        st.builds(ManyHeaders, st.sampled_from([5, 90, 110, 2_000])),
        st.builds(AnyHeader, st.binary(max_size=20), st.binary(max_size=40)),
    )


def codings() -> SearchStrategy[Attack]:
    """gzip, deflate, br and zstd: honest, lying, broken off, bombs."""
    return st.builds(Coding, st.sampled_from(CODINGS))


def charsets() -> SearchStrategy[Attack]:
    """Other encodings, and UTF-8 that is none."""
    return st.builds(Charset, st.sampled_from(CHARSETS), st.booleans())


def values() -> SearchStrategy[Attack]:
    """Any value at any place."""
    scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    trees = st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
        max_leaves=6,
    )
    how = st.sampled_from(["replace", "replace", "replace", "remove", "twice", "add"])
    return st.one_of(
        st.builds(Edit, PLACES, st.sampled_from(sorted(VALUES)), how, EVENT_NUMBERS),
        st.builds(Literal, PLACES, trees, EVENT_NUMBERS),
    )


def texts() -> SearchStrategy[Attack]:
    """Bodies that are not JSON, or hardly."""
    return st.builds(Text, st.sampled_from(TEXTS)) | st.builds(
        Splice, OFFSETS, st.binary(max_size=12), st.integers(0, 40)
    )


def framings() -> SearchStrategy[Attack]:
    """Event streams in other framings, and any bytes in them."""
    return st.builds(Framing, st.sampled_from(FRAMINGS)) | st.builds(
        Splice,
        OFFSETS,
        st.binary(max_size=8) | st.sampled_from([b"\n", b"\n\n", b"\r", b"data:", b"event: x\n", b"\x00", b":"]),
        st.integers(0, 20),
    )


def events() -> SearchStrategy[Attack]:
    """Any events in any order."""
    names = st.sampled_from(sorted(EVENTS))
    shuffle = st.builds(
        Shuffle,
        st.sampled_from(["insert", "insert", "drop", "twice", "swap", "cut", "only"]),
        EVENT_NUMBERS,
        names,
        st.sampled_from([1, 1, 2, 700]),
    )
    return st.one_of(
        shuffle, st.builds(Everything, st.lists(names, max_size=9).map(tuple)), st.builds(AsJson, st.booleans())
    )


def words() -> SearchStrategy[Attack]:
    """Texts, numbers, dates and identifiers that are dangerous to show, where text is."""
    names = sorted(name for name in VALUES if name.endswith(" text") or name in ("names", "lone surrogate"))
    return st.builds(Edit, PLACES, st.sampled_from(names), st.just("replace"), EVENT_NUMBERS)


def spoken() -> SearchStrategy[Attack]:
    """The client's key in any position and spelling."""
    return st.one_of(
        st.builds(Spoken, PLACES, SPELLINGS, st.sampled_from(["replace", "raw", "name"]), EVENT_NUMBERS),
        st.builds(
            SpokenInStream,
            st.integers(1, 12),
            st.sampled_from(["text", "thinking", "input", "signature", "unknown", "deep"]),
            SPELLINGS,
            st.booleans(),
        ),
        st.builds(
            SpokenBetween,
            st.sampled_from(["comment", "name", "id", "data", "lines", "field"]),
            SPELLINGS,
            EVENT_NUMBERS,
        ),
        st.builds(
            SpokenBody, st.sampled_from(["bare", "sentence", "page", "form", "YAML", "lines"]), SPELLINGS
        ),
        st.builds(
            SpokenHeader,
            st.sampled_from(
                [*SPOKEN_HEADERS, "reason", "status line", "version", "name", "line", "status", "chunk",
                 "chunk extension", "behind"]
            ),
            SPELLINGS,
        ),
    )  # fmt: skip


def moments() -> SearchStrategy[Moment]:
    """When attacks are made."""
    return st.sampled_from(list(Moment))


def plans(*layers: SearchStrategy[Attack], most: int = 2) -> SearchStrategy[tuple[Plan, ...]]:
    """One or two plans of attacks on these layers."""
    attacks = st.lists(st.one_of(*layers), min_size=1, max_size=most).map(tuple)
    plan = st.builds(Plan, attacks, moments(), st.integers(1, 9))
    return st.lists(plan, min_size=1, max_size=2).map(tuple)


def keys(low: int = 8, high: int = 60) -> SearchStrategy[str]:
    """Random keys of random length."""
    seeds = st.integers(0, 2**32 - 1)
    return st.builds(
        lambda seed, length, marks: canary.make(seed, length, marks=marks), seeds, st.integers(low, high), st.booleans()
    )
