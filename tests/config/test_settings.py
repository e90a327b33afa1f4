"""Settings: where the value of an option comes from, and what does not fit."""

from __future__ import annotations

import os

import pytest

from conformance.config.options import OPTIONS
from conformance.config.settings import read_settings, target_of
from conformance.config.targets_file import read_all_settings
from conformance.model import HarnessError, UsageError


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("MESSAGES_", "ANTHROPIC_")):
            monkeypatch.delenv(name)


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def pyproject(folder, text: str) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.messages-conformance]\n{text}\n", encoding="utf-8")


def test_without_anything_every_option_has_its_default(folder) -> None:
    settings = read_settings({}, folder)
    for option in OPTIONS:
        empty = {"list": (), "flag": False}.get(option.kind)
        assert settings[option.key] == (option.default if option.default is not None else empty), option.name


def test_command_line_environment_dotenv_pyproject_default_in_this_order(folder, monkeypatch) -> None:
    assert read_settings({}, folder)["concurrency"] == 8
    pyproject(folder, "concurrency = 1")
    assert read_settings({}, folder)["concurrency"] == 1
    (folder / ".env").write_text("MESSAGES_CONCURRENCY=2\n", encoding="utf-8")
    assert read_settings({}, folder)["concurrency"] == 2
    monkeypatch.setenv("MESSAGES_CONCURRENCY", "3")
    assert read_settings({}, folder)["concurrency"] == 3
    assert read_settings({"concurrency": "4"}, folder)["concurrency"] == 4


def test_what_was_not_given_on_the_command_line_is_no_value(folder, monkeypatch) -> None:
    monkeypatch.setenv("MESSAGES_STRICT", "true")
    monkeypatch.setenv("MESSAGES_CASE", "a,b")
    settings = read_settings({"strict": False, "case": [], "mode": None}, folder)
    assert (settings["strict"], settings["case"], settings["mode"]) == (True, ("a", "b"), None)


@pytest.mark.parametrize("option", ["url", "model", "name", "target", "api-key-env"])
@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_name_is_an_error_wherever_it_comes_from(folder, monkeypatch, option, value) -> None:
    key = option.replace("-", "_")
    given = [value] if option == "target" else value
    with pytest.raises(UsageError, match=f"--{option} is empty"):
        read_settings({key: given}, folder)
    monkeypatch.setenv(f"MESSAGES_{key.upper()}", value)
    with pytest.raises(UsageError, match=f"MESSAGES_{key.upper()} is empty"):
        read_settings({}, folder)
    monkeypatch.delenv(f"MESSAGES_{key.upper()}")
    pyproject(folder, f'{option} = "{value}"')
    with pytest.raises(UsageError, match=f"{option} in pyproject.toml is empty"):
        read_settings({}, folder)


@pytest.mark.parametrize("option", ["url", "model", "api-key-env"])
def test_an_empty_name_in_the_targets_file_is_an_error(folder, option) -> None:
    with pytest.raises(UsageError, match=f"{option} of the target naga is empty"):
        read_settings({}, folder, target="naga", entry={"url": "https://e.example", "model": "m", option: ""})


KEY = "sk-ant-api03-0123456789abcdef"


@pytest.mark.parametrize(
    "given",
    [
        {"api_key_env": KEY},
        {"api_key_env": "0123456789abcdef0123456789abcdef"},
        {"header": [f"x-api-key: {KEY}"]},
        {"header": [f"authorization: Bearer {KEY}"]},
        {"url": f"https://{KEY}@naga.example"},
        {"url": f"https://naga.example/{KEY}/v1"},
        {"url": f"https://naga.example/?key={KEY}"},
        {"url": KEY},
        {"url": f"ftp://user:{KEY}@naga.example"},
    ],
)
def test_a_key_where_its_name_is_expected_is_refused_and_not_repeated(folder, given) -> None:
    settings = read_settings({"url": "https://naga.example", "model": "m", **given}, folder)
    with pytest.raises(UsageError) as refused:
        target_of(settings)
    said = str(refused.value)
    assert not any(part in said for part in (KEY, "0123456789abcdef"))
    assert "variable" in said


@pytest.mark.parametrize("key", ["EMPTY", "none", "x"])
def test_dummy_keys_work_and_an_empty_key_is_no_key(folder, key) -> None:
    def key_of(value: str) -> str | None:
        (folder / ".env").write_text(f"OUR_KEY={value}\n", encoding="utf-8")
        target = target_of(read_settings({"url": "http://e.example", "model": "m", "api_key_env": "OUR_KEY"}, folder))
        assert target is not None
        return target.api_key

    assert key_of(key) == key
    assert key_of("") is None


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("true", True), ("YES", True), ("on", True), ("0", False), ("false", False)]
)
def test_switches_in_the_environment(folder, monkeypatch, text, value) -> None:
    monkeypatch.setenv("MESSAGES_STRICT", text)
    assert read_settings({}, folder)["strict"] is value


def test_lists_are_written_with_commas_or_as_toml(folder, monkeypatch) -> None:
    pyproject(folder, 'case = ["a", "b"]')
    assert read_settings({}, folder)["case"] == ("a", "b")
    monkeypatch.setenv("MESSAGES_CASE", "c")
    assert read_settings({}, folder)["case"] == ("c",)
    assert read_settings({"case": ("d", "e")}, folder)["case"] == ("d", "e")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"concurrency": "0"}, ["--concurrency", "MESSAGES_CONCURRENCY", "'0'"]),
        ({"concurrency": "many"}, ["--concurrency", "'many'"]),
        ({"auth": "basic"}, ["--auth", "x-api-key", "'basic'"]),
        ({"strict": "perhaps"}, ["--strict", "'perhaps'"]),
        ({"level": ["shall"]}, ["--level", "'shall'"]),
        ({"api_version": "1999-01-01"}, ["--api-version", "2023-06-01"]),
    ],
)
def test_a_value_that_does_not_fit_names_option_and_value(folder, given, words) -> None:
    with pytest.raises(HarnessError) as caught:
        read_settings(given, folder)
    assert caught.value.exit_code == 4
    for word in words:
        assert word in str(caught.value)


