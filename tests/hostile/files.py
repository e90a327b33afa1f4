"""Files of users that are not what their names say: an honest file, changed as a value, as text, or as bytes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from conformance.commands import judge, report
from conformance.config.settings import target_of
from conformance.config.targets_file import read_all_settings
from conformance.judge.library import load_library
from conformance.standard.baseline import read_baseline
from hostile.attacks.values import VALUES, edited
from hostile.draft import Pairs, dump

CASES = [
    {
        "id": "own-greeting",
        "title": "The endpoint answers a greeting",
        "clauses": ["REQ-MSG-001"],
        "plane": "behaviour",
        "send": {"$base": "text", "max_tokens": 20, "messages": [{"role": "user", "content": "hi"}]},
        "expect": [{"status": 200}, {"text-contains": "hi"}],
    },
    {
        "id": "own-streams-end",
        "title": "Every stream ends",
        "clauses": ["REQ-MSG-001"],
        "on": "every-stream",
        "expect": [{"body-ends": True}],
    },
]

BASELINE = [
    {"case": "messages-content-string", "mode": "json", "reason": "known", "expires": "2027-01-01", "owner": "me"},
    {"case": "models-retrieved", "reason": "no list", "link": "https://example.org/1", "expires": "2027-02-03"},
]

TARGETS = """\
[targets.one]
url = "https://one.example/v1"
model = "m"
api-key-env = "ONE_KEY"
header = ["x-a: b"]
declare = ["vision"]
concurrency = 3
max-cost = 0.5

[targets.two]
url = "http://127.0.0.1:8080"
model = "n"
"""

PYPROJECT = """\
[project]
name = "x"

