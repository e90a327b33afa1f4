"""`--vendor`: what the profile of a vendor supplies, and what does not come from elsewhere then."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.base.errors import UsageError
from conformance.config.settings import read_settings, target_of
from conformance.config.target import Target
from conformance.config.targets_file import read_all_settings
from conformance.standard.vendors import load_vendor

NAGA = load_vendor("naga")
KEY = "sk-0123456789-secret"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAGA.key_variable, KEY)


def target(folder: Path, **given: object) -> Target:
    found = target_of(read_settings({"vendor": "naga", **given}, folder))
    assert found is not None
    return found


def test_a_vendor_needs_only_a_key(tmp_path: Path) -> None:
    found = target(tmp_path)
    assert (found.name, found.url, found.model) == ("naga", NAGA.base_url, NAGA.models[0])
    assert (found.api_key, found.key_name, found.auth) == (KEY, NAGA.key_variable, NAGA.auth)
    assert found.absent >= set(NAGA.exempt)


def test_what_is_given_comes_before_the_profile(tmp_path: Path) -> None:
    found = target(tmp_path, url="https://api.other.example", model="m-2", name="mine")
    assert (found.name, found.url, found.model) == ("mine", "https://api.other.example", "m-2")
    assert found.key_name == NAGA.key_variable


def test_the_environment_names_no_other_endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is left from another job must not send this vendor's key elsewhere."""
    for name, value in (("URL", "https://elsewhere.example"), ("MODEL", "m-9"), ("API_KEY_ENV", "OTHER_KEY")):
        monkeypatch.setenv(f"MESSAGES_{name}", value)
    found = target(tmp_path)
    assert (found.url, found.model, found.key_name) == (NAGA.base_url, NAGA.models[0], NAGA.key_variable)


def test_capabilities_that_a_vendor_never_promised_add_to_those_that_are_given(tmp_path: Path) -> None:
    exempt = next(iter(NAGA.exempt))
    assert target(tmp_path, lacks=["vision"]).absent >= {"vision", *NAGA.exempt}
    found = target(tmp_path, declare=[exempt])
    assert exempt in found.declared
    assert exempt not in found.absent


def test_without_its_key_a_vendor_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAGA.key_variable)
    with pytest.raises(UsageError, match=f"--vendor naga: Set the environment variable {NAGA.key_variable}"):
        target(tmp_path)
    assert target(tmp_path, url="http://127.0.0.1:4100").api_key is None


def test_a_target_may_be_a_vendor(tmp_path: Path) -> None:
    (tmp_path / "targets.toml").write_text("[targets.cheap]\nvendor = 'naga'\nmodel = 'm-3'\n", encoding="utf-8")
    (settings,) = read_all_settings({"target": ["cheap"]}, tmp_path)
    found = target_of(settings)
    assert found is not None
    assert (found.name, found.url, found.model) == ("cheap", NAGA.base_url, "m-3")


def test_the_command_that_chooses_the_target_again_names_the_vendor(tmp_path: Path) -> None:
    settings = read_settings({"vendor": "naga"}, tmp_path)
    found = target_of(settings)
    assert found is not None
    assert settings.selecting(found)[:2] == ["--vendor", "naga"]
    assert settings.recorded["vendor"] == "naga"


def test_an_unknown_vendor_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Unknown vendor 'nobody'"):
        read_settings({"vendor": "nobody"}, tmp_path)


def test_an_empty_vendor_is_no_default(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--vendor is empty"):
        read_settings({"vendor": " "}, tmp_path)
