"""Writes what follows from rehearsing: the collateral of the faults, the cases that the reference cannot show, and the
evidence of what is judged.

`python -m mutation.regen` rehearses every fault, which takes minutes. `--case ID` and `--fault ID`, both repeatable,
rehearse only what concerns these: seconds, while you write a case or a fault. CI compares all of them in any case.

Rows of the table of what is judged are broken anew where their evidence names a case that is gone, and where neither
evidence nor a reason is there. `--row PATTERN`, repeatable, breaks those that match (`*`: all, which takes long).
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator
from pathlib import Path

from conformance.base.output import write_files
from conformance.model import Outcome
from conformance.reference.faults import COLLATERAL, Fault, all_faults, load_collateral
from conformance.standard import judged as table
from conformance.standard.paths import spec_folder
from conformance.standard.rows import Section, rows
from mutation import judged
from mutation.collateral import collateral, terms_of, text
from mutation.rehearsal import Stage, set_stage

NOT_SHOWN = Path(__file__).parents[1] / "data" / "not_shown_by_reference.txt"
DECIDED = (Outcome.PASS, Outcome.FAIL, Outcome.IGNORED)


def not_shown(stage: Stage) -> set[str]:
    """The cases that the honest reference endpoint leaves undecided."""
    return {case for (case, _), judgement in stage.base.items() if judgement.outcome not in DECIDED}


def regenerate(cases: Collection[str] = (), faults: Collection[str] = ()) -> None:
    """Writes both files anew. With names, only the entries of these cases and faults change."""
    known = all_faults()
    files: dict[Path, str] = {}
    found = {} if not cases and not faults else {name: set(failed) for name, failed in load_collateral().items()}
    if cases or not faults:
        stages = {terms: set_stage(*terms, cases) for terms in sorted({terms_of(each) for each in known.values()})}
        for fault, failed in _rehearsed(known.values(), stages):
            found[fault] = found.get(fault, set()) - set(cases) | failed
        undecided = not_shown(stages["2023-06-01", "reference-1"])
        before = set(NOT_SHOWN.read_text(encoding="utf-8").split()) - set(cases) if cases else set()
        files[NOT_SHOWN] = "".join(f"{name}\n" for name in sorted(before | undecided))
    if faults:
        stages = {terms: set_stage(*terms) for terms in sorted({terms_of(known[name]) for name in faults})}
        found.update(_rehearsed([known[name] for name in faults], stages))
    kept = {fault: sorted(failed) for fault, failed in found.items() if fault in known}
    write_files({**files, COLLATERAL: text(kept)})


def renew_evidence(patterns: Collection[str] = ()) -> None:
    """Breaks the rows that match anew; without patterns, those whose evidence does not hold or is not there."""
    stage = set_stage()
    cases = stage.library.catalogue.cases
    held = table.load_table(stage.library.document, cases, spec_folder())
    known, ids = table.load_evidence(spec_folder()), {case.id for case in cases}
    empty = {cell.row.id for cell in held.cells if not (cell.cases or cell.reason)}
    gone = {row for row, cells in known.items() if any(set(named) - ids for named in cells.values())}
    every = [row for row in rows(stage.library.document) if row.section is not Section.PAIRS]
    chosen = [row for row in every if (table.fits(row.id, *patterns) if patterns else row.id in empty | gone)]
    found = judged.evidence(stage, chosen)
    renewed = {row.id for row in chosen}
    kept = {row.id: found.get(row.id) if row.id in renewed else known.get(row.id) for row in every}
    write_files(
        {
            spec_folder() / table.FOLDER / table.EVIDENCE: judged.text(
                {row: cells for row, cells in kept.items() if cells}
            )
        }
    )


def _rehearsed(faults: Collection[Fault], stages: dict[tuple[str, str], Stage]) -> Iterator[tuple[str, set[str]]]:
    """The collateral of each fault, as far as the stages judge."""
    for fault in faults:
        stage = stages[terms_of(fault)]
        yield fault.id, set(collateral(stage.rehearse([fault]).deviating, fault, stage.library.catalogue.cases))


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m mutation.regen", description=__doc__)
    parser.add_argument("--case", action="append", default=[], metavar="ID", help="rehearse only what this case judges")
    parser.add_argument("--fault", action="append", default=[], metavar="ID", help="rehearse only this fault")
    parser.add_argument("--row", action="append", default=[], metavar="PATTERN", help="break only the rows that match")
    asked = parser.parse_args()
    if asked.case or asked.fault or not asked.row:
        regenerate(asked.case, asked.fault)
    if asked.row or not (asked.case or asked.fault):
        renew_evidence(asked.row)


if __name__ == "__main__":
    main()