[tool.messages-conformance]
url = "https://one.example"
model = "m"
concurrency = 2
level = ["must"]
strict = true
"""

DOTENV = "ONE_KEY=sk-1234567890\nMESSAGES_URL=https://one.example\nMESSAGES_MODEL=m\nMESSAGES_CONCURRENCY=2\n"

_REQUEST = {
    "method": "POST",
    "url": "https://one.example/v1/messages",
    "headers": {
        "x-api-key": "sk-recorded-1234567890",
        "anthropic-version": "2023-06-01",
        "content-type": "application/json",
    },
    "body": {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]},
}
_ANSWER = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [{"type": "text", "text": "Hi!"}],
    "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 3, "output_tokens": 2},
}  # fmt: skip
RECORD = {
    "request": _REQUEST,
    "response": {"status": 200, "headers": [["content-type", "application/json"]], "body": _ANSWER},
    "fidelity": ["body-as-text"],
    "started": "2026-11-22T10:00:00Z",
}

HAR = {
    "log": {
        "version": "1.2",
        "entries": [
            {
                "startedDateTime": "2026-11-22T10:00:00Z",
                "request": {
                    "method": "POST",
                    "url": _REQUEST["url"],
                    "headers": [{"name": "x-api-key", "value": "sk-recorded-1234567890"}],
                    "postData": {"text": json.dumps(_REQUEST["body"])},
                },
                "response": {
                    "status": 200,
                    "headers": [{"name": "content-type", "value": "application/json"}],
                    "content": {"text": json.dumps(_ANSWER), "mimeType": "application/json"},
                },
            }
        ],
    }
}

CASSETTE = {
    "interactions": [
        {
            "request": {
                "method": "POST",
                "uri": _REQUEST["url"],
                "headers": {"x-api-key": ["sk-recorded-1234567890"]},
                "body": json.dumps(_REQUEST["body"]),
            },
            "response": {
                "status": {"code": 200, "message": "OK"},
                "headers": {"content-type": ["application/json"]},
                "body": {"string": json.dumps(_ANSWER)},
            },
        }
    ],
    "version": 1,
}

JOURNAL = [
    {
        "kind": "proxy", "journal": 1, "suite": "0", "catalogue": "0", "started": "2026-11-22T10:00:00Z",
        "upstream": "https://one.example",
    },
    {
        "kind": "exchange", "scenario": "text", "mode": "json", "step": 1, "attempt": 1, "repetition": 1,
        "started": "2026-11-22T10:00:00.123Z",
        "request": {"method": "POST", "url": _REQUEST["url"], "headers": [["a", "b"]],
                    "body": json.dumps(_REQUEST["body"])},
        "response": {
            "status": 200, "http_version": "HTTP/1.1", "headers": [["content-type", "application/json"]],
            "first_byte": 0.1, "ended": 0.4, "chunks": [[0.1, json.dumps(_ANSWER)]],
        },
        "trouble": None,
    },
    {"kind": "end", "ended": "2026-11-22T10:00:01Z"},
]  # fmt: skip

NASTY: Mapping[str, bytes] = {
    "nothing": b"",
    "NULs": b"\x00" * 4_000,
    "random": bytes((index * index + 7) % 256 for index in range(4_000)),
    "gzip": gzip.compress(b"x" * 1_000),
    "gzip bomb": gzip.compress(b"\x00" * 30_000_000),
    "gzip of nothing": gzip.compress(b""),
    "cut gzip": gzip.compress(b"{}\n" * 1_000)[:-10],
    "UTF-16": '{"a": 1}\n'.encode("utf-16"),
    "BOM": b"\xef\xbb\xbf",
    "deep list": b"[" * 60_000,
    "deep objects": b'{"a":' * 30_000,
    "deep YAML": b"".join(b" " * depth + b"- a:\n" for depth in range(400)),
    "flow YAML": b"a: " + b"[" * 20_000,
    "aliases": b"a: &a [x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (97 + n, 97 + n, b",".join([b"*%c" % (96 + n)] * 9)) for n in range(1, 12)),
    "alias of itself": b"a: &a [*a]\n",
    "merge keys": b"- &a {id: x}\n- {<<: *a, title: y}\n",
    "tags": b"- !!python/object/apply:os.system ['true']\n",
    "many documents": b"---\na: 1\n" * 3,
    "many keys": b"".join(b"k%d: 1\n" % number for number in range(20_000)),
    "many lines": b"\n" * 300_000,
    "one long line": b"x" * 3_000_000,
    "long key": b'"' + b"k" * 100_000 + b'": 1\n',
    "many anchors": b"".join(b"- &a%d x\n" % number for number in range(20_000)),
    "digits": b"a: " + b"9" * 100_000,
    "float": b"a: 1e999\n",
    "date": b"a: 9999-99-99\n",
    "tabs": b"a:\n\t- b\n",
    "NEL": "a: b\x85c: d\u2028e: f\n".encode(),
    "ANSI": b"\x1b[2J: \x1b]0;x\x07\n",
    "HTML": b"<!doctype html><html></html>",
    "dotted TOML": b"a" + b".a" * 20_000 + b" = 1\n",
    "deep TOML": b"a = " + b"[" * 20_000,
    "TOML twice": b"[a]\n[a]\n",
    "TOML dates": b"a = 9999-99-99T99:99:99\n",
    "log": b'{"log": ' * 3_000,
    "HAR without end": b'{"log": {"entries": [' + b"{}," * 60_000,
}
"""Contents that are no honest file of any kind, by name."""

_LITERALS = (
    '""', '"' + "x" * 5_000 + '"', "[]", "{}", "true", "-1", "0", "1e400", "nan", "inf", "9" * 400,
    "1979-05-27T07:32:00Z",
    "[[[[]]]]", '["a", 1, {}]', '"\\u001b[2J"', '"http://[::1"', '"http://a:99999999/"',
    '"ftp://x"', '"http://u:p@h/?q=1#f"',
    '"\\u202e"', "{a = {b = {c = 1}}}", '"a\\nb"', '"${HOME}"', '"x: ${NO_SUCH}"', '"../../x"', "'''\n'''", "0x_", "=",
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A kind of file: what it is called, what an honest one holds, and what reads it."""

    file: str
    honest: Any
    write: Callable[[Any], bytes]
    read: Callable[[Path], object]


def _yaml(value: Any) -> bytes:
    try:
        return yaml.safe_dump(value, allow_unicode=True, sort_keys=False).encode("utf-8", "surrogatepass")
    except yaml.YAMLError:
        return dump(value).encode("utf-8", "surrogatepass")  # nearly all JSON is YAML


def _json(value: Any) -> bytes:
    return dump(value).encode("utf-8", "surrogatepass")


