"""Every option of a run, in one table that the command line, pytest, the environment and files share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.base.versions import API_VERSIONS, DEFAULT_VERSION
from conformance.config.target import AUTH_STYLES
from conformance.config.timeouts import Timeouts

PREFIX = "messages"


@dataclass(frozen=True)
class Option:
    """One option. `name` is spelled with hyphens.

    `kind` is text, number (1 or more), count (0 or more), seconds, timeout, percent, amount (of money), flag or list.
    """

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
    def full_help(self) -> str:
        """The help, and whether the option may be given several times."""
        return f"{self.help}; repeatable" if self.kind == "list" else self.help

    @property
    def variable(self) -> str:
        """The environment variable that sets the option."""
        return f"{PREFIX}_{self.key}".upper()


OPTIONS: tuple[Option, ...] = (
    Option(
        "url", "base URL of the endpoint, with or without /v1; default: the embedded reference endpoint", metavar="URL"
    ),
    Option("model", "model to request", metavar="NAME"),
    Option(
        "vendor",
        "vendor whose profile supplies URL, key variable and model, and whose documents are checked as well",
        metavar="ID",
    ),
    Option("target", "target from the targets file", kind="list", metavar="NAME"),
    Option("targets", "TOML file of targets", default="targets.toml", metavar="FILE"),
    Option(
        "api-key-env",
        "name of the environment variable (or key in .env) that holds the API key",
        default="ANTHROPIC_API_KEY",
        metavar="VAR",
    ),
    Option("auth", "how to send the key; auto tries x-api-key, then bearer", default="auto", choices=AUTH_STYLES),
    Option(
        "header",
        "extra request header 'Name: value'; ${VAR} in the value is read from the environment",
        kind="list",
        metavar="HEADER",
    ),
    Option("api-version", "anthropic-version of the run", default=DEFAULT_VERSION, choices=API_VERSIONS),
    Option("name", "name of the target in reports; default: its host", metavar="NAME"),
    Option("strict", "also gate on requests that the endpoint accepts although the API refuses them", kind="flag"),
    Option("gate", "weakest level that gates", default="must", choices=("must", "should")),
    Option(
        "gate-behaviour",
        "also gate on claims that depend on the model, where most attempts deviate",
        kind="flag",
    ),
    Option(
        "min-decided",
        "minimum percentage of gating results to decide, overall and in each area with three or more; below it, exit 2",
        kind="percent",
        default=90,
        metavar="N",
    ),
    Option(
        "baseline",
        "YAML file of known deviations; they do not gate, new deviations and stale entries do",
        metavar="FILE",
    ),
    Option("baseline-update", "write the deviations of this run to the baseline file", kind="flag"),
    Option(
        "declare",
        "capability that the endpoint has: declining it fails instead of being `unsupported`",
        kind="list",
        metavar="NAME",
    ),
    Option("lacks", "capability that the endpoint lacks: its cases do not apply", kind="list", metavar="NAME"),
    Option(
        "tier",
        "tier that the endpoint has to offer: declining one of its capabilities violates the gate",
        choices=("core", "agent", "full"),
        default="agent",
    ),
    Option("edition", "edition whose cases score and gate; default: the newest", metavar="DATE"),
    Option("level", "only cases of this level", kind="list", choices=("must", "should", "may")),
    Option("area", "only cases of this area", kind="list", metavar="AREA"),
    Option("case", "only this case; * matches anything, ? one character", kind="list", metavar="ID"),
    Option("client", "only what this client needs, and gate on whether it is ready", kind="list", metavar="ID"),
    Option(
        "smoke",
        "at most 25 requests: what the most used clients break without, and what catches most defects",
        kind="flag",
    ),
    Option("mode", "only cases in this mode", choices=("json", "stream")),
    Option("concurrency", "maximum number of concurrent requests", kind="number", default=8, metavar="N"),
    Option("repeat", "maximum attempts where a model may answer differently", kind="number", default=3, metavar="N"),
    Option(
        "give-up-after",
        "failed requests in a row after which an ordinary request is sent; where that fails too, the run ends",
        kind="number",
        default=5,
        metavar="N",
    ),
    Option("max-requests", "maximum number of requests, including retries and repetitions", kind="number", metavar="N"),
    Option(
        "timeout",
        "seconds to wait for an answer: a number, or parts such as first-byte=300,total=900",
        kind="timeout",
        default=str(Timeouts()),
        metavar="SECONDS",
    ),
    Option(
        "retries",
        "how often to repeat a request after a transport failure or a 5xx",
        kind="count",
        default=2,
        metavar="N",
    ),
    Option("insecure", "accept any certificate of the endpoint", kind="flag"),
    Option("ca-bundle", "PEM file of the certificates to trust, in place of the system's", metavar="FILE"),
    Option(
        "proxy",
        "proxy for all requests; ${VAR} in the URL is read from the environment; default: HTTPS_PROXY and the like",
        metavar="URL",
    ),
    Option(
        "max-seconds",
        "seconds after which no further request is sent; those already sent are completed",
        kind="seconds",
        default=7200,
        metavar="SECONDS",
    ),
    Option(
        "max-memory",
        "megabytes that all answers of the run may take in memory; those that do not fit are cut",
        kind="number",
        default=280,
        metavar="MB",
    ),
    Option("max-journal", "megabytes that the journal of the run may take", kind="number", default=256, metavar="MB"),
    Option(
        "max-answer-cpu",
        "seconds of CPU to read one answer; one that takes longer is cut",
        kind="seconds",
        default=60,
        metavar="SECONDS",
    ),
    Option(
        "max-tokens", "maximum number of tokens, input and output, debited before sending", kind="number", metavar="N"
    ),
    Option("max-cost", "maximum cost in US dollars; needs both prices", kind="amount", metavar="USD"),
    Option("price-input", "US dollars for a million input tokens", kind="amount", metavar="USD"),
    Option("price-output", "US dollars for a million output tokens", kind="amount", metavar="USD"),
    Option("resume", "folder of an interrupted run to continue; sends only what is missing", metavar="DIR"),
    Option("out", "folder for the files of the run; default: reports/<target>/<UTC time>", metavar="DIR"),
)
"""In the order of the help."""


NEVER_EMPTY = ("url", "model", "vendor", "target", "name", "api-key-env", "ca-bundle", "proxy")
"""Options of which an empty value is an error, and no default: an unset variable of a CI job must not test another
endpoint, send another key, or take another way.
"""

CONNECTION = ("url", "model", "api-key-env", "auth", "header", "insecure", "ca-bundle")
"""Options that an entry of the targets file never inherits from the environment, which is about another."""

SPENDING = ("max-requests", "max-tokens", "max-cost", "price-input", "price-output")
"""Options on prices and budgets."""

REPEATED = ("timeout", "insecure", "ca-bundle", "proxy")
"""Options that a command needs which sends one of the requests again, where they have no default."""

BOUNDS = ("max-seconds", "max-memory", "max-journal", "max-answer-cpu")
"""Options on what a run may take of this machine."""

PER_TARGET = (
    *CONNECTION, "vendor", "proxy", "timeout", "retries", "api-version", "baseline", "declare", "lacks", "tier",
    "concurrency",
    *SPENDING,
    *BOUNDS,
)  # fmt: skip
"""Options that an entry of the targets file may hold."""

RECORDED = (
    "url", "model", "vendor", "api-key-env", "auth", "api-version", "strict", "gate", "gate-behaviour", "min-decided",
    "declare", "lacks", "edition", "level", "tier", "area", "case", "client", "smoke", "mode", "repeat", "price-input",
    "price-output", "timeout",
    "retries", "insecure", "ca-bundle", "proxy", "max-memory", "max-answer-cpu",
)  # fmt: skip
"""Options that a run records, so that it can be resumed without repeating them."""


_GROUPED = {
    "Endpoint": (
        "vendor",
        "url",
        "model",
        "target",
        "targets",
        "api-key-env",
        "auth",
        "header",
        "api-version",
        "name",
        "declare",
        "lacks",
    ),
    "What is judged": (
        "case",
        "area",
        "level",
        "mode",
        "client",
        "smoke",
        "edition",
        "tier",
    ),
    "What fails": (
        "gate",
        "strict",
        "gate-behaviour",
        "min-decided",
        "baseline",
        "baseline-update",
    ),
    "Money and limits": (
        "max-requests",
        "max-tokens",
        "max-cost",
        "price-input",
        "price-output",
        "max-seconds",
        "max-memory",
        "max-journal",
        "max-answer-cpu",
    ),
    "Connection": (
        "concurrency",
        "repeat",
        "retries",
        "timeout",
        "give-up-after",
        "insecure",
        "ca-bundle",
        "proxy",
    ),
    "Output": (
        "resume",
        "out",
    ),
}

GROUPS: Mapping[str, tuple[Option, ...]] = {
    title: tuple(next(option for option in OPTIONS if option.name == name) for name in names)
    for title, names in _GROUPED.items()
}
"""All options, by the headings of the help."""
