"""`--collect-only`: sends nothing and writes nothing."""

from __future__ import annotations

from conformance.engine.run import Run
from support import standard


def test_collect_only_lists_every_case_in_every_mode(project) -> None:
    done = project.catalogue("--collect-only", "-q")
    cases = standard.library().catalogue.cases
    listed = [line.partition("::")[2] for line in done.outlines if "::" in line]
    assert done.ret == 0
    assert sorted(listed) == sorted(f"{case.id}[reference-{mode}]" for case in cases for mode in case.modes)


def test_collect_only_sends_nothing_and_writes_nothing(project, monkeypatch) -> None:
    def started(self: Run, *args: object, **rest: object) -> None:
        raise AssertionError("the run was started")

    monkeypatch.setattr(Run, "start", started)
    assert project.catalogue("--collect-only", "-q").ret == 0
    assert project.wrote_nothing


def test_node_ids_name_file_case_target_and_mode(project) -> None:
    done = project.catalogue("--collect-only", "-q", "--messages-case=models-page-has-data")
    done.stdout.fnmatch_lines(["catalogue/models/list.yaml::models-page-has-data[[]reference-json[]]"])


def test_node_ids_name_the_configured_target(project) -> None:
    target = ("--messages-url=https://api.example.com/anthropic", "--messages-model=m")
    done = project.catalogue("--collect-only", "-q", "--messages-case=models-page-has-data", *target)
    done.stdout.fnmatch_lines(["*::models-page-has-data[[]api.example.com-json[]]"])
