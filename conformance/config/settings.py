"""Every option of a run, in one table, and how its value is found.

Belongs here: the table that the command line, pytest, the environment and pyproject.toml share, and what comes out of
it: settings and a target. Does not belong here: click or pytest code, anything that costs time to import.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.config.target import API_VERSIONS, AUTH_STYLES, Target, check_url, name_of
from conformance.model import HarnessError

PREFIX = "messages"


@dataclass(frozen=True)
class Option:
    """One option. `kind` is text, number, amount (of money), flag or list; `name` is spelled with hyphens."""

    name: str
    help: str
    kind: str = "text"
    default: Any = None
    choices: tuple[str, ...] = ()
    metavar: str = "VALUE"

    @property
    def key(self) -> str:
        """The name as an identifier."""
        return self.name.replace("-", "_")

    @property
    def variable(self) -> str:
        """The environment variable that sets the option."""
        return f"{PREFIX}_{self.key}".upper()


OPTIONS: tuple[Option, ...] = (
    Option(
        "url", "base URL of the endpoint, with or without /v1; none: the embedded reference endpoint", metavar="URL"
    ),
    Option("model", "model to ask for", metavar="NAME"),
    Option("target", "target from the targets file; several may be given", kind="list", metavar="NAME"),
    Option("targets", "TOML file of targets", default="targets.toml", metavar="FILE"),
    Option(
        "api-key-env",
        "environment variable (or key in .env) that holds the API key",
        default="ANTHROPIC_API_KEY",
        metavar="VAR",
    ),
    Option("auth", "how the key is sent; auto tries x-api-key, then bearer", default="auto", choices=AUTH_STYLES),
    Option(
        "header",
        "extra request header 'Name: value'; ${VAR} in the value is read from the environment",
        kind="list",
        metavar="HEADER",
    ),
    Option("api-version", "anthropic-version of the run", default=API_VERSIONS[0], choices=API_VERSIONS),
    Option("name", "name of the target in reports; default: its host", metavar="NAME"),
    Option("strict", "gate on requests that the endpoint accepts although the API refuses them", kind="flag"),
    Option("gate", "the weakest level that gates", default="must", choices=("must", "should")),
    Option(
        "gate-behaviour",
        "gate on claims in which the model has a say too, where most attempts deviate",
        kind="flag",
    ),
    Option(
        "baseline",
        "YAML file of known deviations: new ones gate, known ones do not, stale entries do",
        metavar="FILE",
    ),
    Option("baseline-update", "write the known deviations of this run into the baseline", kind="flag"),
    Option(
        "declare",
        "capability that the endpoint is said to have; it fails where it has it not",
        kind="list",
        metavar="NAME",
    ),
    Option(
        "lacks", "capability that the endpoint is said to lack; its cases do not apply", kind="list", metavar="NAME"
    ),
    Option("edition", "edition whose cases score and gate; default: the newest", metavar="DATE"),
    Option(
        "level",
        "only cases of this strength (must, should, may) or of this named level and those below it (core, agent, full)",
        kind="list",
        choices=("must", "should", "may", "core", "agent", "full"),
    ),
    Option("area", "only cases of this area", kind="list", metavar="AREA"),
    Option("case", "only this case", kind="list", metavar="ID"),
    Option("mode", "only this mode", choices=("json", "stream")),
    Option("concurrency", "requests under way at the same time", kind="number", default=8, metavar="N"),
    Option("repeat", "attempts in all where a model may answer differently", kind="number", default=3, metavar="N"),
    Option("max-requests", "requests at the most, retries and repetitions included", kind="number", metavar="N"),
    Option("max-tokens", "input and output tokens at the most, debited before sending", kind="number", metavar="N"),
    Option("max-cost", "US dollars at the most; needs both prices", kind="amount", metavar="USD"),
    Option("price-input", "US dollars for a million input tokens", kind="amount", metavar="USD"),
    Option("price-output", "US dollars for a million output tokens", kind="amount", metavar="USD"),
    Option("resume", "folder of an interrupted run, which is continued: only what is missing is sent", metavar="DIR"),
    Option("out", "folder for the files of the run; default: reports/<target>/<UTC time>", metavar="DIR"),
)


CONNECTION = ("url", "model", "api-key-env", "auth", "header")
"""What an entry of the targets file never inherits from the environment: it would be another target's."""

