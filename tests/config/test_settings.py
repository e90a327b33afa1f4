"""Settings: where the value of an option comes from, and what does not fit."""

from __future__ import annotations

import os
import re

import pytest

from conformance.base.errors import HarnessError, UsageError
from conformance.config.options import OPTIONS
from conformance.config.settings import read_settings, target_of
from conformance.config.targets_file import read_all_settings


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
    with pytest.raises(UsageError, match=rf"pyproject\.toml:2: {option} is empty"):
        read_settings({}, folder)


def test_a_virtual_environment_called_env_is_no_file_of_variables(folder) -> None:
    (folder / ".env" / "bin").mkdir(parents=True)
    assert read_settings({}, folder)["concurrency"] == 8


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ('url = ""\nmodel = "m"', r"\[targets\.naga\] has neither url nor vendor"),
        ('url = " "\nmodel = "m"', r"targets\.toml:2: url is empty"),
        ('url = "https://e.example"\nmodel = ""', r"targets\.toml:3: model is empty"),
        ('url = "https://e.example"\napi-key-env = ""', r"targets\.toml:3: api-key-env is empty"),
    ],
)
def test_an_empty_name_in_the_targets_file_is_an_error(folder, written, problem) -> None:
    (folder / "targets.toml").write_text(f"[targets.naga]\n{written}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=problem):
        read_all_settings({"target": ("naga",)}, folder)


KEY = "sk-ant-api03-0123456789abcdef"


@pytest.mark.parametrize(
    "given",
    [
        {"api_key_env": KEY},
        {"api_key_env": "0123456789abcdef0123456789abcdef"},
        {"api_key_env": "ABCDEF_0123456789abcdef"},
        {"api_key_env": "k0123456789abcdef"},
        {"header": [f"x-api-key: {KEY}"]},
        {"header": [f"authorization: Bearer {KEY}"]},
        {"url": f"https://{KEY}@naga.example"},
        {"url": f"https://naga.example/{KEY}/v1"},
        {"url": f"https://naga.example/?key={KEY}"},
        {"url": KEY},
        {"url": f"ftp://user:{KEY}@naga.example"},
        {"url": f"https://user:{KEY}%40naga.example"},
        {"url": f"https://naga.example/%73k-{KEY[3:]}"},
    ],
)
def test_a_key_where_its_name_is_expected_is_refused_and_not_repeated(folder, given) -> None:
    settings = read_settings({"url": "https://naga.example", "model": "m", **given}, folder)
    with pytest.raises(UsageError) as refused:
        target_of(settings)
    said = str(refused.value)
    assert not any(part in said for part in (KEY, "0123456789abcdef"))
    assert "variable" in said


@pytest.mark.parametrize(
    "given",
    [
        {"url": "Canary0123"},
        {"url": "https//Canary0123"},
        {"url": "https://user:Canary0123%40"},
        {"auth": KEY},
        {"concurrency": KEY},
        {"url": None, "target": [KEY]},
        {"url": None, "target": ["9a0123b4c5d6e7f80a1b2c3d4e5f6071"]},
        {"name": KEY},
        {"model": KEY},
    ],
)
def test_what_may_be_a_key_is_in_no_sentence_about_an_option(folder, given) -> None:
    (folder / "targets.toml").write_text("[targets.a]\nurl = 'http://a.example'\n", encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        list(map(target_of, read_all_settings({"url": "https://naga.example", "model": "m", **given}, folder)))
    assert not re.search("Canary|0123", str(refused.value))


def test_literal_values_of_headers_are_secrets_unless_they_are_words(folder) -> None:
    found = target(
        folder, header=["x-portkey: Ab3", "Authorization: Token tk9.ab", "x-team: blue", "anthropic-beta: b-1"]
    )
    assert set(found.secrets) == {"Ab3", "tk9.ab"}


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
    with pytest.raises(HarnessError, match=r"pyproject\.toml.*'api_version'.*Did you mean 'api-version'"):
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
    with pytest.raises(UsageError, match="environment variable NOT_SET, which --api-key-env names, is not set"):
        target(folder, api_key_env="NOT_SET")


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
        (TARGETS, {"target": ["nagga"]}, r"Unknown target 'nagga'. Did you mean 'naga'\?"),
        (TARGETS, {"target": ["naga"], "url": "https://x.example"}, "either --url or --target"),
        ("[targets.a]\nmodel = 'm'\n", {"target": ["a"]}, "neither url nor vendor"),
        ("[targets.a]\nurl = 'https://a.example'\nmodle = 'm'\n", {"target": ["a"]}, "Did you mean 'model'"),
        ("[target.a]\n", {"target": ["a"]}, "Did you mean 'targets'"),
        ("targets = 1\n", {"target": ["a"]}, "table"),
        ("[targets.a\n", {"target": ["a"]}, r"targets\.toml"),
        (None, {"target": ["a"]}, "The file does not exist"),
    ],
)
def test_a_targets_file_that_does_not_fit_is_told_with_exit_code_4(folder, text, given, words) -> None:
    if text is not None:
        (folder / "targets.toml").write_text(text, encoding="utf-8")
    with pytest.raises(HarnessError, match=words) as caught:
        read_all_settings(given, folder)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("url = 5", "2: url expects a string, not 5."),
        ("url = {}", "2: url expects a string, not a table."),
        ("model = []", "2: model expects a string, not a list of 0."),
        ("model = 2026-10-21", "2: model expects a string, not a date or a time."),
        ('model = "a\\nb"', "2: model holds a line break."),
        ('model = "\\u202e"', "2: model holds an invisible character."),
        (f'model = "{"x" * 5_000}"', "2: model is longer than 4,096 characters."),
        ("header = 5", "2: header expects a list of strings, not 5."),
        ("\nheader = [5]", "3: header expects a string, not 5."),
        (f"case = [{'1,' * 1_001}]", "2: case has more than 1,000 items."),
        (
            f"concurrency = 0x{'f' * 9_000}",
            "2: concurrency expects a whole number of at least 1, not a number beyond",
        ),
        ('concurrency = "\u00b2"', "2: concurrency expects a whole number of at least 1, not '\u00b2'."),
        ("concurrency = true", "2: concurrency expects a whole number of at least 1, not true."),
        ("min-decided = 101", "2: min-decided expects a percentage from 0 to 100, not 101."),
        ("max-cost = inf", "2: max-cost expects an amount in US dollars such as 0.25, not inf."),
        ("max-cost = -1", "2: max-cost expects an amount in US dollars such as 0.25, not -1."),
        ("strict = 1", "2: strict expects true or false, not 1."),
        ("strict = []", "2: strict expects true or false, not a list of 0."),
        ("a.b = 1", "2: [tool.messages-conformance]: Unknown key 'a'"),
    ],
)
def test_a_value_of_the_wrong_type_is_one_sentence_with_file_line_and_key(folder, text, words) -> None:
    pyproject(folder, text)
    with pytest.raises(UsageError) as caught:
        read_settings({}, folder)
    assert f"{folder / 'pyproject.toml'}:{words}" in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tool = 5", "unknown"),
        ("tool.messages-conformance = 5", "pyproject.toml:1: tool.messages-conformance: Expected a table of options"),
        ("a = [", "pyproject.toml:1: Invalid TOML"),
    ],
)
def test_a_project_file_of_another_shape_is_one_sentence_or_none(folder, text, words) -> None:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    if words == "unknown":
        assert read_settings({}, folder)["url"] is None
        return
    with pytest.raises(UsageError, match=re.escape(words)):
        read_settings({}, folder)


