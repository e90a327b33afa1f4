"""Time-outs, retries, certificates and proxy: one spelling everywhere, and one sentence for what does not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance.base.errors import UsageError
from conformance.config.connection import Connection, connection_of
from conformance.config.options import BOUNDS, OPTIONS, PER_TARGET
from conformance.config.settings import read_settings, target_of
from conformance.config.targets_file import read_all_settings
from conformance.config.timeouts import NAMES, Timeouts, timeouts
from conformance.engine.connect import client_of
from conformance.wire.limits import Limits
from conformance.wire.redact import Redactor

OURS = ("timeout", "retries", "insecure", "ca-bundle", "proxy", *BOUNDS)


def connection(folder: Path, **given: Any) -> Connection:
    """What the options of a command line say."""
    return connection_of(read_settings(given, folder))


def test_without_options_the_defaults_hold(tmp_path: Path) -> None:
    assert connection(tmp_path) == Connection(Timeouts(), 2)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("30", Timeouts(10, 30, 30, 30)),
        ("600", Timeouts(10, 600, 600, 600)),
        ("first-byte=600", Timeouts(10, 600, 60, 600)),
        ("gap=5, total=20", Timeouts(10, 120, 5, 20)),
        ("connect=0.5", Timeouts(0.5, 120, 60, 300)),
        ("40,gap=5", Timeouts(10, 40, 5, 40)),
    ],
)
def test_a_time_out_is_a_number_or_parts_of_one(text: str, found: Timeouts, tmp_path: Path) -> None:
    assert timeouts(text) == found
    assert timeouts(str(found)) == found
    assert connection(tmp_path, timeout=text).timeouts == found


@pytest.mark.parametrize("text", ["0", "-1", "x", "first=3", "gap=", "1e3", "90000", "gap=5,", "nan", "inf"])
def test_what_is_no_time_out_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--timeout .* expects seconds"):
        read_settings({"timeout": text}, tmp_path)


def test_every_part_has_a_name() -> None:
    assert str(Timeouts()) == ",".join(
        f"{name}={value:g}" for name, value in zip(NAMES, (10, 120, 60, 300), strict=True)
    )


def test_each_option_is_read_from_every_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"timeout": 40, "retries": 0, "insecure": True, "ca-bundle": "ca.pem", "proxy": "http://p:1"}
    values |= dict.fromkeys(BOUNDS, 7)
    written = "\n".join(
        f"{name} = {str(value).lower() if not isinstance(value, str) else repr(value)}"
        for name, value in values.items()
    )
    expected = {**values, "timeout": "connect=10,first-byte=40,gap=40,total=40"}

    def seen(settings: Any) -> dict[str, Any]:
        return {name: settings[name.replace("-", "_")] for name in OURS}

    (tmp_path / "pyproject.toml").write_text(f"[tool.messages-conformance]\n{written}\n")
    assert seen(read_settings({}, tmp_path)) == expected
    (tmp_path / "pyproject.toml").unlink()
    (tmp_path / "targets.toml").write_text(f'[targets.naga]\nurl = "https://e.example"\nmodel = "m"\n{written}\n')
    assert seen(read_all_settings({"target": ["naga"]}, tmp_path)[0]) == expected
    for option in OPTIONS:
        if option.name in values:
            monkeypatch.setenv(option.variable, str(values[option.name]).lower())
    assert seen(read_settings({}, tmp_path)) == expected


def test_a_target_may_set_each_of_them() -> None:
    assert set(OURS) <= set(PER_TARGET)


def test_certificates_are_checked_by_a_bundle_or_not_at_all(tmp_path: Path) -> None:
    assert connection(tmp_path, ca_bundle="ca.pem").ca_bundle == "ca.pem"
    assert not connection(tmp_path, insecure=True).verify
    assert read_settings({"insecure": True}, tmp_path).notes == ("Certificates are not checked (--insecure).",)
    with pytest.raises(UsageError, match="either --insecure or --ca-bundle"):
        connection(tmp_path, insecure=True, ca_bundle="ca.pem")


def test_the_password_of_a_proxy_comes_from_the_environment_and_is_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROXY_PASSWORD", "pa:ss/w%rd")
    found = connection(tmp_path, proxy="http://${PROXY_PASSWORD}:${PROXY_PASSWORD}@proxy.example:3128")
    assert found.proxy == "http://pa%3Ass%2Fw%25rd:pa%3Ass%2Fw%25rd@proxy.example:3128"
    assert {"pa:ss/w%rd", "pa%3Ass%2Fw%25rd"} <= set(found.secrets)
    assert "ss/w" not in repr(found)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://me:secret@proxy.example", "holds a user name or password"),
        ("http://me:${UNSET_HERE}@proxy.example", "holds a user name or password"),
        ("http://${UNSET_HERE}@proxy.example", "UNSET_HERE, which is not set"),
        ("proxy.example:3128", "expects the URL of a proxy"),
        ("ftp://proxy.example", "expects the URL of a proxy"),
        ("http://", "expects the URL of a proxy"),
        ("http://[::1", "expects the URL of a proxy"),
    ],
)
def test_what_is_no_proxy_is_refused_and_no_password_repeated(url: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=why) as refused:
        connection(tmp_path, proxy=url)
    assert "secret" not in str(refused.value)


def test_a_run_that_is_repeated_takes_the_same_way(tmp_path: Path) -> None:
    given = {"url": "https://e.example", "model": "m", "insecure": True, "timeout": "9", "proxy": "http://p:1"}
    settings = read_settings(given, tmp_path)
    target = target_of(settings)
    assert target is not None
    arguments = settings.selecting(target)
    assert arguments[-5:] == [
        "--timeout", "connect=10,first-byte=9,gap=9,total=9", "--insecure", "--proxy", "http://p:1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "content", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_bundle_without_certificates_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "ca.pem").write_text(content)
    with pytest.raises(UsageError, match=r"ca\.pem: The file of --ca-bundle holds no certificate"):
        client_of(connection(tmp_path, ca_bundle="ca.pem"), Limits(), Redactor(()), tmp_path)


def test_a_bundle_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"ca\.pem: The file does not exist"):
        client_of(connection(tmp_path, ca_bundle="ca.pem"), Limits(), Redactor(()), tmp_path)
