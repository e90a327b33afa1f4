"""results.json: the results as JSON text, and back; the shipped JSON Schema describes it."""

from __future__ import annotations

import json
from pathlib import Path

from conformance.base import json_text
from conformance.base.dataclass_json import MisfitError, decode, encode
from conformance.base.errors import FileError, UsageError
from conformance.base.files import RESULTS, read_bytes
from conformance.base.values import shortened
from conformance.model import Json
from conformance.results.model import SCHEMA_VERSION, Results

SCHEMA_FILE = Path(__file__).with_name("results.schema.json")
"""The JSON Schema of the file. Append-only within a major version."""

EXIT_CODES = range(5)
"""Exit codes of the process, which results name too."""


def render(results: Results) -> str:
    """The text of results.json. Pure ASCII; a lone surrogate becomes U+FFFD, which every reader accepts."""
    text = json.dumps(_storable(to_json(results)), indent=1, allow_nan=False)
    return text + "\n"


def read(path: Path) -> Results:
    """Results from a results file. Raises FileError where it cannot be read or holds none."""
    data = read_bytes(path, RESULTS.bytes)
    try:
        return load(data)
    except UsageError as problem:
        raise FileError(str(problem), path=path) from None


def load(data: bytes) -> Results:
    """Results from the content of a results file. Raises `UsageError` where it is none."""
    try:
        reading = json_text.read(data, RESULTS)
    except ValueError as problem:
        raise UsageError(f"This is not a results file: {problem}") from None
    twice = next((flaw for flaw in reading.flaws if flaw.kind == "duplicate"), None)
    wrong = reading.problem if twice is None else f"duplicate key at {twice.pointer}"
    if wrong is not None:
        raise UsageError(f"This is not a results file: {wrong}")
    return from_json(reading.value)


def _storable(value: Json) -> Json:
    if isinstance(value, str):
        return (
            value if value.isascii() else "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in value)
        )
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    return value


def to_json(results: Results) -> dict[str, Json]:
    """The results as JSON values, in the shape of `report/results.schema.json`."""
    encoded: dict[str, Json] = encode(results)
    cases, exchanges = encoded.pop("cases"), encoded.pop("exchanges")
    return {**encoded, "summary": encode(results.summary), "cases": cases, "exchanges": exchanges}


def from_json(data: Json) -> Results:
    """Results from JSON values. Unknown keys are left out, so that files of newer minor versions can be read.

    Raises `UsageError` with the place in the file where a value is missing or has a wrong type, and
    for files of another major version.
    """
    version = data.get("schema_version") if isinstance(data, dict) else None
    if not isinstance(version, str):
        raise UsageError("This is not a results file: schema_version is missing.")
    if version.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        raise UsageError(
            f"The results file has schema version {shortened(version, 20)}, this version of messages-conformance reads "
            f"{SCHEMA_VERSION.split('.')[0]}.x. Install the version that wrote it, or a newer one."
        )
    try:
        results: Results = decode(Results, data)
    except MisfitError as problem:
        raise UsageError(f"Results file, {problem.place or '/'}: {problem}") from None
    if results.exit_code not in EXIT_CODES:
        raise UsageError("Results file, /exit_code: unknown value")
    return results