@pytest.mark.parametrize(
    ("file", "text", "given", "words"),
    [
        (".env", "A=1\n\nMESSAGES_CONCURRENCY=many\n", {}, ".env:3: MESSAGES_CONCURRENCY expects a whole number"),
        (
            ".env",
            "MESSAGES_URL=http://[::1\nMESSAGES_MODEL=m",
            {},
            ".env:1: MESSAGES_URL: 'http://[::1' is",
        ),
        (".env", "A=1\nno value here\n", {}, ".env:2: Expected NAME=value"),
        ("targets.toml", '[targets.a]\nmodel = "m"\nurl = "nonsense"', {"target": ("a",)}, "targets.toml:3: url: "),
        (
            "targets.toml",
            '[targets."a b"]\nurl = "http://e.example"',
            {"target": ("a b",)},
            "targets.toml:1: 'a b' is",
        ),
        (
            "targets.toml",
            "[targets.a]\nmodel = 'm'",
            {"target": ("a",)},
            "targets.toml:1: [targets.a] has neither url nor vendor",
        ),
        ("targets.toml", "targets = []", {"target": ("a",)}, "targets.toml:1: targets: Expected tables [targets.NAME]"),
    ],
)
def test_what_does_not_fit_is_named_where_it_is_written(folder, file, text, given, words) -> None:
    (folder / file).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=re.escape(words)):
        _ = [target_of(settings) for settings in read_all_settings(given, folder)]


