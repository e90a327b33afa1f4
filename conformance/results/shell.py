"""The lines that a reader copies: send it again with curl, run the case again, accept the deviation.

Each is one line, so that it survives indenting and pasting. None holds a secret.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from conformance.base.headers import may_be_secret
from conformance.model import Mode

LONGEST_BODY = 4096
"""Bodies above this many bytes are named in a curl line instead of quoted."""

_TRANSPORT = frozenset(
    {"host", "content-length", "user-agent", "accept-encoding", "connection", "transfer-encoding", "accept"}
)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def curl(
    method: str,
    url: str,
    headers: Sequence[tuple[str, str]] = (),
    body: bytes = b"",
    *,
    key_env: str | None = None,
    auth: str = "default",
    stream: bool = False,
    line: int = 0,
) -> str:
    """A curl command that sends the same request, with `$KEY_ENV` in place of the key.

    Headers that may carry a secret never appear with their value; those that curl or the connection sets are left out.
    `auth` "invalid" writes a key that is plainly none. A body that is long is named by its journal `line` instead of
    quoted.
    """
    variable = key_env if key_env and _VARIABLE.fullmatch(key_env) else "ANTHROPIC_API_KEY"
    feed, data, note = _body(body, line)
    parts = ["curl", "-siN" if stream else "-si"]
    if method != ("POST" if data else "GET"):
        parts += ["-X", shlex.quote(method)]
    if re.search(r"[\[\]{}]", url):
        parts.append("-g")
    parts.append(shlex.quote(_without_user(url)))
    for name, value in headers:
        if name.lower() not in _TRANSPORT:
            parts += ["-H", _header(name, value, variable, auth)]
    return feed + " ".join([*parts, *data]) + note


def rerun(case: str, select: Sequence[str] = (), mode: Mode | None = None) -> str:
    """The command that runs one case again; `select` are the arguments that choose the target, without secrets."""
    wanted = ["--mode", mode.value] if mode is not None else []
    return shlex.join(["messages-conformance", "run", *select, "--case", case, *wanted])


def accept(case: str, mode: Mode | None = None) -> str:
    """What to write into the baseline to accept a deviation for a time."""
    only = f", mode: {mode.value}" if mode is not None else ""
    return f"add to the baseline: {{case: {case}{only}, reason: ..., expires: ...}}"


def _header(name: str, value: str, variable: str, auth: str) -> str:
    lowered = name.lower()
    if not value or not may_be_secret(lowered):
        return shlex.quote(f"{name}: {value}" if value else f"{name};")
    if auth == "invalid":
        prefix = "Bearer " if lowered == "authorization" else ""
        return f'"{lowered}: {prefix}not-a-key"'
    if lowered == "authorization":
        return f'"{lowered}: Bearer ${variable}"'
    if lowered == "x-api-key":
        return f'"{lowered}: ${variable}"'
    return f'"{re.sub(r"[^a-z0-9-]", "-", lowered)}: ${re.sub(r"[^A-Z0-9]", "_", lowered.upper())}"'


def _body(body: bytes, line: int) -> tuple[str, list[str], str]:
    """What goes before curl, its arguments, and a note behind it."""
    if not body:
        return "", [], ""
    if len(body) > LONGEST_BODY:
        source = f"the request body of journal line {line}" if line else "the request body"
        return "", ["--data-binary", "@body"], f"  # body: {source}, {len(body):,} bytes"
    text = _plain(body)
    if text is not None:
        return "", ["--data-raw", shlex.quote(text)], ""
    return f"printf '{_octal(body)}' | ", ["--data-binary", "@-"], ""


def _plain(body: bytes) -> str | None:
    """The body as text where it can be quoted as it is: valid UTF-8 without controls."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None


def _octal(body: bytes) -> str:
    """The body as a format string of POSIX printf. A leading dash is escaped, so that it is no option."""
    special = {0x0A: "\\n", 0x25: "%%", 0x27: "\\047", 0x5C: "\\\\"}
    text = "".join(special.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}") for byte in body)
    return f"\\055{text[1:]}" if text.startswith("-") else text


def _without_user(url: str) -> str:
    return re.sub(r"(?<=://)[^/?#]*@", "", url)
