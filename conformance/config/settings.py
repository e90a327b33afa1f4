"""How the value of each option is found: command line, environment, `.env`, `pyproject.toml`, targets file, default."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.base import dotenv_text, json_text, toml_text
from conformance.base.errors import FileError, UsageError
from conformance.base.files import DOTENV, RECORD, SETTINGS, opened
from conformance.base.headers import DUMMY_KEYS
from conformance.base.suggestions import nearest
from conformance.base.toml_text import TomlText
from conformance.base.versions import DEFAULT_VERSION
from conformance.config.extra_headers import extra_headers, publishable
from conformance.config.keys import HOW, resembles_key
from conformance.config.options import CONNECTION, NEVER_EMPTY, OPTIONS, PER_TARGET, RECORDED, REPEATED, Option
from conformance.config.target import AUTHENTICATION, REFERENCE, Target, check_url, is_public, name_of
from conformance.config.values import convert, described
from conformance.config.vendor import options_of
from conformance.standard.vendors import Vendor, load_vendor

TABLE = "messages-conformance"
"""The table below `[tool]` of `pyproject.toml`."""

_API_KEY_ENV = next(option for option in OPTIONS if option.name == "api-key-env")
_VENDOR = next(option for option in OPTIONS if option.name == "vendor")
_NAME = "name"


@dataclass(frozen=True)
class RunSettings:
    """The values of all options for one target.

    Precedence: command line, entry of the targets file, environment, .env, pyproject.toml, the run that is continued,
    default. `target` is the name of the entry, or None where the options themselves describe the target. `trimmed` are
    variables whose value ended with a line end, which is left out. `places` say where in a file a value was found.
    """

    values: Mapping[str, Any]
    environment: Mapping[str, str] = field(repr=False)
    target: str | None = None
    trimmed: frozenset[str] = frozenset()
    places: Mapping[str, str] = field(default_factory=dict, repr=False)

    @contextmanager
    def at(self, key: str) -> Iterator[None]:
        """Names the file, line and key that the value of an option comes from in a UsageError about it."""
        try:
            yield
        except UsageError as problem:
            raise UsageError(f"{self.places[key]}: {problem}") if key in self.places else problem from None

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    def selecting(self, target: Target) -> list[str]:
        """The arguments of a command that choose the target again; none for the embedded reference endpoint."""
        gating = [f"--{name}" for name in ("strict", "gate-behaviour") if self[name.replace("-", "_")]]
        gating += ["--gate", self["gate"]] if self["gate"] != "must" else []
        if self.target is not None:
            file = self["targets"]
            return [*(["--targets", file] if file != "targets.toml" else []), "--target", self.target, *gating]
        lacks = [*(f"--lacks={name}" for name in sorted(self["lacks"])), *gating]
        if target.name == REFERENCE:
            return lacks
        capabilities = [*(f"--declare={name}" for name in sorted(self["declare"])), *lacks]
        arguments = ["--vendor", self["vendor"]] if self["vendor"] else []
        arguments += ["--url", target.url, "--model", target.model, "--api-key-env", target.key_name, *capabilities]
        arguments += [part for text in self.header_texts for part in ("--header", text)]
        arguments += ["--name", self["name"]] if self["name"] else []
        arguments += ["--auth", self["auth"]] if self["auth"] != "auto" else []
        if target.api_version != DEFAULT_VERSION:
            arguments += ["--api-version", target.api_version]
        for option in OPTIONS:
            value = self[option.key]
            if option.name in REPEATED and value != option.default and value:
                arguments += [f"--{option.name}"] if option.kind == "flag" else [f"--{option.name}", str(value)]
        return arguments

    @property
    def header_texts(self) -> tuple[str, ...]:
        """The extra headers as they may be written: a value that may be secret is a variable, named after its header
        where none was given.
        """
        return tuple(publishable(text) for text in self["header"])

    @property
    def notes(self) -> tuple[str, ...]:
        """What whoever starts a run should know of its options, in sentences."""
        named = {self["api_key_env"], *(name for text in self["header"] for name in re.findall(r"\$\{(\w+)\}", text))}
        insecure = "Certificates are not checked (--insecure)."
        cut = (
            f"The value of {name} ends with a line break, which is not sent." for name in sorted(named & self.trimmed)
        )
        return (*([insecure] if self["insecure"] else []), *cut)

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


def read_settings(given: Mapping[str, Any], folder: Path) -> RunSettings:
    """RunSettings from the options given on a command line (None or empty: not given) and from the folder's files.

    Raises UsageError for values that do not fit, with file and line where they come from a file.
    """
    return settings_from(given, SettingSources.of(given, folder))


def settings_from(
    given: Mapping[str, Any],
    sources: SettingSources,
    *,
    target: str | None = None,
    entry: FoundOptions | None = None,
) -> RunSettings:
    """As `read_settings`, from files that were read before, which all targets share.

    `entry` is what the targets file says of the target.
    """
    variables = sources.variables
    values: dict[str, Any] = {}
    places: dict[str, str] = {}
    entries = [entry] if entry is not None else []
    vendor: Vendor | None = None
    for option in sorted(OPTIONS, key=lambda option: option is not _VENDOR):  # what it says, the others look up
        value = _filled(option, given.get(option.key), f"--{option.name}")
        where = on_command_line = f"--{option.name} (environment {option.variable})"
        for each in entries if option.name in PER_TARGET or option.name == _NAME else ():
            if _absent(value):
                value, where = each.find(option.name)
                value = _fitting(option, value, where)
        if _absent(value) and not (entries and option.name in CONNECTION):
            value, where = variables.find(option.variable)
            value = _fitting(option, value, where)
            for found in (sources.configured, sources.recorded):
                if value in (None, ""):
                    value, where = found.find(option.name)
                    value = _fitting(option, value, where)
        values[option.key] = convert(option, option.default if value in (None, "") else value, where)
        if where not in (on_command_line, option.name, option.variable):
            places[option.key] = where
        if option is _VENDOR and value and "vendor" not in sources.recorded.values:  # else all of it was recorded
            vendor = load_vendor(str(value))
            entries.append(_profile(vendor))
    if vendor is not None:
        exempt = (name for name in sorted(vendor.exempt) if name not in values["declare"])
        values["lacks"] = tuple(dict.fromkeys((*values["lacks"], *exempt)))
    return RunSettings(values, variables.values, target, variables.trimmed, places)


def _profile(vendor: Vendor) -> FoundOptions:
    return FoundOptions(options_of(vendor), lambda _: f"--vendor {vendor.id}")


def _fitting(option: Option, value: Any, where: str) -> Any:
    """A value that was not given on a command line, as the option has it. Raises UsageError where it does not fit."""
    value = _filled(option, value, where)
    return value if value in (None, "") else convert(option, value, where)


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


@dataclass(frozen=True)
class FoundOptions:
    """The options of one file by name; `place` says where in the file an option is."""

    values: Mapping[str, Any]
    place: Callable[[str], str]

    def find(self, name: str) -> tuple[Any, str]:
        """The value of an option, None if absent, and its place."""
        return (self.values[name], self.place(name)) if name in self.values else (None, name)


_NOTHING_FOUND = FoundOptions({}, str)


@dataclass(frozen=True)
class _Variables:
    """The environment over what `.env` holds, without the line ends at the ends of values: a file has them, a key not.

    `trimmed` names the variables that had one.
    """

    values: Mapping[str, str]
    trimmed: frozenset[str]
    places: Mapping[str, str]

    @classmethod
    def of(cls, folder: Path) -> _Variables:
        """The variables in a folder. Raises FileError for a `.env` that does not fit.

        A folder of that name is a virtual environment, and none of our business.
        """
        path = folder / ".env"
        written = dotenv_text.read(path, DOTENV) if path.exists() and not path.is_dir() else {}
        raw = {**{name: variable.value for name, variable in written.items()}, **os.environ}
        return cls(
            {name: value.rstrip("\r\n") for name, value in raw.items()},
            frozenset(name for name, value in raw.items() if value.endswith(("\r", "\n"))),
            {name: f"{path}:{variable.line}: {name}" for name, variable in written.items() if name not in os.environ},
        )

    def find(self, name: str) -> tuple[str | None, str]:
        """The value of a variable, None where it is not set, and where it was set."""
        return self.values.get(name), self.places.get(name, name)


@dataclass(frozen=True)
class SettingSources:
    """Where values come from besides the command line and the targets file.

    `variables` are the environment and `.env`, `configured` is `pyproject.toml`, `recorded` the run that is continued.
    """

    variables: _Variables
    configured: FoundOptions
    recorded: FoundOptions

    @classmethod
    def of(cls, given: Mapping[str, Any], folder: Path) -> SettingSources:
        """What is in a folder. Raises UsageError for files that do not fit, and where there is no run to continue."""
        recorded = _recorded(folder / given["resume"]) if given.get("resume") else _NOTHING_FOUND
        return cls(_Variables.of(folder), _pyproject(folder), recorded)


def _recorded(folder: Path) -> FoundOptions:
    """The options that the run in a folder recorded. Raises UsageError if it holds no run."""
    path = folder / "journal.ndjson"
    if not path.exists():
        raise UsageError(f"There is no run to resume in {folder}.")
    with opened(path) as journal:
        line = journal.readline(RECORD.bytes + 1)
    try:
        header = json_text.read(line, RECORD).value
    except ValueError:
        header = None
    if not isinstance(header, dict) or header.get("kind") != "run":
        raise FileError("This is not the journal of a run", path=path, line=1)
    options = header.get("options")
    return FoundOptions(
        options if isinstance(options, dict) else {}, lambda name: f"{path}:1: {name} of the recorded run"
    )


def target_of(settings: RunSettings) -> Target | None:
    """The configured target, or None where no URL is given (the embedded reference endpoint is meant).

    Raises UsageError where something is missing or malformed.
    """
    if not settings["url"]:
        return None
    with settings.at("url"):
        url = check_url(settings["url"])
    if not settings["model"]:
        raise UsageError(f"No model is set: add --model NAME, the model to request from {url}.")
    with settings.at("api_key_env"):
        key_name = _key_name(settings)
    key = settings.environment.get(key_name)
    with settings.at("header"):
        headers, secrets = extra_headers(settings["header"], settings.environment)
    with settings.at("name"):
        name = safe_name(settings.target or settings["name"] or name_of(url))
    declared, absent = _capabilities(settings, url, key or None)
    return Target(
        name=name,
        url=url,
        model=settings["model"],
        api_key=key or None,
        key_name=key_name,
        auth=settings["auth"],
        headers=headers,
        secrets=(*((key,) if key else ()), *secrets),
        api_version=settings["api_version"],
        declared=declared,
        absent=absent,
    )


def _capabilities(settings: RunSettings, url: str, key: str | None) -> tuple[frozenset[str], frozenset[str]]:
    """The capabilities that the target has, and those that it lacks.

    Unless the options say it, an endpoint asks for a credential where a real key is configured and the host is a public
    one. Without a key nobody can tell: a request without one is all that can be sent.
    """
    declared, absent = frozenset(settings["declare"]), frozenset(settings["lacks"])
    if AUTHENTICATION in declared and key is None:
        raise UsageError(f"--declare {AUTHENTICATION} needs a key: {settings['api_key_env']} is not set.")
    if AUTHENTICATION in declared | absent:
        return declared, absent
    if key is not None and key.lower() not in DUMMY_KEYS and is_public(url):
        return declared | {AUTHENTICATION}, absent
    return declared, absent | {AUTHENTICATION}


def _key_name(settings: RunSettings) -> str:
    """The name of the variable that holds the key.

    Raises UsageError for a name that was given and is not set. It may be the key, so only a name that looks like
    nothing else is repeated.
    """
    name: str = settings["api_key_env"]
    if name in settings.environment or name == _API_KEY_ENV.default:
        return name
    if settings["vendor"] and name == load_vendor(settings["vendor"]).key_variable:
        if is_public(settings["url"]):
            raise UsageError(f"Set the environment variable {name} to your key.")
        return name  # a local endpoint in place of the vendor's, such as its persona
    if re.fullmatch(r"[A-Z]+(_[A-Z0-9]{1,12})+", name) and not resembles_key(name):
        raise UsageError(f"The environment variable {name}, which --api-key-env names, is not set.")
    raise UsageError(
        f"--api-key-env expects the name of an environment variable that is set, not the key itself. {HOW}"
    )


def safe_name(name: str) -> str:
    """The name itself, where it can be a folder. Raises UsageError otherwise."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}", name):
        raise UsageError(f"{described(name)} is not a target name; use letters, digits, dots, hyphens and underscores.")
    return name


def _pyproject(folder: Path) -> FoundOptions:
    path = folder / "pyproject.toml"
    if not path.exists():
        return _NOTHING_FOUND
    file = toml_text.read(path, SETTINGS)
    tool = file.tables.get("tool", {})
    table = tool.get(TABLE, {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise file.error("Expected a table of options", "tool", TABLE)
    check_keys(file, table, [option.name for option in OPTIONS], "tool", TABLE)
    return FoundOptions(table, lambda name: place_in(file, "tool", TABLE, name))


def place_in(file: TomlText, *keys: str) -> str:
    """Where a key is, for the start of a sentence, as in `targets.toml:3: model`."""
    line = file.line_of(*keys)
    return f"{file.path}:{line}: {keys[-1]}" if line is not None else f"{file.path}: {keys[-1]}"


def check_keys(file: TomlText, table: Mapping[str, Any], known: Sequence[str], *above: str) -> None:
    """Raises FileError with the nearest name for a key of a table that is not known. `above` are the names of tables
    that lead to it.
    """
    for key in sorted(set(table) - set(known)):
        where = f"[{'.'.join(above)}]" if above else ""
        raise file.error(f"Unknown key {key!r}", *above, key, key=where, suggestion=nearest(key, known))
