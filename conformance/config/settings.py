"""How the value of each option is found: command line, environment, `.env`, `pyproject.toml`, targets file, default."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.base.suggestions import did_you_mean
from conformance.base.versions import DEFAULT_VERSION
from conformance.config.options import CONNECTION, NEVER_EMPTY, OPTIONS, PER_TARGET, RECORDED, Option
from conformance.config.target import REFERENCE, Target, check_url, name_of, resembles_key
from conformance.model import UsageError


@dataclass(frozen=True)
class RunSettings:
    """The values of all options for one target.

    Precedence: command line, entry of the targets file, environment, .env, pyproject.toml, the run that is continued,
    default. `target` is the name of the entry, or None where the options themselves describe the target.
    """

    values: Mapping[str, Any]
    environment: Mapping[str, str] = field(repr=False)
    target: str | None = None

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    def selecting(self, target: Target) -> list[str]:
        """The arguments of a command that choose the target again; none for the embedded reference endpoint."""
        if self.target is not None:
            file = self["targets"]
            return [*(["--targets", file] if file != "targets.toml" else []), "--target", self.target]
        if target.name == REFERENCE:
            return [f"--lacks={name}" for name in sorted(self["lacks"])]
        lacks = [f"--lacks={name}" for name in sorted(target.absent)]
        capabilities = [*(f"--declare={name}" for name in sorted(target.declared)), *lacks]
        arguments = ["--url", target.url, "--model", target.model, "--api-key-env", target.key_name, *capabilities]
        return arguments if target.api_version == DEFAULT_VERSION else [*arguments, "--api-version", target.api_version]

    @property
    def recorded(self) -> dict[str, Any]:
        """The options that a run writes down and that have a value. None of them holds a secret."""
        kept = {option.name: self.values[option.key] for option in OPTIONS if option.name in RECORDED}
        kept["name"] = self.target or self.values["name"]
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in kept.items()
            if value or (value == 0 and value is not False)
        }


def read_settings(
    given: Mapping[str, Any], folder: Path, *, target: str | None = None, entry: Mapping[str, Any] | None = None
) -> RunSettings:
    """RunSettings from the options given on a command line (None or empty: not given) and from the folder's files.

    `entry` is the table of a target in the targets file. Raises UsageError for values that do not fit.
    """
    environment = {**_dotenv(folder), **os.environ}
    configured = _pyproject(folder)
    if given.get("resume"):
        configured = {**recorded_options(folder / given["resume"]), **configured}
    values: dict[str, Any] = {}
    for option in OPTIONS:
        value = _filled(option, given.get(option.key), f"--{option.name}")
        if _absent(value) and entry is not None and option.name in PER_TARGET:
            value = _filled(option, entry.get(option.name), f"{option.name} of the target {target}")
        if _absent(value) and not (entry is not None and option.name in CONNECTION):
            value = _filled(option, environment.get(option.variable), option.variable) or _filled(
                option, configured.get(option.name), f"{option.name} in pyproject.toml"
            )
        values[option.key] = _converted(option, option.default if value in (None, "") else value)
    return RunSettings(values, environment, target)


def _filled(option: Option, value: Any, where: str) -> Any:
    """The value itself. Raises UsageError where it is empty and the option may not be."""
    parts = value.split(",") if option.kind == "list" and isinstance(value, str) else value
    texts = parts if isinstance(parts, list | tuple) else [parts]
    if option.name in NEVER_EMPTY and any(isinstance(text, str) and not text.strip() for text in texts):
        raise UsageError(f"{where} is empty. Give it a value, or leave it out.")
    return value


def _absent(value: Any) -> bool:
    """Whether an option was not given on a command line; a price of 0 was."""
    return value is None or value is False or value == () or value == []


def recorded_options(folder: Path) -> dict[str, Any]:
    """The options that the run in a folder recorded. Raises UsageError if it holds no run."""
    path = folder / "journal.ndjson"
    try:
        with path.open(encoding="utf-8") as journal:
            header = json.loads(journal.readline())
    except (OSError, ValueError):
        header = None
    if not isinstance(header, dict) or header.get("kind") != "run":
        raise UsageError(f"There is no run to resume in {folder}.")
    options = header.get("options")
    return dict(options) if isinstance(options, dict) else {}


def target_of(settings: RunSettings) -> Target | None:
    """The configured target, or None where no URL is given (the embedded reference endpoint is meant).

    Raises UsageError where something is missing or malformed.
    """
    if not settings["url"]:
        return None
    url = check_url(settings["url"])
    if not settings["model"]:
        raise UsageError(f"No model is set: add --model NAME, the model to request from {url}.")
    key_name = _key_name(settings)
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


def _key_name(settings: RunSettings) -> str:
    """The name of the variable that holds the key. Raises UsageError, without repeating it, for what may be a key."""
    name: str = settings["api_key_env"]
    named = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) is not None
    if name not in settings.environment and (not named or resembles_key(name)):
        raise UsageError(
            "--api-key-env expects the name of an environment variable, not the key itself. Put the key into one "
            "or into .env, for example OUR_KEY, and use --api-key-env OUR_KEY."
        )
    return name


def _headers(settings: RunSettings) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Extra headers with their variables filled in, and the values that came from the environment: secrets."""
    headers: list[tuple[str, str]] = []
    secrets: list[str] = []

    def value_of(match: re.Match[str]) -> str:
        found = settings.environment.get(match[1])
        if not found:
            raise UsageError(f"--header uses the environment variable {match[1]}, which is not set.")
        secrets.append(found)
        return found

    for text in settings["header"]:
        name, colon, value = text.partition(":")
        if not colon or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name.strip()):
            raise UsageError("--header expects 'Name: value'.")
        if resembles_key(value.rpartition(" ")[2]):
            raise UsageError(
                f"--header {name.strip()} holds a key. Put the key into an environment variable, for example OUR_KEY, "
                f"and use --header '{name.strip()}: ${{OUR_KEY}}'."
            )
        headers.append((name.strip(), re.sub(r"\$\{(\w+)\}", value_of, value.strip())))
    return tuple(headers), tuple(secrets)


