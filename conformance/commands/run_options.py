"""The options of a run on a command line: in groups, with examples, and with the URL in front of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import click

from conformance.base.errors import UsageError
from conformance.config.options import GROUPS, OPTIONS, Option
from conformance.standard.cases import USER_SUFFIX

EXAMPLES = """\
Examples:
  messages-conformance run http://localhost:8000 --model my-model
  messages-conformance run https://api.example.com/v1 --model m --api-key-env EXAMPLE_KEY
  messages-conformance run --target naga --area streaming --mode stream -v
  messages-conformance run --case 'tools-*' --url http://localhost:8000 --model m
  messages-conformance run http://localhost:8000 --model m --client claude-code
  messages-conformance run --resume reports/naga/20261128T060000Z
"""

EXIT_CODES = """\
Exit codes:
  0  PASS: the gate holds
  1  FAIL: a gating clause is violated, or an entry of the baseline is stale
  2  NOT DECIDED: no connection, no key, interrupted, or too little evidence
  3  an error of our own
  4  bad input: an option or a file that does not fit
"""

ENVIRONMENT = """\
Environment:
  MESSAGES_*         every option, such as MESSAGES_URL; a list is separated by commas
  ANTHROPIC_API_KEY  the key, unless --api-key-env names another variable; also read from .env
  NO_COLOR           no colour; FORCE_COLOR: colour even where the output is no terminal
  HTTPS_PROXY        a proxy, as other programs use it

Values also come from [tool.messages-conformance] in pyproject.toml and from a targets file.
Everything after -- goes to pytest: own case files, -n 4, -k, --alluredir.
"""

URL = re.compile(r"[a-z][a-z0-9+.-]*://.*|localhost(:\d+)?(/.*)?|[\w.-]+:\d+(/.*)?", re.IGNORECASE)


class RunCommand(click.Command):
    """A command with the options of a run. Its help shows them in groups; `examples` come first after them."""

    def __init__(self, *arguments: Any, examples: str = "", **rest: Any) -> None:
        super().__init__(*arguments, **rest)
        self._examples = examples

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keeps what comes after `--` apart, which is pytest's."""
        if "--" in args:
            place = args.index("--")
            ctx.meta["pytest_args"] = tuple(args[place + 1 :])
            args = args[:place]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options in the groups of the options table, then those of this command alone."""
        names = {option.key: title for title, options in GROUPS.items() for option in options}
        groups: dict[str, list[tuple[str, str]]] = {title: [] for title in [*GROUPS, "Output"]}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record is not None:
                groups[names.get(str(parameter.name), "Output")].append(record)
        for title, records in groups.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Examples, exit codes and environment variables, line by line."""
        del ctx
        for text in filter(None, (self._examples, EXIT_CODES, ENVIRONMENT)):
            formatter.write(f"\n{text}")


def run_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options of a run, from the table that pytest and the environment use too."""
    for option in reversed(OPTIONS):
        function = click.option(f"--{option.name}", option.key, **_click_arguments(option))(function)
    return function


def _click_arguments(option: Option) -> dict[str, Any]:
    default = f"  [default: {option.default}]" if option.default is not None else ""
    arguments: dict[str, Any] = {"help": option.full_help + default, "default": None}
    if option.kind == "flag":
        return {**arguments, "is_flag": True}
    if option.choices:
        arguments["type"] = click.Choice(option.choices)
    elif option.kind == "number":
        arguments |= {"type": click.IntRange(min=1), "metavar": option.metavar}
    elif option.kind == "count":
        arguments |= {"type": click.IntRange(min=0), "metavar": option.metavar}
    elif option.kind == "percent":
        arguments |= {"type": click.IntRange(0, 100), "metavar": option.metavar}
    else:
        arguments["metavar"] = option.metavar
    return {**arguments, "multiple": True} if option.kind == "list" else arguments


def placed(given: dict[str, Any], words: Sequence[str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The options with a URL that was given without its option, and the case files among the `words`.

    Raises UsageError for words that are neither, and for a second URL.
    """
    files = tuple(word for word in words if word.partition("::")[0].endswith(USER_SUFFIX))
    urls = [word for word in words if word not in files]
    for word in urls:
        if not URL.fullmatch(word):
            raise UsageError(
                f"{word!r} is no URL and no case file (*{USER_SUFFIX}). Arguments of pytest come after `--`."
            )
    if len([*urls, *filter(None, [given["url"]])]) > 1:
        raise UsageError("More than one URL is given. To test several endpoints, write a targets file.")
    if not urls:
        return given, files
    url = urls[0] if "://" in urls[0] else f"http://{urls[0]}"
    return {**given, "url": url}, files


def usage_sentence(problem: click.ClickException) -> str:
    """What is wrong with a command line, in the form of all other errors, and where to read more."""
    command = problem.ctx.command_path if isinstance(problem, click.UsageError) and problem.ctx is not None else ""
    said = problem.format_message()
    return f"{said if said.endswith(('.', '?')) else f'{said}.'} See `{command or 'messages-conformance'} --help`."
