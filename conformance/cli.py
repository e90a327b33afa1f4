"""The command line: arguments in, a call of `commands`, text and an exit code out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from conformance import __version__
from conformance.base.errors import HarnessError, UsageError
from conformance.base.interrupt import interruptible, interruption, uninterrupted
from conformance.base.output import reason
from conformance.base.streams import output_problem, standard_streams, wants_colour
from conformance.base.versions import API_VERSIONS, DEFAULT_VERSION
from conformance.commands.maintenance import drift, edition, regen
from conformance.commands.run_options import EXAMPLES, RunCommand, placed, run_options, usage_sentence
from conformance.config.keys import check_arguments
from conformance.model import Level, worst

SUBMITTERS = ("vendor", "community", "maintainers")
"""Who may have run what is submitted (`standard.submissions`, which takes longer to import than a command line may)."""

USAGE = 4
"""Exit code for bad input; the README lists them all."""

FILE = click.Path(dir_okay=False, path_type=Path)
INPUT = click.Path(path_type=Path)
"""A file that is read. What is wrong with it is said by its reader, in one sentence."""
AS_JSON = click.option("--json", "as_json", is_flag=True, help="print JSON, for scripts")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="messages-conformance")
def command() -> None:
    """Tests how faithfully an endpoint speaks Anthropic's Messages API."""
    try:
        Path.cwd()
    except OSError:
        raise UsageError("The current folder no longer exists. Change to another one.") from None


@command.command(cls=RunCommand, examples=EXAMPLES)
@run_options
@click.option("-v", "--verbose", is_flag=True, help="show every failing case, and what was not decided")
@click.option("-q", "--quiet", is_flag=True, help="show one line")
@click.argument("words", nargs=-1, metavar="[URL] [CASE FILE...] [-- PYTEST ARGS]")
@click.pass_context
def run(ctx: click.Context, /, words: tuple[str, ...], verbose: bool, quiet: bool, **given: Any) -> None:
    """Run the catalogue against the endpoint at URL and report. Without a URL: the embedded reference endpoint."""
    from conformance.commands import run as runs

    options, files = placed(given, words)
    sys.exit(
        runs.run(
            options, (*files, *ctx.meta.get("pytest_args", ())), "line" if quiet else "all" if verbose else "screen"
        )
    )


@command.command()
@click.option("--open", "show", is_flag=True, help="open the report in a browser")
def demo(show: bool) -> None:
    """Show what a run finds: the reference endpoint with a handful of famous defects. No key, no cost."""
    from conformance.commands import demo as demos

    sys.exit(demos.demo(click.echo, show=show))


@command.command(cls=RunCommand)
@run_options
@click.argument("words", nargs=-1, metavar="[URL]")
@AS_JSON
def plan(words: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """Show what a run would send, and its maximum cost. Sends nothing. Exit 2 where a run would refuse to start."""
    from conformance.commands import plan as plans

    text, exit_code = plans.text(placed(given, words)[0], Path.cwd(), as_json=as_json)
    click.echo(text, nl=False)
    sys.exit(exit_code)


@command.command(cls=RunCommand)
@click.argument("direct")
@click.argument("through")
@run_options
@click.option("--through-model", metavar="NAME", help="the model's name at the gateway; default: that of --model")
@click.option("--through-key-env", metavar="VAR", help="variable of the gateway's key; default: that of --api-key-env")
@click.option("--loopback", is_flag=True, help="serve the reference endpoint at DIRECT, and read what arrives there")
@AS_JSON
def compare(
    direct: str, through: str, through_model: str | None, through_key_env: str | None, loopback: bool, as_json: bool,
    **given: Any,
) -> None:  # fmt: skip
    """Send the same scenarios to an upstream and through a gateway, and report what the gateway changes.

    Exit code 1 where something is lost, added, changed, reordered or joined. What the upstream itself answers
    differently each time is not compared.
    """
    from conformance.commands import compare as compares

    asked = compares.CompareOptions(direct, through, through_model, through_key_env, loopback, as_json)
    text, exit_code = compares.run(given, asked, Path.cwd(), lambda line: click.echo(line, err=True))
    click.echo(text)
    sys.exit(exit_code)


@command.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="address to listen on")
@click.option("--port", default=4100, show_default=True, help="port; 0: any free one")
@click.option("--api-key", help="the only key that is accepted, not a secret; default: any key")
@click.option("--model", "models", multiple=True, metavar="NAME", help="serve a model of this name too; repeatable")
@click.option("--fault", "faults", multiple=True, metavar="ID", help="serve with this defect; repeatable")
@click.option("--persona", metavar="VENDOR", help="behave as the documents of this vendor say (see `list vendors`)")
def serve(
    host: str, port: int, api_key: str | None, models: tuple[str, ...], faults: tuple[str, ...], persona: str | None
) -> None:
    """Serve the reference endpoint until interrupted."""
    from conformance.commands import serve as serves

    serves.serve(host, port, api_key, models, faults, persona, click.echo)


