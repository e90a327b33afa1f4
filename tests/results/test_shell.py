"""Lines that readers paste into a shell."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.model import Mode
from conformance.results.shell import LONGEST_BODY, accept, curl, rerun, variables_in

URL = "https://api.example/v1/messages"
SHELLS = [shell for shell in ("sh", "bash", "dash") if shutil.which(shell)]


def run(line: str, shell: str = "sh", **variables: str) -> tuple[list[str], bytes]:
    """What a shell makes of a curl line: the arguments, and what is fed on standard input."""
    script = f"curl() {{ for a in \"$@\"; do printf '%s\\0' \"$a\"; done; printf '\\0\\0'; cat; }}\n{line}\n"
    done = subprocess.run(
        [str(shutil.which(shell)), "-c", script],
        input=b"",
        capture_output=True,
        check=True,
        env=variables | {"PATH": "/usr/bin:/bin"},
    )
    arguments, _, fed = done.stdout.partition(b"\0\0\0")
    return [part.decode() for part in arguments.split(b"\0")], fed


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=25, deadline=None)
@given(
    body=st.one_of(
        st.binary(min_size=1, max_size=300),
        st.text(min_size=1, max_size=100).map(lambda t: t.encode("utf-8", "replace")),
    )
)
def test_any_body_reaches_curl_unchanged(shell, body):
    arguments, fed = run(curl("POST", URL, body=body), shell)
    flag, value = arguments[-2:]
    assert (value.encode() if flag == "--data-raw" else fed) == body


@pytest.mark.parametrize("body", [b"@/etc/passwd", b"-n", b"%s%n", b"'$(id)'`id`", b'{"a":"\xff"}', b"a\nb\\n", b"\0"])
def test_bodies_that_a_shell_or_curl_reads_as_something_else_stay_bodies(body):
    arguments, fed = run(curl("POST", URL, body=body))
    flag, value = arguments[-2:]
    assert flag == ("--data-raw" if value != "@-" else "--data-binary")
    assert (value.encode() if flag == "--data-raw" else fed) == body


def test_keys_are_read_from_the_named_variable():
    line = curl(
        "POST", URL, [("x-api-key", "sk-secret"), ("Authorization", "Bearer sk-secret")], b"{}", key_env="NAGA_API_KEY"
    )
    assert "sk-secret" not in line
    assert '-H "x-api-key: $NAGA_API_KEY"' in line
    arguments, _ = run(line, NAGA_API_KEY="from the environment")
    assert "x-api-key: from the environment" in arguments
    assert "authorization: Bearer from the environment" in arguments


@pytest.mark.parametrize(
    "name", ["cookie", "x-portkey-api-key", "Proxy-Authorization", "x-session-token", "x-client-secret", "x-team"]
)
def test_no_header_that_is_not_known_to_be_harmless_appears_with_its_value(name):
    assert "hush" not in curl("GET", URL, [(name, "hush")])


@pytest.mark.parametrize("variable", ["A; rm -rf /", "$(id)", "", None, "1A"])
def test_a_variable_name_that_is_none_is_replaced(variable):
    assert '"x-api-key: $ANTHROPIC_API_KEY"' in curl("GET", URL, [("x-api-key", "k")], key_env=variable)


def test_an_invalid_key_is_written_as_one():
    line = curl("GET", URL, [("x-api-key", "anything"), ("authorization", "Bearer anything")], auth="invalid")
    assert '-H "x-api-key: not-a-key" -H "authorization: Bearer not-a-key"' in line


def test_headers_that_curl_sets_are_left_out_and_the_others_kept():
    headers = [("host", "h"), ("content-length", "2"), ("user-agent", "u"), ("anthropic-beta", "a, b"), ("x-empty", "")]
    arguments, _ = run(curl("GET", URL, headers))
    assert arguments == ["-si", URL, "-H", "anthropic-beta: a, b", "-H", "x-empty;"]


def test_a_long_body_is_read_from_its_file_and_without_one_there_is_no_command():
    body = b"x" * (LONGEST_BODY + 1)
    assert curl("POST", URL, body=body, file="a run/body.json").endswith("--data-binary '@a run/body.json'")
    assert curl("POST", URL, body=body) == ""


@pytest.mark.parametrize(("value", "sent"), [("${TEAM}", "blue"), ('a "b" $x `y` \\ ${TEAM}', 'a "b" $x `y` \\ blue')])
def test_headers_of_the_run_are_filled_in_by_the_shell(value, sent):
    line = curl("GET", URL, [("x-team", "[redacted]")], extra=[f"X-Team: {value}"])
    arguments, _ = run(line, TEAM="blue", x="never")
    assert f"x-team: {sent}" in arguments
    assert variables_in([line], "KEY", [f"X-Team: {value}"]) == ("TEAM",)


def test_certificates_are_checked_as_the_run_did():
    assert "curl -si -k " in curl("GET", URL, select=("--insecure",))
    assert "--cacert 'our ca.pem'" in curl("GET", URL, select=("--ca-bundle", "our ca.pem"))


def test_rerun_names_the_file_of_an_own_case():
    assert rerun("a-case", file="own cases.messages.yaml").endswith("--case a-case 'own cases.messages.yaml'")


def test_streams_are_not_buffered_and_methods_are_named_where_curl_would_choose_another():
    assert curl("POST", URL, body=b"{}", stream=True).startswith("curl -siN https")
    assert "-X POST" in curl("POST", URL)
    assert "-X PUT" in curl("PUT", URL, body=b"{}")
    assert "-X" not in curl("GET", URL)


def test_a_url_never_shows_a_user():
    assert curl("GET", "https://user:pw@api.example/v1/models") == "curl -si https://api.example/v1/models"


def test_brackets_in_a_url_are_no_pattern_for_curl():
    assert curl("GET", "https://a.example/v1/models?x[]=1") == "curl -si -g 'https://a.example/v1/models?x[]=1'"


def test_rerun_names_target_case_and_mode():
    assert rerun("a-case", ("--target", "naga"), Mode.STREAM) == (
        "messages-conformance run --target naga --case a-case --mode stream"
    )
    assert rerun("a-case", ("--model", "a b")) == "messages-conformance run --model 'a b' --case a-case"


def test_accept_is_a_line_of_the_baseline():
    assert accept("a-case") == "add to the baseline: {case: a-case, reason: ..., expires: ...}"
    assert accept("a-case", Mode.JSON) == "add to the baseline: {case: a-case, mode: json, reason: ..., expires: ...}"
