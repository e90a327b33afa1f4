"""`--lf`: reruns what violated the gate."""

from __future__ import annotations

from support.project import chosen


def test_lf_reruns_only_the_gating_failure(project, canned) -> None:
    first = project.catalogue(*canned, *chosen("response-has-id", "models-page-has-data"))
    assert first.ret == 1
    assert project.outcomes == {
        ("response-has-id", "json"): "pass",
        ("response-has-id", "stream"): "inconclusive",
        ("models-page-has-data", "json"): "fail",
    }
    again = project.catalogue(*canned, "--messages-out=again", "--lf")
    assert again.ret == 1
    again.stdout.fnmatch_lines(["*1 failed*"])
    assert "models-page-has-data" in again.stdout.str()
    assert len((project.folder / "again" / "journal.ndjson").read_text(encoding="utf-8").splitlines()) < 8


def test_lf_finds_the_failure_in_its_file_when_the_command_runs_it(project, canned) -> None:
    """The command gives the catalogue as an argument; `--lf` then skips whole files."""
    from conformance.standard.paths import catalogue_folder

    file = str(catalogue_folder() / "models" / "list.yaml")
    project.run(file, *canned, "-k", "models-page-has-data or models-ids-unique").assert_outcomes(failed=1, skipped=0)
    again = project.run(str(catalogue_folder()), *canned, "--messages-out=again", "--lf")
    again.stdout.fnmatch_lines(["*1 failed*"])
