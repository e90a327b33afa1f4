"""Chooses `exchanges.ndjson.gz` from the large corpus: the smallest exchanges that show everything it shows.

    python tests/data/choose.py LARGE_CORPUS.jsonl.gz

An exchange has features: the cases that it shows and those it deviates in, its source, status, model, headers, request
keys, block types, events, and so on. The choice covers each feature `TIMES` times, as far as the large corpus does, and
takes the exchange that adds most features for its size first. Ties are broken by the place in the corpus, so the same
corpus gives the same file, byte for byte.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from conformance.engine.offline import is_messages_api, recorders_of
from conformance.judge.audit import Audit
from conformance.judge.checks import REGISTRY
from conformance.judge.evaluate import Bench
from conformance.judge.library import load_library
from conformance.judge.verdict import Policy
from conformance.model import Level
from conformance.protocol.reply import Reply
from conformance.wire.importers.files import open_recording

CHOSEN = Path(__file__).with_name("exchanges.ndjson.gz")

PERMISSIVE = frozenset({"MIT", "Apache-2.0", "Apache-2.0 OR BSD-3-Clause"})
TIMES = 3
"""How many exchanges show each feature, where the large corpus has as many."""

LONGEST = 60
"""Characters of an error message that tell it apart."""

REDACTED = (
    (re.compile(r"wrkspc_\w+"), "wrkspc_01" + "1" * 22),
    (re.compile(r"(?<![\w.+-])[\w.+-]+@(?!example\.com)[\w-]+\.[a-z]{2,}\b"), "someone@example.com"),
    (re.compile(r"/(?:home|Users)/[\w.-]+"), "/home/user"),
)
"""What identifies an account or a person, and what is written in its place. Keys and cookies are redacted already."""


def main(corpus: Path) -> None:
    """Writes the chosen exchanges and says how many of the features they show."""
    lines = gzip.decompress(corpus.read_bytes()).decode().splitlines()
    features = [known_features(*pair) for pair in zip(map(json.loads, lines), shown(corpus), strict=True)]
    costs = [len(zlib.compress(line.encode())) for line in lines]
    numbers = choice(features, costs)
    text = "".join(redacted(lines[number]) + "\n" for number in numbers)
    CHOSEN.write_bytes(gzip.compress(text.encode(), mtime=0))
    every = set().union(*features)
    print(f"{len(numbers)} of {len(lines)} exchanges, {CHOSEN.stat().st_size} bytes, {len(every)} features")


def choice(features: Sequence[frozenset[str]], costs: Sequence[int]) -> list[int]:
    """The numbers of the chosen exchanges, in the order of the corpus."""
    wanted = {feature: min(TIMES, n) for feature, n in Counter(name for each in features for name in each).items()}
    chosen: set[int] = set()
    while any(wanted.values()):
        gain = {
            number: sum(wanted[name] > 0 for name in each) / (200 + costs[number])
            for number, each in enumerate(features)
            if number not in chosen
        }
        best = max(gain, key=lambda number: (gain[number], -number))
        chosen.add(best)
        for name in features[best]:
            wanted[name] = max(0, wanted[name] - 1)
    return sorted(chosen)


def redacted(line: str) -> str:
    """A line of the corpus without what identifies an account or a person."""
    for pattern, word in REDACTED:
        line = pattern.sub(word, line)
    return line


def known_features(record: dict[str, Any], cases: frozenset[str]) -> frozenset[str]:
    """The features of an exchange; none where its licence is not permissive."""
    return cases | frozenset(structure(record)) if record["license"] in PERMISSIVE else frozenset()


def structure(record: dict[str, Any]) -> Iterator[str]:
    """What can be read off a record without judging it."""
    request, response = record["request"], record["response"]
    body = request.get("body") if isinstance(request.get("body"), dict) else {}
    yield f"source {record['source'].partition(':')[0]}"
    yield f"recorded {(record['recorded'] or 'unknown')[:7]}"
    yield f"synthetic {bool(record.get('synthetic'))}"
    yield f"fidelity {sorted(record.get('fidelity', ()))}"
    path = re.sub("[^/]*[0-9][^/]*$", "ID", request["url"].split("?")[0])
    yield f"url {request['method']} {path} {response['status']}"
    yield f"model {body.get('model')} {'sse' in response}"
    yield from (f"response header {name}" for name in response["headers"])
    yield from (f"beta {name.strip()}" for name in request["headers"].get("anthropic-beta", "").split(","))
    yield from (f"request {path}" for path in paths(body))
    if "sse" in response:
        texts = re.findall(r"^data: ?(.*)$", response["sse"], re.MULTILINE)
        events = [json.loads(text) for text in texts if text.startswith("{")]
        yield from (f"event {path}" for event in events for path in paths(event))
        yield f"events {sorted({event.get('type', '') for event in events})}"
        yield f"blocks {min(9, sum(event.get('type') == 'content_block_start' for event in events))}"
    else:
        answer = response.get("body")
        yield from (f"body {path}" for path in paths(answer))
        if isinstance(answer, dict) and isinstance(answer.get("error"), dict):
            yield f"refused {str(answer['error'].get('message')).partition(':')[0][:LONGEST]}"


DATA = frozenset({"input", "input_schema", "properties", "schema", "$defs", "metadata"})
"""Keys whose values are free: what is in them is no feature."""


def paths(value: Any, place: str = "") -> Iterator[str]:
    """The keys of a JSON value as paths, with the type of each leaf and the values that are words of the API."""
    if isinstance(value, dict):
        for key, below in value.items():
            if key in DATA:
                yield f"{place}/{key}"
            elif key in ("type", "stop_reason", "role", "error_code", "service_tier") and isinstance(below, str):
                yield f"{place}/{key}={below}"
            else:
                yield from paths(below, f"{place}/{key}")
    elif isinstance(value, list):
        yield f"{place} {'items' if value else 'empty'}"
        for item in value:
            yield from paths(item, f"{place}/-")
    else:
        yield f"{place} {type(value).__name__}"


def shown(corpus: Path) -> Iterator[frozenset[str]]:
    """Of each exchange, the cases that it shows, and what it deviates in."""
    library = load_library("2023-06-01")
    bench = Bench(REGISTRY, library.document, "", Policy(Level.SHOULD, strict=True, behaviour=True))
    audit = Audit(library.catalogue.cases, bench, recorders_of(library))
    before: dict[tuple[str, str], int] = {}
    for recorded in open_recording(corpus).exchanges():
        found: set[str] = set()
        if not recorded.synthetic and is_messages_api(recorded.exchange.request):
            for noticed in audit.take(Reply(recorded.exchange, recorded.streamed), "", recorded.flags):
                places = {finding.where.pointer for finding in noticed.findings}
                found.update(f"deviates {noticed.case.id} {noticed.mode} {place}" for place in places)
            after = {(case.id, str(each.mode)): each.seen for case, each in audit.judgements()}
            found.update(f"shows {case} {mode}" for (case, mode), n in after.items() if n > before.get((case, mode), 0))
            before = after
        yield frozenset(found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