SPENDING = ("max-requests", "max-tokens", "max-cost", "price-input", "price-output")
"""What a target costs, and may cost."""

PER_TARGET = (*CONNECTION, "api-version", "baseline", "declare", "lacks", "concurrency", *SPENDING)
"""Options that an entry of the targets file may hold."""

RECORDED = (
    "url", "model", "api-key-env", "auth", "api-version", "strict", "gate", "gate-behaviour", "declare", "lacks",
    "edition", "level",
    "area", "case", "mode", "repeat", "price-input", "price-output",
)  # fmt: skip
"""Options that a run writes down, so that it can be continued without naming them again."""


@dataclass(frozen=True)
class Settings:
    """The values of all options for one target.

    Precedence: command line, entry of the targets file, environment, .env, pyproject.toml, the run that is continued,
    default. `target` is the name of the entry, or None where the options themselves describe the target.
    """

    values: Mapping[str, Any]
    environment: Mapping[str, str] = field(repr=False)
    target: str | None = None

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    @property
    def recorded(self) -> dict[str, Any]:
        """The options that a run writes down and that have a value. None of them holds a secret."""
        kept = {option.name: self.values[option.key] for option in OPTIONS if option.name in RECORDED}
        kept["name"] = self.target or self.values["name"]
        return {name: list(value) if isinstance(value, tuple) else value for name, value in kept.items() if value}


def read_settings(
    given: Mapping[str, Any], folder: Path, *, target: str | None = None, entry: Mapping[str, Any] | None = None
) -> Settings:
    """Settings from the options given on a command line (None or empty: not given) and from the folder's files.

    `entry` is the table of a target in the targets file. Raises HarnessError (exit code 4) for values that do not fit.
    """
    environment = {**_dotenv(folder), **os.environ}
    configured = _pyproject(folder)
    if given.get("resume"):
        configured = {**recorded_options(folder / given["resume"]), **configured}
    values: dict[str, Any] = {}
    for option in OPTIONS:
        value = given.get(option.key)
        if _absent(value) and entry is not None and option.name in PER_TARGET:
            value = entry.get(option.name)
        if _absent(value) and not (entry is not None and option.name in CONNECTION):
            value = environment.get(option.variable) or configured.get(option.name)
        values[option.key] = _converted(option, option.default if value in (None, "") else value)
    return Settings(values, environment, target)


def _absent(value: Any) -> bool:
    """Whether an option was not given on a command line; a price of 0 was."""
    return value is None or value is False or value == () or value == []


def recorded_options(folder: Path) -> dict[str, Any]:
    """The options that the run in a folder wrote down. Raises HarnessError (exit code 4) where there is no run."""
    path = folder / "journal.ndjson"
    try:
        with path.open(encoding="utf-8") as journal:
            header = json.loads(journal.readline())
    except (OSError, ValueError):
        header = None
    if not isinstance(header, dict) or header.get("kind") != "run":
        raise HarnessError(f"there is no run to resume in {folder}", exit_code=4)
    options = header.get("options")
    return dict(options) if isinstance(options, dict) else {}


