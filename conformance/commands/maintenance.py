"""The commands of the maintainers: editions, generated files, and the drift of the official SDK."""

from __future__ import annotations

import sys

import click


@click.command(hidden=True)
@click.argument("name", metavar="DATE")
@click.option("--freeze", is_flag=True, help="make these the cases that score; removes editions that were not released")
def edition(name: str, freeze: bool) -> None:
    """Write the edition of a date from the catalogue; for maintainers, in a checkout."""
    from conformance.commands import edition as editions

    click.echo(editions.write_edition(name, freeze=freeze))


@click.command(hidden=True)
def regen() -> None:
    """Rewrite every generated file of a checkout; for maintainers."""
    from conformance.commands import regen as generated

    written = generated.regenerate()
    click.echo("\n".join(f"rewrote {name}" for name in written) if written else "all generated files are up to date")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="print JSON, for scripts")
@click.option("--note", is_flag=True, help="write specs/sdk_notes.yaml: what this release says (maintainers)")
def drift(as_json: bool, note: bool) -> None:
    """Compare the OpenAPI document with the installed `anthropic` package. Exit 1 on an unexplained difference.

    Error causes count where a path of the document raises them. Headers, deprecated models and the descriptions of
    fields are compared with what was noted of the release before.
    """
    from conformance.commands import drift as drifts

    if note:
        click.echo(drifts.note(), nl=False)
        return
    text, exit_code = drifts.text(as_json=as_json)
    click.echo(text, nl=False)
    sys.exit(exit_code)