def _lines(value: Any) -> bytes:
    values = value if isinstance(value, list) and not isinstance(value, Pairs) else [value]
    return b"".join(_json(item) + b"\n" for item in values)


def _settings(given: Mapping[str, Any], folder: Path) -> object:
    if not (folder / ".env").exists():
        (folder / ".env").write_text("ONE_KEY=sk-1234567890\n", encoding="utf-8")
    return [target_of(settings) for settings in read_all_settings(given, folder)]


def _judge(path: Path) -> object:
    html = path.parent / "out.html"
    return judge.run(judge.JudgeOptions((path,), html=html, as_json=True), colour=False)


def _report(path: Path) -> object:
    folder = path.parent
    return report.render(path, html=folder / "o.html", markdown=folder / "o.md", junit=folder / "o.xml")


KINDS: Mapping[str, Kind] = {
    "cases": Kind("own.messages.yaml", CASES, _yaml, lambda path: load_library("2023-06-01", (path,))),
    "baseline": Kind("known.yaml", BASELINE, _yaml, lambda path: read_baseline(path, path.name, {})),
    "targets": Kind(
        "targets.toml",
        TARGETS,
        str.encode,
        lambda path: _settings({"target": ("one", "two"), "targets": path.name}, path.parent),
    ),
    "pyproject": Kind("pyproject.toml", PYPROJECT, str.encode, lambda path: _settings({}, path.parent)),
    ".env": Kind(".env", DOTENV, str.encode, lambda path: _settings({}, path.parent)),
    "NDJSON": Kind("recorded.ndjson", [RECORD, RECORD], _lines, _judge),
    "HAR": Kind("recorded.har", HAR, _json, _judge),
    "cassette": Kind("recorded.yaml", CASSETTE, _yaml, _judge),
    "JSON cassette": Kind("recorded.json", CASSETTE, _json, _judge),
    "journal": Kind("journal.ndjson", JOURNAL, _lines, _judge),
}
"""Kinds of files by name. The journal of a run and results.json are made by a run (`run_kinds`)."""


def run_kinds(folder: Path) -> Mapping[str, Kind]:
    """The kinds of files that a run left in a folder."""
    journal = [json.loads(line) for line in (folder / "journal.ndjson").read_text(encoding="utf-8").splitlines()]
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return {
        "journal of a run": Kind("journal.ndjson", journal, _lines, _judge),
        "results": Kind("results.json", results, _json, _report),
    }


@dataclass(frozen=True)
class Changed:
    """A change of an honest file: of a value, of bytes, of a literal of TOML; or a nasty file in its place."""

    how: str
    at: int = 0
    what: str = ""
    data: bytes = b""
    over: int = 0

    def __call__(self, kind: Kind) -> bytes:
        """The content of the file."""
        if self.how == "nasty":
            return NASTY[self.what]
        if isinstance(kind.honest, str):
            text = kind.honest
            if self.how == "splice":
                return _spliced(text.encode(), self.at, self.data, self.over)
            lines = text.splitlines()
            places = [number for number, line in enumerate(lines) if "=" in line]
            place = places[self.at % len(places)]
            lines[place] = f"{lines[place].partition('=')[0]}= {_LITERALS[self.over % len(_LITERALS)]}"
            return "\n".join(lines).encode()
        if self.how == "splice":
            return _spliced(kind.write(kind.honest), self.at, self.data, self.over)
        value = json.loads(json.dumps(kind.honest))
        return kind.write(edited(value, self.at, self.how, VALUES[self.what]))


def _spliced(text: bytes, at: int, data: bytes, over: int) -> bytes:
    at %= len(text) + 1
    return text[:at] + data + text[at + over :]


def changes() -> SearchStrategy[Changed]:
    """Any change of any file."""
    how = st.sampled_from(["replace", "replace", "replace", "remove", "add", "twice"])
    return st.one_of(
        st.builds(Changed, how, st.integers(0, 400), st.sampled_from(sorted(VALUES)), over=st.integers(0, 60)),
        st.builds(
            Changed, st.just("splice"), st.integers(0, 4_000), data=st.binary(max_size=8), over=st.integers(0, 30)
        ),
        st.builds(Changed, st.just("nasty"), what=st.sampled_from(sorted(NASTY))),
    )
