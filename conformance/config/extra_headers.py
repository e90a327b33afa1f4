"""Extra headers of a run (`--header 'Name: value'`): as they are sent, and as they may be written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from conformance.base.errors import UsageError
from conformance.base.headers import may_be_secret, secrets_in
from conformance.config.keys import resembles_key

_ONE_VARIABLE = re.compile(r"((Bearer|Basic|Token) )?\$\{\w+\}", re.IGNORECASE)


def extra_headers(
    texts: Iterable[str], environment: Mapping[str, str]
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """The headers of `--header` with their variables filled in, and the values in them that are secrets.

    Raises UsageError for what is no header, for a variable that is not set, and for a key.
    """
    headers: list[tuple[str, str]] = []
    secrets: list[str] = []

    def value_of(match: re.Match[str]) -> str:
        found = environment.get(match[1])
        if not found:
            raise UsageError(f"--header uses the environment variable {match[1]}, which is not set.")
        secrets.append(found)
        return found

    for text in texts:
        name, colon, value = text.partition(":")
        name = name.strip()
        if not colon or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or resembles_key(name):
            raise UsageError("--header expects 'Name: value'.")
        if resembles_key(value.rpartition(" ")[2]):
            raise UsageError(
                f"--header {name} holds a key. Put the key into an environment variable, for example OUR_KEY, "
                f"and use --header '{name}: ${{OUR_KEY}}'."
            )
        filled = re.sub(r"\$\{(\w+)\}", value_of, value.strip())
        headers.append((name, filled))
        secrets += secrets_in(name, filled) if may_be_secret(name) else ()
    return tuple(headers), tuple(secrets)


def publishable(text: str) -> str:
    """An extra header, with a variable in place of a value that may be secret and is none."""
    name, _, value = (part.strip() for part in text.partition(":"))
    if not may_be_secret(name) or _ONE_VARIABLE.fullmatch(value):
        return f"{name}: {value}"
    return f"{name}: ${{{re.sub(r'[^A-Z0-9]', '_', name.upper())}}}"
