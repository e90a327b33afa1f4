"""Keys on a command line are refused and not repeated; names, dates and paths are no keys."""

from __future__ import annotations

import pytest

from conformance.base.errors import UsageError
from conformance.config.keys import check_arguments, resembles_key

KEY = "sk-ant-api03-Zx9Qw8Er7Ty6"


@pytest.mark.parametrize(
    "text",
    ["claude-haiku-4-5-20251001", "20251127T000000Z-run", "qwen2.5-coder-32b-instruct-q4_k_m", "messages-empty-string",
     "meta-llama/Llama-3.3-70B-Instruct-Turbo", "test_a_key_is_refused_and_not_repeated0", ""],
)  # fmt: skip
def test_a_name_does_not_resemble_a_key(text: str) -> None:
    assert not resembles_key(text)


@pytest.mark.parametrize("text", [KEY, "sk-short", "d41d8cd98f00b204e9800998ecf8427e", "Zx9Qw8Er7Ty6Ui5Op4As3"])
def test_random_characters_resemble_a_key(text: str) -> None:
    assert resembles_key(text)


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", KEY],
        ["run", "--url", f"https://x/?k={KEY}"],
        ["run", "--header", f"x-api-key: {KEY}"],
        ["run", f"--auth={KEY}"],
        ["run", "--case", KEY],
        ["run", "--", f"-k{KEY}", f"--x='{KEY}'"],
        ["run", "--api-key", "Canary0123"],
        ["run", "--api-key=Canary0123"],
        ["run", "--messages-api-key=Canary0123"],
    ],
)
def test_a_key_on_the_command_line_is_refused_and_not_repeated(arguments: list[str]) -> None:
    with pytest.raises(UsageError, match="--api-key-env OUR_KEY") as refused:
        check_arguments(arguments)
    assert KEY not in str(refused.value)
    assert "Canary" not in str(refused.value)


@pytest.mark.parametrize(
    "arguments", [["run", "--case", "tools-any-forces-a-call"], ["--api-key-env", "OUR_KEY"], ["--out", "sk-reports"]]
)
def test_other_arguments_are_accepted(arguments: list[str]) -> None:
    check_arguments(arguments)


def test_options_of_others_may_be_called_as_they_like() -> None:
    check_arguments(["--token=abc", "--key", "abc"], "--messages-")
