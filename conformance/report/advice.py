"""What to do next: the commands that a run ends with, each made to be pasted."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from conformance.model import Outcome
from conformance.report import words as wording
from conformance.report.verdict import EXITS
from conformance.results.model import Results
from conformance.results.run import STOPPED

COMMAND = "messages-conformance"


def nothing_tested(results: Results) -> bool:
    """Whether not a single result came about, because the first request showed that nothing else can be asked."""
    total = results.summary.total
    return not results.complete and total.total > 0 and total.not_run == total.total


def interrupted(results: Results) -> bool:
    """Whether somebody stopped the run."""
    return STOPPED in results.incomplete_reason


def following(results: Results, folder: str | None) -> Iterator[str]:
    """The next commands to type, the likeliest first; none where none would help."""
    repeatable = any(case.rerun for case in results.cases)
    if nothing_tested(results) and not interrupted(results):
        yield from _first_aid(results)
    elif folder is not None and _unfinished(results):
        yield f"{COMMAND} run --resume {shlex.quote(folder)}"
    elif results.exit_code == 1:
        yield from _on_the_worst(results)
    elif not repeatable:  # traffic that was recorded elsewhere
        return
    elif results.exit_code == 2:
        yield from _on_the_open(results)
    elif results.exit_code == 0 and not results.target.select:
        yield f"{COMMAND} run http://localhost:8000 --model NAME    # tests an endpoint of yours"
    elif results.exit_code == 0 and not results.complete:
        yield f"{_run(results)}    # the whole catalogue"
    elif results.exit_code == 0 and "strict" not in results.gate.policy:
        yield f"{_run(results)} --strict    # also: does it refuse what the API refuses"


def stopped_early(folders: Sequence[str]) -> str:
    """What is said where somebody stopped a session before a result was judged. `folders` hold what was recorded."""
    lines = ["NOT DECIDED  The run was stopped before anything was judged."]
    for number, folder in enumerate(folders):
        lines.append(f"{'' if number else 'next':<8}{COMMAND} run --resume {shlex.quote(folder)}")
    return "\n".join([*lines, f"exit    2, {EXITS[2]}"]) + "\n"


def _unfinished(results: Results) -> bool:
    return not results.complete and not results.incomplete_reason.startswith("a selection of ")


def _run(results: Results) -> str:
    return shlex.join([COMMAND, "run", *results.target.select])


def _on_the_worst(results: Results) -> Iterator[str]:
    """How to send the worst defect again, and what is known of its case."""
    found = [(defect, members) for defect, members in wording.defects(results) if defect.gates and members]
    if found:
        case = wording.witness(found[0][1])[0]
        if case.rerun:
            yield f"{case.rerun} -v"
        if ".messages.yaml" not in case.rerun:  # a case of the catalogue
            yield f"{COMMAND} explain {case.id}"
    elif results.baseline is not None and results.baseline.stale:
        yield f"{_run(results)} --baseline {shlex.quote(results.baseline.file)} --baseline-update"


def _on_the_open(results: Results) -> Iterator[str]:
    """How to look at the first result that could not be decided."""
    found = next((case for case in results.cases if case.outcome is Outcome.INCONCLUSIVE and case.rerun), None)
    yield f"{found.rerun if found is not None else _run(results)} -v"


def _first_aid(results: Results) -> Iterator[str]:
    """What to try where nothing could be asked."""
    target, reason = results.target, results.incomplete_reason
    variable = target.key_env or "ANTHROPIC_API_KEY"
    models = shlex.quote(f"{target.url.rstrip('/').removesuffix('/v1')}/v1/models")
    if " refuses the key " in reason or " without a key " in reason:
        yield f"export {variable}=...    # a key that the endpoint knows; --auth bearer sends it another way"
    elif " does not accept the model " in reason:
        yield f'curl -s {models} -H "x-api-key: ${variable}"    # the names that it serves, for --model'
    elif " cannot be reached " in reason or " does not answer " in reason:
        yield f"curl -sv {models}    # is the server running, and is this its address?"