@command.command("faults")
@AS_JSON
def faults_(as_json: bool) -> None:
    """List the defects that the reference endpoint can be served with, and the cases that catch each."""
    from conformance.commands import faults

    click.echo(faults.text(as_json=as_json), nl=False)


@command.command("list")
@AS_JSON
@click.argument("what", type=click.Choice(["cases", "clients", "vendors"]), default="cases")
@click.option("--area", multiple=True, metavar="AREA", help="only cases of this area; repeatable")
@click.option("--tier", multiple=True, metavar="TIER", help="only cases of this tier; repeatable")
@click.option("--client", multiple=True, metavar="ID", help="only what this client needs; repeatable")
@click.option("--clause", multiple=True, metavar="ID", help="only cases of this clause; repeatable")
def list_(
    as_json: bool, what: str, area: tuple[str, ...], tier: tuple[str, ...], client: tuple[str, ...],
    clause: tuple[str, ...],
) -> None:  # fmt: skip
    """List the cases of the catalogue and the clauses of the ledger, the clients, or the vendors."""
    from conformance.commands import list as lists

    only = lists.CaseFilter(area, tier, client, clause)
    click.echo(lists.text(as_json=as_json, what=what, only=only), nl=False)


@command.command()
@click.argument("name", metavar="ID")
def explain(name: str) -> None:
    """Explain any ID: a case, clause, fault, client, vendor, capability, tier, area or defect.

    What it says or does, where that comes from, with links, and for a case the right answer and how servers break it.
    """
    from conformance.commands import explain as explains

    click.echo(explains.text(name), nl=False)


@command.command()
@click.argument("name", required=False)
def schema(name: str | None) -> None:
    """Print the JSON Schema of a file that you write, or that a command writes; without NAME: list them."""
    from conformance.commands import schema as schemas

    click.echo(schemas.text(name), nl=False)


@command.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=INPUT)
@click.option("--json", "as_json", is_flag=True, help="print JSON, for scripts; schema: report/judged.schema.json")
@click.option("--html", type=FILE, help="write the HTML report here")
@click.option("--markdown", type=FILE, help="write the Markdown summary here")
@click.option("--findings", type=FILE, help="write every finding here; schema of a line: report/finding.schema.json")
@click.option(
    "--gate",
    type=click.Choice(["must", "should"]),
    help="weakest level that gates  [default: that of the run, else must]",
)
@click.option(
    "--strict", is_flag=True, help="also gate on what was accepted although the API refuses it (journals of runs only)"
)
@click.option("--damage", multiple=True, metavar="FLAG", help="what the recorder did to all exchanges; repeatable")
@click.option("--with-sdk", is_flag=True, help="compare with what the official Python SDK reads (extra `sdk`)")
def judge(
    files: tuple[Path, ...], as_json: bool, html: Path | None, markdown: Path | None, findings: Path | None,
    gate: str | None, strict: bool, damage: tuple[str, ...], with_sdk: bool,
) -> None:  # fmt: skip
    """Judge recorded exchanges (NDJSON, HAR, cassettes; also gzipped) and the journals of runs. Sends nothing.

    Case files of your own (*.messages.yaml) among the files are judged as well. The documentation describes the form of
    NDJSON and the flags of damage.
    """
    from conformance.commands import judge as judges

    level = Level(gate) if gate else None
    asked = judges.JudgeOptions(files, level, strict, damage, html, markdown, findings, as_json, with_sdk)
    text, exit_code = judges.run(asked, colour=wants_colour(sys.stdout))
    click.echo(text)
    sys.exit(exit_code)


@command.command()
@click.option("--upstream", required=True, metavar="URL", help="base URL of the endpoint")
@click.option("--port", default=4200, show_default=True, help="port on loopback; 0: any free one")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="folder for its files; default: reports/proxy-<host>/<UTC time>",
)
@click.option(
    "--gate", type=click.Choice(["must", "should"]), default="must", show_default=True, help="weakest level that gates"
)
def proxy(upstream: str, port: int, out: Path | None, gate: str) -> None:
    """Pass traffic between a client and an endpoint, record it, and report what deviates.

    Point the client's base URL at it, use the client, interrupt to stop. The client's key passes through and is written
    nowhere.
    """
    from conformance.commands import proxy as proxies

    asked = proxies.ProxyOptions(upstream, port, out, Level(gate))
    with interruption() as wait:
        sys.exit(proxies.watch(asked, click.echo, wait, colour=wants_colour(sys.stdout)))


@command.command()
@click.argument("results", type=INPUT)
@click.option("--html", type=FILE, help="write the HTML report here")
@click.option("--markdown", type=FILE, help="write the Markdown summary here")
@click.option("--junit", type=FILE, help="write JUnit XML here")
def report(results: Path, html: Path | None, markdown: Path | None, junit: Path | None) -> None:
    """Make outputs from a results file. Without options: the verdict as text."""
    from conformance.commands import report as reports

    click.echo(reports.render(results, html=html, markdown=markdown, junit=junit), nl=False)


