"""`[tool.messages-conformance]` in pyproject.toml."""

from __future__ import annotations


def test_options_are_read_from_pyproject(project) -> None:
    project.write(
        "pyproject.toml", '[tool.messages-conformance]\ncase = ["response-has-id", "system-string"]\nmode = "json"\n'
    )
    assert project.catalogue().ret == 0
    assert set(project.outcomes) == {("response-has-id", "json"), ("system-string", "json")}


def test_the_environment_wins_over_pyproject(project, monkeypatch) -> None:
    project.write("pyproject.toml", '[tool.messages-conformance]\ncase = ["response-has-id"]\nmode = "json"\n')
    monkeypatch.setenv("MESSAGES_MODE", "stream")
    assert project.catalogue().ret == 0
    assert set(project.outcomes) == {("response-has-id", "stream")}


def test_an_unknown_key_is_told_with_the_nearest_name_and_exit_code_4(project) -> None:
    path = project.write("pyproject.toml", "[tool.messages-conformance]\nconcurency = 4\n")
    done = project.catalogue()
    told = done.stderr.str() + done.stdout.str()
    assert done.ret == 4
    assert str(path) in told
    assert "'concurency'" in told
    assert "Did you mean 'concurrency'?" in told
    assert "Traceback" not in told
    assert project.wrote_nothing


def test_broken_toml_in_a_project_without_cases_is_pytests_own_affair(project) -> None:
    project.write("test_own.py", "def test_own():\n    pass\n")
    project.write("pyproject.toml", '[tool.messages-conformance]\nconcurency = "x"\n')
    project.run().assert_outcomes(passed=1)
