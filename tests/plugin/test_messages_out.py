"""`--messages-out`: where the files of a run go."""

from __future__ import annotations

from support.project import chosen

FILES = {"journal.ndjson", "results.json", "report.html", "summary.md", "junit.xml", "badge.json"}


def test_the_folder_holds_the_files_of_the_run(project) -> None:
    assert project.catalogue(*chosen("response-has-id")).ret == 0
    assert {path.name for path in (project.folder / "out").iterdir()} == FILES


def test_without_the_option_the_folder_is_named_after_target_and_time(project) -> None:
    assert project.catalogue("--messages-out=", *chosen("response-has-id")).ret == 0
    (folder,) = (project.folder / "reports" / "reference").iterdir()
    assert folder.name.endswith("Z")
    assert {path.name for path in folder.iterdir()} == FILES


def test_an_unusable_folder_is_one_sentence_and_exit_code_4(project) -> None:
    project.write("out", "a file, not a folder")
    done = project.catalogue(*chosen("response-has-id"))
    assert done.ret == 4
    assert "Traceback" not in done.stderr.str() + done.stdout.str()
    done.stderr.fnmatch_lines(["ERROR: *out*journal.ndjson*"])
    assert project.write("out", "") == project.folder / "out"


def test_a_worker_tells_an_unusable_folder_in_one_sentence_too(project) -> None:
    project.write("out", "a file, not a folder")
    done = project.catalogue(*chosen("response-has-id"), "-n", "2")
    assert done.ret == 4
    done.stdout.fnmatch_lines(["error of messages-conformance, not of the endpoint: *journal.ndjson*"])
    assert "INTERNALERROR" not in done.stdout.str()
    assert "Traceback" not in done.stdout.str()


def test_a_run_that_is_there_is_kept(project) -> None:
    (project.folder / "out").mkdir()
    project.write("out/journal.ndjson", "kept\n")
    assert project.catalogue(*chosen("response-has-id")).ret == 4
    assert (project.folder / "out" / "journal.ndjson").read_text(encoding="utf-8") == "kept\n"