@command.command()
@click.argument("results", type=INPUT)
@click.option("--out", "folder", type=INPUT, required=True, help="new folder for the submission")
@click.option("--by", type=click.Choice(SUBMITTERS), default="community", show_default=True, help="who ran it")
@click.option("--contact", default="", help="whom to ask about it")
def submit(results: Path, folder: Path, by: str, contact: str) -> None:
    """Put the results file RESULTS, its evidence, and how to reproduce it into a folder that others can check."""
    from conformance.commands import submit as submits

    click.echo(submits.submit(results, folder, by, contact), nl=False)


@command.command()
@click.argument("folder", type=INPUT)
@click.option("--repaired", type=FILE, help="write the results that follow from the evidence here")
@AS_JSON
def verify(folder: Path, repaired: Path | None, as_json: bool) -> None:
    """Recompute the verdicts of a submission from its evidence. Exit 1 where one does not follow from it."""
    from conformance.commands import verify as verifies

    text, exit_code = verifies.verify(folder, repaired, as_json=as_json)
    click.echo(text, nl=False)
    sys.exit(exit_code)


@command.command()
@click.argument("results", type=INPUT)
@click.option("--svg", "image", type=FILE, help="write the badge as an image here")
@AS_JSON
def badge(results: Path, image: Path | None, as_json: bool) -> None:
    """Say in one dated sentence what the results file RESULTS amounts to. With --json: a badge for shields.io."""
    from conformance.commands import badge as badges

    click.echo(badges.text(results, image, as_json=as_json), nl=False)


@command.command()
@click.argument("results", type=INPUT)
@click.argument("defect")
def issue(results: Path, defect: str) -> None:
    """Print one defect of the results file RESULTS as Markdown for an issue tracker.

    DEFECT is the id of a defect, or of a case that shows it.
    """
    from conformance.commands import issue as issues

    click.echo(issues.text(results, defect), nl=False)


@command.command()
@click.argument("results", nargs=-1, required=True)
@click.option("--out", "page", type=FILE, default="scorecard.html", show_default=True, help="write the page here")
@click.option("--json", "document", type=FILE, help="write the same as JSON here")
@click.option("--by-name", "order", flag_value="name", help="columns by name; without it: as they are given")
def scorecard(results: tuple[str, ...], page: Path, document: Path | None, order: str | None) -> None:
    """Put many RESULTS side by side: results files, folders that hold some at any depth, and URLs of such folders.

    Of several results of one target the newest is compared, the others are its history.
    """
    from conformance.commands import scorecard as scorecards

    click.echo(scorecards.write(results, page, document, "name" if order else "submission"), nl=False)


@command.command()
@click.argument("old", type=INPUT)
@click.argument("new", type=INPUT)
@click.option("--markdown", "form", flag_value="markdown", help="print Markdown")
@click.option("--json", "form", flag_value="json", help="print JSON, for scripts")
def diff(old: Path, new: Path, form: str | None) -> None:
    """Say what changed between two runs, from the results files OLD and NEW.

    Exit 1 where something that gates got worse, 2 where that could not be decided.
    """
    from conformance.commands import diff as differences

    text, exit_code = differences.text(old, new, form or "text")
    click.echo(text, nl=False)
    sys.exit(exit_code)


@command.command()
@click.argument("document", type=INPUT)
@click.option(
    "--api-version",
    type=click.Choice(API_VERSIONS),
    default=DEFAULT_VERSION,
    show_default=True,
    help="the version of the Messages API to compare with",
)
@AS_JSON
def claims(document: Path, api_version: str, as_json: bool) -> None:
    """List what a vendor's OpenAPI document claims. Exit 1 where it contradicts the specification.

    DOCUMENT is JSON or YAML, or a page of text with such a document in a fenced block. No link in it is followed.
    """
    from conformance.commands import claims as claimed

    text, exit_code = claimed.text(document, api_version, as_json=as_json)
    click.echo(text, nl=False)
    sys.exit(exit_code)


for each in (edition, regen, drift):
    command.add_command(each)


def main() -> None:
    """The entry point: one sentence and the documented exit code for every mistake of ours or of the user."""
    with standard_streams(), interruptible():
        code = _main()
        with uninterrupted():
            problem = output_problem()
            if problem is not None:
                click.echo(f"messages-conformance: the output cannot be written: {reason(problem)}.", err=True)
                code = worst([code, 3])
    sys.exit(code)


def _main() -> int:
    """Calls the command; returns the exit code."""
    try:
        if sys.argv[1:2] != ["serve"]:  # the key of the reference endpoint is public
            check_arguments(sys.argv[1:])
        command(standalone_mode=False)
    except SystemExit as leaving:
        return int(leaving.code or 0)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as problem:
        click.echo(f"messages-conformance: {usage_sentence(problem)}", err=True)
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("messages-conformance: interrupted", err=True)
        return 2
    except HarnessError as problem:
        click.echo(f"messages-conformance: {problem}", err=True)
        return problem.exit_code
    except Exception as problem:
        from conformance.commands import crash

        click.echo(f"messages-conformance: {crash.sentence(problem)}", err=True)
        return 3
    return 0


if __name__ == "__main__":
    main()
