"""The lines that a reader copies: send it again with curl, run the case again, accept the deviation.

Each is one line, so that it survives indenting and pasting. None holds a secret.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

from conformance.base.headers import may_be_secret
from conformance.model import Mode

LONGEST_BODY = 600
"""Bodies above this many bytes are read from a file instead of quoted."""

_TRANSPORT = frozenset(
    {"host", "content-length", "user-agent", "accept-encoding", "connection", "transfer-encoding", "accept"}
)
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_WITH_PLACEHOLDERS = re.compile(r"(\$\{\w+\})")
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
    file: str = "",
    extra: Sequence[str] = (),
    select: Sequence[str] = (),
) -> str:
    """A curl command that sends the same request, with `$KEY_ENV` in place of the key.

    Headers that may carry a secret never appear with their value; those that curl or the connection sets are left out.
    `auth` "invalid" writes a key that is plainly none. `file` holds a body that is long; without one, the command is
    empty, because it would not be complete. `extra` are the headers of the run, as in `x-team: ${TEAM}`, `select` its
    options, of which those on certificates matter.
    """
    if len(body) > LONGEST_BODY and not file:
        return ""
    variable = key_env if key_env and _VARIABLE.fullmatch(key_env) else "ANTHROPIC_API_KEY"
    templates = {name.strip().lower(): value.strip() for name, _, value in (text.partition(":") for text in extra)}
    feed, data = _body(body, file)
    parts = ["curl", "-siN" if stream else "-si", *_certificates(select)]
    if method != ("POST" if data else "GET"):
        parts += ["-X", shlex.quote(method)]
    if re.search(r"[\[\]{}]", url):
        parts.append("-g")
    parts.append(shlex.quote(_without_user(url)))
    for name, value in headers:
        if name.lower() not in _TRANSPORT:
            parts += ["-H", _header(name, value, variable, auth, templates.get(name.lower(), ""))]
    return feed + " ".join([*parts, *data])


def rerun(case: str, select: Sequence[str] = (), mode: Mode | None = None, file: str = "") -> str:
    """The command that runs one case again; `select` are the arguments that choose the target, without secrets. `file`
    is the file of a case that is not of the catalogue.
    """
    wanted = ["--mode", mode.value] if mode is not None else []
    own = [file] if file else []
    return shlex.join(["messages-conformance", "run", *select, "--case", case, *wanted, *own])


def variables_in(lines: Sequence[str], key_env: str | None, extra: Sequence[str]) -> tuple[str, ...]:
    """The environment variables that commands read: that of the key, and those in the `extra` headers of the run."""
    named = [key_env or "ANTHROPIC_API_KEY", *(name for text in extra for name in _PLACEHOLDER.findall(text))]
    return tuple(dict.fromkeys(name for name in named if any(_uses(line, name) for line in lines)))


def _uses(line: str, name: str) -> bool:
    return f"${{{name}}}" in line or re.search(rf"\${re.escape(name)}(?![A-Za-z0-9_])", line) is not None


def _certificates(select: Sequence[str]) -> Iterator[str]:
    if "--insecure" in select:
        yield "-k"
    if "--ca-bundle" in select[:-1]:
        yield from ("--cacert", shlex.quote(select[list(select).index("--ca-bundle") + 1]))


def accept(case: str, mode: Mode | None = None) -> str:
    """What to write into the baseline to accept a deviation for a time."""
    only = f", mode: {mode.value}" if mode is not None else ""
    return f"add to the baseline: {{case: {case}{only}, reason: ..., expires: ...}}"


def _header(name: str, value: str, variable: str, auth: str, template: str) -> str:
    """A header as an argument. That of the run is written as it was given, with its variables."""
    lowered = name.lower()
    if template and auth != "invalid":
        return _double_quoted(f"{lowered}: {template}")
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


def _double_quoted(text: str) -> str:
    """A text in double quotes, in which the shell fills in `${NAME}` and nothing else."""
    parts = _WITH_PLACEHOLDERS.split(text)
    return (
        '"'
        + "".join(part if number % 2 else re.sub(r'([\\"$`])', r"\\\1", part) for number, part in enumerate(parts))
        + '"'
    )


def _body(body: bytes, file: str) -> tuple[str, list[str]]:
    """What goes before curl, and its arguments."""
    if not body:
        return "", []
    if len(body) > LONGEST_BODY:
        return "", ["--data-binary", shlex.quote(f"@{file}")]
    text = _plain(body)
    if text is not None:
        return "", ["--data-raw", shlex.quote(text)]
    return f"printf '{_octal(body)}' | ", ["--data-binary", "@-"]


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
