"""`-m`: a marker per area, level, plane and mode."""

from __future__ import annotations

import pytest

from support import standard


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("messages_counting", lambda case, mode: case.area == "counting"),
        ("messages_should", lambda case, mode: case.level == "should"),
        ("messages_behaviour", lambda case, mode: case.plane == "behaviour"),
        ("messages_stream and messages_tools", lambda case, mode: mode == "stream" and case.area == "tools"),
        (
            "messages_refuse and not messages_request",
            lambda case, mode: case.direction == "refuse" and case.area != "request",
        ),
        ("messages_informational", lambda case, mode: case.informational),
    ],
)
def test_m_selects_by_marker(project, expression, holds) -> None:
    done = project.catalogue("-m", expression, "--collect-only", "-q")
    listed = {line.partition("::")[2] for line in done.outlines if "::" in line}
    cases = standard.library().catalogue.cases
    wanted = {f"{case.id}[reference-{mode}]" for case in cases for mode in case.modes if holds(case, mode)}
    assert wanted
    assert listed == wanted


def test_every_marker_is_registered_where_cases_are_collected(project) -> None:
    done = project.catalogue("--strict-markers", "--collect-only", "-q")
    assert done.ret == 0


def test_a_project_without_cases_has_no_marker_of_ours(project) -> None:
    project.write(
        "test_ordinary.py", "def test_that_passes(pytestconfig):\n    print(*pytestconfig.getini('markers'), sep='!')\n"
    )
    done = project.pytester.runpytest("-s", "test_ordinary.py")
    assert done.ret == 0
    assert "messages_" not in done.stdout.str()


def test_m_judges_only_what_is_selected(project) -> None:
    done = project.catalogue("-m", "messages_system and messages_json")
    assert done.ret == 0
    assert {case["area"] for case in project.results["cases"]} == {"system"}
    assert {mode for _, mode in project.outcomes} == {"json"}
    assert project.results["complete"] is False
