"""What it costs to read the largest files of each kind, measured in a process of its own.

`python -m hostile.costs KIND FOLDER RUN [every]` reads them and prints one line of JSON for each: CPU seconds, peak
bytes beyond what the process held before, and the sentence of a refusal. RUN is the folder of a run.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from conformance.base.errors import HarnessError
from conformance.base.files import BASELINE, CASES, DOTENV, JOURNAL, RECORD, RESULTS, SETTINGS
from hostile.files import HAR, KINDS, NASTY, Kind, run_kinds
from hostile.files import JOURNAL as LINES
from hostile.files import RECORD as HONEST

MOST: Mapping[str, int] = {
    "cases": CASES.bytes, "baseline": BASELINE.bytes, "targets": SETTINGS.bytes, "pyproject": SETTINGS.bytes,
    ".env": DOTENV.bytes, "NDJSON": RECORD.bytes, "HAR": RECORD.bytes, "cassette": RECORD.bytes,
    "JSON cassette": RECORD.bytes, "journal": JOURNAL.bytes,
    "journal of a run": JOURNAL.bytes, "results": RESULTS.bytes,
}  # fmt: skip
"""Bytes of a file of each kind, or of one record of it."""

JSON_SHAPES: Mapping[str, Callable[[int], str]] = {
    "empty lists": lambda size: "[" + "[]," * (size // 3) + "0]",
    "some empty lists": lambda size: "[" + "[]," * min(size // 3, 120_000) + "0]",
    "empty objects": lambda size: "[" + "{}," * min(size // 3, 120_000) + "0]",
    "small objects": lambda size: "[" + '{"a":{"b":0}},' * min(size // 14, 80_000) + "0]",
    "double names": lambda size: "[" + '{"":0,"":[]},' * min(size // 13, 60_000) + "0]",
    "many names": lambda size: "{" + ",".join(f'"{number:x}":0' for number in range(min(size // 12, 240_000))) + "}",
    "numbers": lambda size: "[" + "1," * min(size // 2, 240_000) + "0]",
    "long numbers": lambda size: "[" + ("9" * 90 + ",") * min(size // 91, 240_000) + "0]",
    "halves": lambda size: "[" + '"\\ud800",' * min(size // 9, 240_000) + "0]",
    "a text": lambda size: '"' + "x" * size + '"',
    "a text of commas": lambda size: '"' + "[,{" * (size // 3) + '"',
    "a text of escapes": lambda size: '"' + "\\u0101" * (size // 6) + '"',
    "a wide text": lambda size: '"\u0101' + "x" * (size // 2 - 400) + '"',
    "a text with an emoji": lambda size: '"\U0001f600' + "x" * (size // 4 - 400) + '"',
    "quotes": lambda size: '"' + '\\"' * (size // 2) + '"',
    "half a text": lambda size: '"' + "x" * size,
    "white space": lambda size: "[" + " " * size + "]",
    "deep lists": lambda size: "[" * (size // 2) + "]" * (size // 2),
    "levels": lambda size: "[" + ("[" * 100 + "]" * 100 + ",") * min(size // 201, 1_200) + "0]",
    "digits": lambda size: "9" * size,
}
"""Values of JSON that take about so many bytes, by name."""

TEXTS: Mapping[str, Callable[[int], str]] = {
    **JSON_SHAPES,
    "items": lambda size: "- x\n" * (size // 4),
    "some items": lambda size: "- x\n" * 14_000,
    "items of items": lambda size: "- - - - - - x\n" * (size // 14),
    "keys": lambda size: "".join(f"{number:x}: 1\n" for number in range(size // 9)),
    "anchors": lambda size: "".join(f"- &a{number} x\n" for number in range(14_000)),
    "aliases": lambda size: "- &a x\n" + "- *a\n" * (size // 5 - 2),
    "comments": lambda size: "# x\n" * (size // 4),
    "quotes in quotes": lambda size: "'" * size,
    "variables": lambda size: "A=" + "${A" * (size // 3 - 1),
    "assignments": lambda size: "".join(f"k{number:x} = 1\n" for number in range(size // 11)),
    "tables": lambda size: "".join(f"[t.a{number:x}.b.c.d]\n" for number in range(size // 20)),
    "dotted keys": lambda size: "".join(f"k{number}{'.a' * 30} = 1\n" for number in range(size // 72)),
    "many targets": lambda size: "".join(
        f"[targets.{name}]\nurl = 'http://h'\nmodel = 'm'\nretries = 1\n"
        for name in ("one", "two", *(f"t{number:x}" for number in range(min(size // 52, 3_700))))
    ),
    "a text of TOML": lambda size: "a = '''" + "x\n" * (size // 2 - 6) + "'''",
    "entries": lambda size: "".join(
        f"- {{case: c{number}, reason: x, expires: 2027-01-01}}\n" for number in range(min(size // 50, 3_700))
    ),
    "own cases": lambda size: "".join(
        f"- {{id: own-{number}, title: The endpoint answers, on: every-stream, expect: [{{body-ends: true}}]}}\n"
        for number in range(min(size // 100, 1_800))
    ),
}
"""Texts of files that are no JSON, by name."""


DEAREST = {
    "aliases", "gzip bomb", "dotted TOML", "dotted keys", "tables", "own cases", "entries", "variables", "too large",
    "empty lists", "many targets", "honest with long numbers", "honest with double names",
    "honest with a text of commas", "honest with half a text", "honest with a text with an emoji",
}  # fmt: skip
"""Contents that cost most, in one reader or another; the others are measured where many examples are asked for."""


def contents(name: str, kind: Kind) -> Iterator[tuple[str, bytes]]:
    """The largest files of a kind: of any shape, and honest ones with a large value in a place that nobody looks at."""
    size = MOST[name]
    yield from NASTY.items()
    for shape, make in (JSON_SHAPES if name in WRAPS else TEXTS).items():
        yield shape, make(size)[:size].encode()
    yield "too large", b"x" * (size + 1)
    for shape, make in JSON_SHAPES.items() if name in WRAPS else ():
        yield f"honest with {shape}", WRAPS[name](kind.honest, make(size - 20_000)).encode()


def _lines(honest: Any, large: str) -> str:
    first, *rest = (json.dumps(line) for line in honest)
    place = rest[0] if rest else first
    return "\n".join([*([first] if rest else []), f'{place[:-1]}, "x": {large}}}', *rest[1:]]) + "\n"


WRAPS: Mapping[str, Callable[[Any, str], str]] = {
    "results": lambda honest, large: f'{json.dumps(honest)[:-1]}, "x": {large}}}',
    "NDJSON": lambda honest, large: _lines([HONEST], large),
    "HAR": lambda honest, large: '{"x": ' + large + "," + json.dumps(HAR)[1:],
    "journal": lambda honest, large: _lines(LINES, large),
    "journal of a run": lambda honest, large: _lines(honest, large),
}
"""How an honest file of a kind holds a large value."""


def measure(name: str, kind: Kind, folder: Path, *, every: bool) -> Iterator[dict[str, Any]]:
    """Reads the dearest files, or every one, after an honest one that loads what is loaded once."""
    path = folder / kind.file
    path.write_bytes(kind.honest.encode() if isinstance(kind.honest, str) else kind.write(kind.honest))
    kind.read(path)
    for what, data in contents(name, kind):
        if not every and what not in DEAREST:
            continue
        path.write_bytes(data)
        del data
        start, before = time.process_time(), _peak(reset=True)
        said = None
        try:
            kind.read(path)
        except HarnessError as problem:
            said = [problem.exit_code, str(problem)]
        cpu_s = time.process_time() - start
        yield {"what": what, "cpu_s": round(cpu_s, 2), "bytes": max(0, _peak() - before), "said": said}


def _peak(*, reset: bool = False) -> int:
    """Peak bytes of this process; `reset` starts to count anew, where Linux lets us, and gives the bytes of now."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    if reset:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    wanted = "VmRSS" if reset else "VmHWM"
    line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith(wanted))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    asked, where, run, *more = sys.argv[1:]
    known = {**KINDS, **run_kinds(Path(run))}
    for measured in measure(asked, known[asked], Path(where), every=bool(more)):
        print(json.dumps(measured), flush=True)