def target_of(settings: Settings) -> Target | None:
    """The configured target, or None where no URL is given (the embedded reference endpoint is meant).

    Raises HarnessError (exit code 4) where something is missing or malformed.
    """
    if not settings["url"]:
        return None
    url = check_url(settings["url"])
    if not settings["model"]:
        raise HarnessError(f"no model: add --model NAME, the model to ask {url} for", exit_code=4)
    key_name = settings["api_key_env"]
    key = settings.environment.get(key_name)
    headers, secrets = _headers(settings)
    return Target(
        name=safe_name(settings.target or settings["name"] or name_of(url)),
        url=url,
        model=settings["model"],
        api_key=key or None,
        key_name=key_name,
        auth=settings["auth"],
        headers=headers,
        secrets=(*((key,) if key else ()), *secrets),
        api_version=settings["api_version"],
        declared=frozenset(settings["declare"]),
        absent=frozenset(settings["lacks"]),
    )


def _headers(settings: Settings) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Extra headers with their variables filled in, and the values that came from the environment: secrets."""
    headers: list[tuple[str, str]] = []
    secrets: list[str] = []

    def value_of(match: re.Match[str]) -> str:
        found = settings.environment.get(match[1])
        if not found:
            raise HarnessError(f"--header names the environment variable {match[1]}, which is not set", exit_code=4)
        secrets.append(found)
        return found

    for text in settings["header"]:
        name, colon, value = text.partition(":")
        if not colon or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name.strip()):
            raise HarnessError("a header is written as 'Name: value'", exit_code=4)
        headers.append((name.strip(), re.sub(r"\$\{(\w+)\}", value_of, value.strip())))
    return tuple(headers), tuple(secrets)


def safe_name(name: str) -> str:
    """The name itself, where it can be a folder. Raises HarnessError (exit code 4) otherwise."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}", name):
        raise HarnessError(f"{name!r} is not a target name: letters, digits, dot, hyphen, underscore", exit_code=4)
    return name


def _converted(option: Option, value: Any) -> Any:
    where = f"--{option.name} (environment {option.variable})"
    if option.kind == "flag":
        if isinstance(value, str) and value.lower() not in ("1", "true", "yes", "on", "0", "false", "no", "off"):
            raise HarnessError(f"{where} is a switch: true or false, not {value!r}", exit_code=4)
        return value if isinstance(value, bool) else str(value or "").lower() in ("1", "true", "yes", "on")
    if option.kind in ("number", "amount") and value is None:
        return None
    if option.kind == "amount":
        if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", str(value)):
            raise HarnessError(f"{where} is an amount in US dollars such as 0.25, not {value!r}", exit_code=4)
        return float(value)
    if option.kind == "number":
        if not str(value).isdigit() or int(value) < 1:
            raise HarnessError(f"{where} is a whole number from 1 on, not {value!r}", exit_code=4)
        return int(value)
    if option.kind == "list":
        parts = value.split(",") if isinstance(value, str) else list(value or ())
        for part in parts:
            _chosen(option, part, where)
        return tuple(parts)
    if value is not None:
        _chosen(option, value, where)
    return value


def _chosen(option: Option, value: Any, where: str) -> None:
    if option.choices and value not in option.choices:
        raise HarnessError(f"{where} is one of {', '.join(option.choices)}, not {value!r}", exit_code=4)


def _dotenv(folder: Path) -> dict[str, str]:
    path = folder / ".env"
    if not path.is_file():
        return {}
    from dotenv import dotenv_values

    return {key: value for key, value in dotenv_values(path).items() if value is not None}


def _pyproject(folder: Path) -> Mapping[str, Any]:
    path = folder / "pyproject.toml"
    if not path.is_file():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("messages-conformance", {})
    except tomllib.TOMLDecodeError as problem:
        raise HarnessError(f"{path}: {problem}", exit_code=4) from None
    check_keys(table, [option.name for option in OPTIONS], f"{path}: [tool.messages-conformance]")
    return dict(table)


def check_keys(table: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    """Raises HarnessError (exit code 4) with the nearest name for a key that is not known."""
    for key in sorted(set(table) - set(known)):
        raise HarnessError(f"{where} has no key {key!r}{did_you_mean(key, known)}", exit_code=4)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint at the nearest known name, to stand behind a sentence; empty where none is near."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), 1)
    return f"; did you mean {near[0]!r}?" if near else ""