def test_an_unknown_key_in_pyproject_names_file_and_nearest_key(folder) -> None:
    pyproject(folder, "api_version = '2023-06-01'")
    with pytest.raises(HarnessError, match=r"pyproject\.toml.*'api_version'.*did you mean 'api-version'"):
        read_settings({}, folder)


def test_broken_toml_names_the_file(folder) -> None:
    pyproject(folder, "api-version = ")
    with pytest.raises(HarnessError, match=r"pyproject\.toml"):
        read_settings({}, folder)


def target(folder, **given: object):
    return target_of(read_settings({"url": "https://api.example.com/", "model": "m", **given}, folder))


def test_without_a_url_the_reference_endpoint_is_meant(folder) -> None:
    assert target_of(read_settings({"model": "m"}, folder)) is None


def test_a_target_is_named_after_its_host_unless_told(folder) -> None:
    assert target(folder).name == "api.example.com"
    assert target(folder, name="naga").name == "naga"


def test_the_key_is_read_from_the_variable_that_was_named(folder, monkeypatch) -> None:
    monkeypatch.setenv("OTHER_KEY", "k-123456789")
    (folder / ".env").write_text("ANTHROPIC_API_KEY=from-dotenv-file\n", encoding="utf-8")
    assert target(folder).api_key == "from-dotenv-file"
    assert target(folder, api_key_env="OTHER_KEY").api_key == "k-123456789"
    assert target(folder, api_key_env="NOT_SET").api_key is None


def test_every_secret_is_known_to_be_one(folder, monkeypatch) -> None:
    monkeypatch.setenv("TEAM_TOKEN", "blue-team-token")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k-123456789")
    found = target(folder, header=["X-Team: t-${TEAM_TOKEN}", "x-plain: 1"])
    assert found.headers == (("X-Team", "t-blue-team-token"), ("x-plain", "1"))
    assert set(found.secrets) == {"k-123456789", "blue-team-token"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"model": None}, "--model"),
        ({"url": "api.example.com"}, "http"),
        ({"name": "../outside"}, "target name"),
        ({"header": ["no colon"]}, "Name: value"),
        ({"header": ["bad name: 1"]}, "Name: value"),
        ({"header": ["x: ${NOT_SET}"]}, "NOT_SET"),
    ],
)
def test_a_target_that_does_not_fit_is_told_with_exit_code_4(folder, given, words) -> None:
    with pytest.raises(HarnessError, match=words) as caught:
        target(folder, **given)
    assert caught.value.exit_code == 4


def test_settings_that_are_written_down_hold_no_secret(folder, monkeypatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k-123456789")
    settings = read_settings({"url": "https://a.example", "model": "m", "header": ["x-team: token-1234"]}, folder)
    assert "k-123456789" not in str(settings.recorded) + repr(settings)
    assert "token-1234" not in str(settings.recorded)


TARGETS = """
[targets.naga]
url = "https://naga.example"
model = "n"
api-key-env = "NAGA_KEY"
concurrency = 2

[targets.plain]
url = "https://plain.example"
model = "p"
"""


def test_an_entry_of_the_targets_file_stands_between_command_line_and_environment(folder, monkeypatch) -> None:
    (folder / "targets.toml").write_text(TARGETS, encoding="utf-8")
    monkeypatch.setenv("MESSAGES_CONCURRENCY", "7")
    monkeypatch.setenv("MESSAGES_MODEL", "of-another-target")
    naga, plain = read_all_settings({"target": ["naga", "plain"]}, folder)
    assert (naga["concurrency"], plain["concurrency"]) == (2, 7)
    assert (naga["model"], plain["model"]) == ("n", "p")
    assert (naga["api_key_env"], plain["api_key_env"]) == ("NAGA_KEY", "ANTHROPIC_API_KEY")
    (given,) = read_all_settings({"target": ["naga"], "concurrency": "5", "model": "x"}, folder)
    assert (given["concurrency"], given["model"]) == (5, "x")


@pytest.mark.parametrize(
    ("text", "given", "words"),
    [
        (TARGETS, {"target": ["nagga"]}, r"unknown target 'nagga'; did you mean 'naga'\?"),
        (TARGETS, {"target": ["naga"], "url": "https://x.example"}, "either --url or --target"),
        ("[targets.a]\nmodel = 'm'\n", {"target": ["a"]}, "no url"),
        ("[targets.a]\nurl = 'https://a.example'\nmodle = 'm'\n", {"target": ["a"]}, "did you mean 'model'"),
        ("[target.a]\n", {"target": ["a"]}, "did you mean 'targets'"),
        ("targets = 1\n", {"target": ["a"]}, "table"),
        ("[targets.a\n", {"target": ["a"]}, r"targets\.toml"),
        (None, {"target": ["a"]}, "Cannot read the targets file"),
    ],
)
def test_a_targets_file_that_does_not_fit_is_told_with_exit_code_4(folder, text, given, words) -> None:
    if text is not None:
        (folder / "targets.toml").write_text(text, encoding="utf-8")
    with pytest.raises(HarnessError, match=words) as caught:
        read_all_settings(given, folder)
    assert caught.value.exit_code == 4
