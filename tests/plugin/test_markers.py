"""`-m`: a marker per area, level, plane and mode."""

from __future__ import annotations

import pytest

from conformance.standard.paths import catalogue_folder
from support import standard


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("counting", lambda case, mode: case.area == "counting"),
        ("should", lambda case, mode: case.level == "should"),
        ("behaviour", lambda case, mode: case.plane == "behaviour"),
        ("stream and tools", lambda case, mode: mode == "stream" and case.area == "tools"),
        ("refuse and not request", lambda case, mode: case.direction == "refuse" and case.area != "request"),
        ("informational", lambda case, mode: case.informational),
    ],
)
def test_m_selects_by_marker(project, expression, holds) -> None:
    done = project.catalogue("-m", expression, "--collect-only", "-q")
    listed = {line.partition("::")[2] for line in done.outlines if "::" in line}
    cases = standard.library().catalogue.cases
    wanted = {f"{case.id}[reference-{mode}]" for case in cases for mode in case.modes if holds(case, mode)}
    assert wanted
    assert listed == wanted


def test_every_marker_is_registered(project) -> None:
    done = project.catalogue("--strict-markers", "--collect-only", "-q")
    assert done.ret == 0
    shown = project.run("--markers").stdout.str()
    areas = [path.name.replace("-", "_") for path in catalogue_folder().iterdir() if path.is_dir()]
    for word in (*areas, "must", "should", "may", "protocol", "behaviour", "json", "stream"):
        assert f"@pytest.mark.{word.replace('-', '_')}: " in shown


def test_m_judges_only_what_is_selected(project) -> None:
    done = project.catalogue("-m", "system and json")
    assert done.ret == 0
    assert {case["area"] for case in project.results["cases"]} == {"system"}
    assert {mode for _, mode in project.outcomes} == {"json"}
    assert project.results["complete"] is False