def test_a_flag_that_is_off_nearer_by_is_off(folder, monkeypatch) -> None:
    pyproject(folder, "strict = true")
    monkeypatch.setenv("MESSAGES_STRICT", "false")
    assert read_settings({}, folder)["strict"] is False


@pytest.mark.parametrize("of_file", [True, False])
def test_a_line_break_at_the_end_of_a_key_is_not_sent_and_is_named(folder, monkeypatch, of_file) -> None:
    if of_file:
        (folder / ".env").write_text('OUR_KEY="sk-ours\\n"\n', encoding="utf-8")
    else:
        monkeypatch.setenv("OUR_KEY", "sk-ours\r\n")
    settings = read_settings({"url": "http://e.example", "model": "m", "api_key_env": "OUR_KEY"}, folder)
    target = target_of(settings)
    assert target is not None
    assert (target.api_key, target.secrets) == ("sk-ours", ("sk-ours",))
    assert settings.notes == ("The value of OUR_KEY ends with a line break, which is not sent.",)
    assert read_settings({}, folder).notes == ()


def test_the_options_of_a_recorded_run_are_checked_like_any_others(folder) -> None:
    def resume(line: bytes) -> str:
        (folder / "journal.ndjson").write_bytes(line)
        with pytest.raises(UsageError) as caught:
            read_settings({"resume": "."}, folder)
        return str(caught.value)

    place = f"{folder / 'journal.ndjson'}:1: "
    assert resume(b'{"kind": "run", "options": {"url": 5}}').startswith(
        f"{place}url of the recorded run expects a string"
    )
    for line in (b"", b"\0", b"[" * 100_000, b"\xff", b'{"kind": "end"}', b"9" * 9_000):
        assert resume(line) == f"{place}This is not the journal of a run"


@pytest.mark.parametrize(
    ("url", "key", "options", "has"),
    [
        ("https://api.naga.example", KEY, {}, True),
        ("https://8.8.8.8/v1", KEY, {}, True),
        ("https://api.naga.example", "", {}, False),
        ("https://api.naga.example", "EMPTY", {}, False),
        ("https://api.naga.example", KEY, {"lacks": ["authentication"]}, False),
        ("http://127.0.0.1:8000", KEY, {}, False),
        ("http://[::1]:8000", KEY, {}, False),
        ("http://10.0.0.7:8000", KEY, {}, False),
        ("http://192.168.1.7", KEY, {}, False),
        ("http://localhost:8000", KEY, {}, False),
        ("http://vllm:8000", KEY, {}, False),
        ("http://host.docker.internal:8000", KEY, {}, False),
        ("http://127.0.0.1:8000", KEY, {"declare": ["authentication"]}, True),
        ("http://127.0.0.1:8000", "EMPTY", {"declare": ["authentication"]}, True),
    ],
)
def test_authentication_is_assumed_of_a_public_host_with_a_real_key(folder, url, key, options, has) -> None:
    (folder / ".env").write_text(f"OUR_KEY={key}\n", encoding="utf-8")
    settings = read_settings({"url": url, "model": "m", "api_key_env": "OUR_KEY", **options}, folder)
    target = target_of(settings)
    assert target is not None
    assert ("authentication" in target.declared, "authentication" in target.absent) == (has, not has)
    arguments = settings.selecting(target)
    assert ("--declare=authentication" in arguments) == ("declare" in options)
    assert ("--lacks=authentication" in arguments) == ("lacks" in options)


def test_authentication_cannot_be_declared_without_a_key(folder) -> None:
    given = {"url": "https://naga.example", "model": "m", "declare": ["authentication"]}
    with pytest.raises(UsageError, match="--declare authentication needs a key"):
        target_of(read_settings(given, folder))
