"""`--messages-area`: only the cases of these areas."""

from __future__ import annotations


def test_only_the_named_areas_run(project) -> None:
    assert project.catalogue("--messages-area=system", "--messages-area=models").ret == 0
    assert {case["area"] for case in project.results["cases"]} == {"system", "models"}


def test_an_unknown_area_is_told_with_the_nearest_name_and_exit_code_4(project) -> None:
    done = project.catalogue("--messages-area=tolls")
    assert done.ret == 4
    done.stderr.fnmatch_lines(["ERROR: Unknown area 'tolls'. Did you mean 'tools'?"])
    assert project.wrote_nothing
