"""The target: what a base URL can mean, and what is sent as credentials."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.base.errors import HarnessError
from conformance.config.target import INVALID_KEY, Target, check_url, name_of, roots

TARGET = Target("t", "https://api.example.com", "some-model", api_key="k-123456", auth="x-api-key")


@pytest.mark.parametrize(
    ("url", "likeliest", "other"),
    [
        ("https://a.example", "https://a.example/v1", "https://a.example"),
        ("https://a.example/", "https://a.example/v1", "https://a.example"),
        ("https://a.example/v1", "https://a.example/v1", "https://a.example/v1/v1"),
        ("https://a.example/v1/", "https://a.example/v1", "https://a.example/v1/v1"),
        ("https://a.example/v1/messages", "https://a.example/v1", "https://a.example/v1/v1"),
        ("https://a.example/anthropic", "https://a.example/anthropic/v1", "https://a.example/anthropic"),
        ("https://a.example/api/messages/", "https://a.example/api/v1", "https://a.example/api"),
    ],
)
def test_a_base_url_means_one_of_two_roots_the_likeliest_first(url, likeliest, other) -> None:
    assert roots(url) == (likeliest, other)


def test_v1_in_a_path_stands_for_the_root_that_answered() -> None:
    settled = TARGET.settled(root="https://api.example.com/anthropic", auth="bearer")
    assert settled.address("/v1/messages", {}) == "https://api.example.com/anthropic/messages"
    assert TARGET.address("/v1/messages/count_tokens", {}) == "https://api.example.com/v1/messages/count_tokens"


def test_a_path_outside_v1_stands_under_the_base_url() -> None:
    assert TARGET.address("/nowhere", {}) == "https://api.example.com/nowhere"


def test_query_values_are_written_as_http_writes_them() -> None:
    assert TARGET.address("/v1/models", {"limit": 1, "after_id": "a b&c", "beta": True}).endswith(
        "/v1/models?limit=1&after_id=a+b%26c&beta=true"
    )


def test_nothing_in_a_path_can_leave_it() -> None:
    address = TARGET.address("/v1/models/a b?x#y", {})
    assert address == "https://api.example.com/v1/models/a%20b%3Fx%23y"


@pytest.mark.parametrize(
    ("style", "names"),
    [
        ("default", {"x-api-key"}),
        ("x-api-key", {"x-api-key"}),
        ("bearer", {"authorization"}),
        ("both", {"x-api-key", "authorization"}),
        ("none", set()),
        ("invalid", {"x-api-key"}),
    ],
)
def test_credentials_by_style(style, names) -> None:
    headers = TARGET.credentials(style)
    assert headers.keys() == names
    wanted = INVALID_KEY if style == "invalid" else "k-123456"
    assert all(value in (wanted, f"Bearer {wanted}") for value in headers.values())


def test_an_invalid_key_is_sent_in_the_style_of_the_run() -> None:
    assert replace(TARGET, auth="bearer").credentials("invalid") == {"authorization": f"Bearer {INVALID_KEY}"}


def test_without_a_key_nothing_is_sent_except_an_invalid_one() -> None:
    keyless = replace(TARGET, api_key=None)
    assert keyless.credentials("default") == keyless.credentials("both") == {}
    assert keyless.credentials("invalid") == {"x-api-key": INVALID_KEY}


def test_no_secret_stands_in_the_text_of_a_target() -> None:
    told = repr(replace(TARGET, headers=(("x-team", "secret-team-token"),), secrets=("secret-team-token",)))
    assert "k-123456" not in told
    assert "secret-team-token" not in told


@pytest.mark.parametrize(
    "url", ["example.com", "ftp://example.com", "http://", "https://user:pw@example.com", "https://e.com/?k=1", ""]
)
def test_what_is_no_base_url_is_told_with_exit_code_4(url) -> None:
    with pytest.raises(HarnessError) as caught:
        check_url(url)
    assert caught.value.exit_code == 4
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://API.Example.com/anthropic", "api.example.com"),
        ("http://127.0.0.1:4100", "127.0.0.1-4100"),
        ("http://[::1]:80/", "-1-80"),
    ],
)
def test_a_name_that_can_be_a_folder(url, name) -> None:
    assert name_of(url).strip("-") == name.strip("-")
    assert "/" not in name_of(url)
    assert ":" not in name_of(url)
