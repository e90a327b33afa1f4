"""The command: each subcommand is a few lines that call below.

Belongs here: arguments and exit codes. Does not belong here: anything that could be called without a command line.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from conformance import __version__
from conformance.config.settings import OPTIONS, PREFIX, Option
from conformance.model import HarnessError, Level

USAGE = 4
"""Exit code for bad input (DESIGN.md, section 6)."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="messages-conformance")
def command() -> None:
    """Tests how faithfully an endpoint speaks Anthropic's Messages API."""


def run_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options of a run, from the same table that pytest and the environment use."""
    for option in reversed(OPTIONS):
        function = click.option(f"--{option.name}", option.key, **_click_arguments(option))(function)
    return function


def _click_arguments(option: Option) -> dict[str, Any]:
    default = f"  [default: {option.default}]" if option.default is not None else ""
    arguments: dict[str, Any] = {"help": option.help + default, "default": None}
    if option.kind == "flag":
        return {**arguments, "is_flag": True}
    if option.choices:
        arguments["type"] = click.Choice(option.choices)
    elif option.kind == "number":
        arguments |= {"type": click.IntRange(min=1), "metavar": option.metavar}
    else:
        arguments["metavar"] = option.metavar
    return {**arguments, "multiple": True} if option.kind == "list" else arguments


@command.command()
@run_options
@click.argument("pytest_args", nargs=-1, metavar="[-- PYTEST ARGS]")
def run(pytest_args: tuple[str, ...], **given: Any) -> None:
    """Runs the catalogue against an endpoint and reports; without --url: the embedded reference endpoint."""
    from conformance.commands.run import launch

    sys.exit(launch(_as_pytest_options(given), pytest_args))


def _as_pytest_options(given: dict[str, Any]) -> list[str]:
    """The options of the command as options of the plugin."""
    arguments: list[str] = []
    for option in OPTIONS:
        value = given[option.key]
        if option.kind == "flag":
            arguments += [f"--{PREFIX}-{option.name}"] if value else []
        else:
            values = value if option.kind == "list" else [value] if value is not None else []
            arguments += [f"--{PREFIX}-{option.name}={item}" for item in values]
    return arguments


@command.command()
@run_options
@click.option("--json", "as_json", is_flag=True, help="for scripts")
def plan(as_json: bool, **given: Any) -> None:
    """Tells what a run with the same options would send and cost at the most. Sends nothing."""
    from conformance.commands.plan import plans
    from conformance.report import plan as report

    found = plans(given, Path.cwd())
    click.echo(json.dumps(found, indent=1) if as_json else report.text(found), nl=as_json)


@command.command()
@click.option("--port", default=4100, show_default=True, help="port on loopback; 0: any free one")
@click.option("--api-key", default="reference-key", show_default=True, help="the key that is accepted; not a secret")
@click.option(
    "--fault", "faults", multiple=True, metavar="ID", help="serve with this defect; several times for several"
)
def serve(port: int, api_key: str, faults: tuple[str, ...]) -> None:
    """Serves the reference endpoint on loopback until interrupted."""
    from conformance.reference.faults import faults_named, with_faults
    from conformance.reference.pipeline import Settings, Steps
    from conformance.reference.server import serve as serve_reference

    serve_reference(
        port,
        settings=Settings(keys=(api_key,)),
        steps=with_faults(Steps(), faults_named(faults)),
        announce=lambda url: click.echo(f"reference endpoint at {url}, key {api_key}; interrupt to stop"),
    )


@command.command("faults")
@click.option("--json", "as_json", is_flag=True, help="for scripts")
def faults_(as_json: bool) -> None:
    """Lists the defects that the reference endpoint can be served with, and which cases catch each."""
    from conformance.commands.faults import told_faults
    from conformance.report import faults

    listed = told_faults()
    click.echo(json.dumps(listed, indent=1) if as_json else faults.text(listed), nl=as_json)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="for scripts")
def list_(as_json: bool) -> None:
    """Lists the cases of the catalogue and the clauses of the ledger."""
    from conformance.judge.library import load_library
    from conformance.report import catalogue as listing

    library = load_library("2023-06-01")
    entries = listing.entries(library.catalogue.cases, library.ledger.clauses.values())
    click.echo(json.dumps(entries, indent=1) if as_json else listing.text(entries), nl=as_json)


@command.command()
@click.argument("name", metavar="CASE|CLAUSE")
def explain(name: str) -> None:
    """Explains a case or a clause: what it says, where that comes from, how it is judged."""
    from conformance.judge.library import load_library
    from conformance.report import catalogue as listing

    library = load_library("2023-06-01")
    click.echo(listing.explain(name, library.catalogue.cases, library.ledger.clauses), nl=False)


@command.command(hidden=True)
@click.argument("name", metavar="DATE")
@click.option("--freeze", is_flag=True, help="make these the cases that score; removes editions that were not released")
def edition(name: str, freeze: bool) -> None:
    """Write the edition of a date from the catalogue as it is; for maintainers, in a checkout."""
    from conformance.commands.edition import write_edition

    click.echo(write_edition(name, freeze=freeze))


@command.command(hidden=True)
def regen() -> None:
    """Rewrite every generated file of a checkout; for maintainers."""
    from conformance.commands.regen import regenerate

    written = regenerate()
    click.echo("\n".join(f"rewrote {name}" for name in written) if written else "every generated file is current")


@command.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="for scripts; the shape is in report/judged.schema.json")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="write the HTML report here")
@click.option("--markdown", type=click.Path(dir_okay=False, path_type=Path), help="write the Markdown summary here")
@click.option("--gate", type=click.Choice(["must", "should"]), help="the weakest level that gates [default: must]")
@click.option("--strict", is_flag=True, help="strictness gates as well (journals of runs only)")
@click.option("--damage", multiple=True, metavar="FLAG", help="what the recorder did to all exchanges; repeatable")
def judge(
    files: tuple[Path, ...], as_json: bool, html: Path | None, markdown: Path | None, gate: str | None, strict: bool,
    damage: tuple[str, ...],
) -> None:  # fmt: skip
    """Judges recorded exchanges and sends nothing: NDJSON and HAR (also gzipped), and the journals of runs.

    Case files of your own (*.messages.yaml) among the files are judged with. The form of NDJSON and the flags of damage
    are described in the documentation.
    """
    from conformance.commands import judge as offline

    asked = offline.Asked(files, Level(gate) if gate else None, strict, damage)
    with offline.progress(files) as told:
        verdicts = offline.judge_files(asked, told)
    offline.write_reports(verdicts, html=html, markdown=markdown)
    colour = sys.stdout.isatty()
    click.echo(json.dumps(offline.document(verdicts), indent=1) if as_json else offline.text(verdicts, colour=colour))
    sys.exit(verdicts.exit_code)


@command.command()
@click.option("--upstream", required=True, metavar="URL", help="base URL of the endpoint")
@click.option("--port", default=4200, show_default=True, help="port on loopback; 0: any free one")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="folder for the files of the proxy")
@click.option("--gate", type=click.Choice(["must", "should"]), default="must", show_default=True)
def proxy(upstream: str, port: int, out: Path | None, gate: str) -> None:
    """Stands between a client and an endpoint: passes everything on, records it and tells what deviates.

    Point the client's base URL at it, use the client, interrupt to stop. The key of the client passes through and is
    written nowhere.
    """
    from conformance.commands import proxy as proxying

    asked = proxying.Asked(upstream, port, out, Level(gate))
    with proxying.interruption() as wait:
        sys.exit(proxying.watch(asked, click.echo, wait, colour=sys.stdout.isatty()))


@command.command()
@click.argument("results", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="write the HTML report here")
@click.option("--markdown", type=click.Path(dir_okay=False, path_type=Path), help="write the Markdown summary here")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="write JUnit XML here")
def report(results: Path, html: Path | None, markdown: Path | None, junit: Path | None) -> None:
    """Makes outputs from a results file; without options: the verdict as text."""
    from conformance.commands.run import render_report

    click.echo(render_report(results, html=html, markdown=markdown, junit=junit), nl=False)


@command.command()
@click.option("--json", "as_json", is_flag=True, help="for scripts")
def drift(as_json: bool) -> None:
    """Compares the OpenAPI document with the installed `anthropic` package; exit 1 on an unexplained difference."""
    from conformance import sdk_drift as alarm
    from conformance.report.drift import text

    listed = alarm.as_json(alarm.drift())
    click.echo(json.dumps(listed, indent=1) if as_json else text(listed), nl=as_json)
    sys.exit(1 if listed["unexplained"] else 0)


def main() -> None:
    """The entry point: one sentence and the documented exit code for everything that is our or the user's mistake."""
    try:
        command(standalone_mode=False)
    except click.exceptions.Exit as leaving:
        sys.exit(leaving.exit_code)
    except click.ClickException as problem:
        problem.show()
        sys.exit(USAGE)
    except click.Abort:
        sys.exit(2)
    except HarnessError as problem:
        click.echo(f"messages-conformance: {problem}", err=True)
        sys.exit(problem.exit_code)


if __name__ == "__main__":
    main()
