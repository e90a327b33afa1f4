"""`-n`: whole targets per worker; outcomes, requests and node ids as without."""

from __future__ import annotations

import pytest

from support import worst
from support.project import chosen
from support.servers import serving

CHOSEN = ("--messages-area=tools", "--messages-area=models", "--messages-area=counting")


@pytest.fixture
def workers(project, monkeypatch) -> None:
    """Workers of pytest-xdist are processes of their own, which find the package where this process found it."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")


def test_n_2_gives_the_same_outcomes_and_the_same_requests_on_one_worker(project, workers) -> None:
    alone = project.catalogue(*CHOSEN)
    assert alone.ret == 0
    outcomes, requests = project.outcomes, project.results["requests"]
    spread = project.catalogue(*CHOSEN, "--messages-out=spread", "-n", "2", "-v")
    assert spread.ret == 0
    project.folder.joinpath("out").rename(project.folder / "alone")
    project.folder.joinpath("spread").rename(project.folder / "out")
    assert project.outcomes == outcomes
    assert project.results["requests"] == requests
    used = {line.split()[0] for line in spread.outlines if line.startswith("[gw")}
    assert len(used) == 1


def test_n_2_keeps_node_ids(project, workers) -> None:
    done = project.catalogue(*chosen("models-page-has-data", "response-has-id"), "-n", "2", "-v")
    assert done.ret == 0
    done.stdout.fnmatch_lines(["*PASS* catalogue/models/list.yaml::models-page-has-data[[]reference-json[]]*"])


def test_n_2_gives_each_target_to_one_worker(project, workers) -> None:
    with serving(worst.Canned) as one, serving(worst.Canned) as other:
        project.write(
            "targets.toml",
            f'[targets.one]\nurl = "{one}"\nmodel = "m"\n\n[targets.other]\nurl = "{other}"\nmodel = "m"\n',
        )
        options = ("--messages-target=one", "--messages-target=other", *chosen("response-has-id", "models-retrieved"))
        done = project.catalogue(*options, "-n", "2", "-v")
    assert done.ret == 1
    ran = [line for line in done.outlines if line.startswith("[gw")]
    workers_of = {name: {line.split()[0] for line in ran if f"[{name}-" in line} for name in ("one", "other")}
    assert all(len(used) == 1 for used in workers_of.values())
    assert workers_of["one"] != workers_of["other"]


def test_gating_failures_and_their_blocks_come_through_from_workers(project, workers, canned) -> None:
    done = project.catalogue(*canned, *chosen("models-page-has-data"), "-n", "2")
    assert done.ret == 1
    done.stdout.fnmatch_lines(["FAIL  models-page-has-data   MUST *", "*expected*", "*rerun*", "*1 failed*"])
    assert "Traceback" not in done.stdout.str()


def test_ordinary_tests_are_spread_as_ever(project, workers) -> None:
    project.write("test_own.py", "import pytest\n@pytest.mark.parametrize('n', range(8))\ndef test_own(n):\n    pass\n")
    done = project.run("-n", "2", "-v")
    done.assert_outcomes(passed=8)
    assert {line.split()[0] for line in done.outlines if line.startswith("[gw")} == {"[gw0]", "[gw1]"}