def safe_name(name: str) -> str:
    """The name itself, where it can be a folder. Raises UsageError otherwise."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}", name):
        raise UsageError(f"{name!r} is not a target name; use letters, digits, dots, hyphens and underscores.")
    return name


def _converted(option: Option, value: Any) -> Any:
    where = f"--{option.name} (environment {option.variable})"
    if option.kind == "flag":
        if isinstance(value, str) and value.lower() not in ("1", "true", "yes", "on", "0", "false", "no", "off"):
            raise UsageError(f"{where} expects true or false, not {value!r}.")
        return value if isinstance(value, bool) else str(value or "").lower() in ("1", "true", "yes", "on")
    if option.kind in ("number", "amount") and value is None:
        return None
    if option.kind == "amount":
        if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", str(value)):
            raise UsageError(f"{where} expects an amount in US dollars such as 0.25, not {value!r}.")
        return float(value)
    if option.kind == "number":
        if not str(value).isdigit() or int(value) < 1:
            raise UsageError(f"{where} expects a whole number of at least 1, not {value!r}.")
        return int(value)
    if option.kind == "percent":
        if not re.fullmatch(r"[0-9]{1,3}", str(value)) or int(value) > 100:
            raise UsageError(f"{where} expects a percentage from 0 to 100, not {value!r}.")
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
        raise UsageError(f"{where} expects one of {', '.join(option.choices)}, not {value!r}.")


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
        raise UsageError(f"{path}: {problem}") from None
    check_keys(table, [option.name for option in OPTIONS], f"{path}: [tool.messages-conformance]")
    return dict(table)


def check_keys(table: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    """Raises UsageError with the nearest name for a key that is not known."""
    for key in sorted(set(table) - set(known)):
        raise UsageError(f"{where}: unknown key {key!r}{did_you_mean(key, known)}")
