"""`MESSAGES_*` in the environment and in `.env`; the command line wins over both."""

from __future__ import annotations

import pytest

from support.project import chosen


def test_every_option_has_a_variable(project, monkeypatch) -> None:
    monkeypatch.setenv("MESSAGES_CASE", "response-has-id,messages-content-string")
    monkeypatch.setenv("MESSAGES_MODE", "stream")
    assert project.catalogue().ret == 0
    assert set(project.outcomes) == {("response-has-id", "stream"), ("messages-content-string", "stream")}


def test_dotenv_is_read(project) -> None:
    project.write(".env", "MESSAGES_CASE=models-page-has-data\n")
    assert project.catalogue().ret == 0
    assert set(project.outcomes) == {("models-page-has-data", "json")}


def test_the_environment_wins_over_dotenv_and_the_command_line_over_both(project, monkeypatch) -> None:
    project.write(".env", "MESSAGES_CASE=system-string\nMESSAGES_MODE=stream\n")
    monkeypatch.setenv("MESSAGES_CASE", "messages-content-string")
    listed = project.catalogue("--collect-only", "-q").outlines[0]
    assert listed.endswith("::messages-content-string[reference-stream]")
    assert project.catalogue(*chosen("response-has-id")).ret == 0
    assert set(project.outcomes) == {("response-has-id", "stream")}


def test_a_switch_in_the_environment(project, canned, monkeypatch) -> None:
    monkeypatch.setenv("MESSAGES_STRICT", "yes")
    assert project.catalogue(*canned, *chosen("messages-content-empty-string")).ret == 1


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("MESSAGES_STRICT", "perhaps", "MESSAGES_STRICT"),
        ("MESSAGES_CONCURRENCY", "many", "MESSAGES_CONCURRENCY"),
        ("MESSAGES_API_VERSION", "1999-01-01", "MESSAGES_API_VERSION"),
        ("MESSAGES_URL", "example.com", "example.com"),
    ],
)
def test_a_value_that_does_not_fit_is_one_sentence_and_exit_code_4(project, monkeypatch, name, value, words) -> None:
    monkeypatch.setenv(name, value)
    done = project.catalogue()
    told = done.stderr.str() + done.stdout.str()
    assert done.ret == 4
    assert words in told
    assert told.count(value) <= 3
    assert "Traceback" not in told
    assert project.wrote_nothing


def test_the_key_is_read_from_dotenv_and_stands_nowhere(project, reference) -> None:
    project.write(".env", f"OUR_KEY={reference.key}\n")
    target = (f"--messages-url={reference.url}", "--messages-model=reference-1", "--messages-api-key-env=OUR_KEY")
    done = project.catalogue(*target, *chosen("response-has-id"))
    assert done.ret == 0
    assert len(project.sent) > 0
    written = "".join(path.read_text(encoding="utf-8") for path in (project.folder / "out").iterdir())
    assert reference.key not in written + done.stdout.str()
