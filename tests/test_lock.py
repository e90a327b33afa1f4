"""The tests run against locked versions, so that what a registry brings never decides them."""

from __future__ import annotations

import re
import tomllib
from configparser import ConfigParser

from conformance.standard.source import load_yaml
from support.data import CHECKOUT

LOCK = CHECKOUT / "requirements-dev.lock"


def locked() -> dict[str, str]:
    lines = [line for line in LOCK.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return dict(line.split("==") for line in lines)


def required() -> dict[str, str]:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *extras["dev"], *extras["browser"]]
    return {normal(re.split(r"[^\w.-]", line)[0]): line for line in lines}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_everything_that_development_requires_is_locked() -> None:
    assert set(required()) - set(locked()) == set()


def test_the_lock_holds_exact_versions_and_nothing_else() -> None:
    wrong = [f"{name}=={version}" for name, version in locked().items() if not re.fullmatch(r"[\w.+!]+", version)]
    assert wrong == []
    assert list(locked()) == sorted(map(normal, locked()))


def test_the_sdk_is_the_one_that_the_explained_differences_are_for() -> None:
    explained = str(load_yaml(CHECKOUT / "specs" / "drift.yaml")["sdk"])
    assert locked()["anthropic"] == explained
    assert required()["anthropic"].partition("==")[2] == explained


def test_only_what_looks_for_newer_versions_goes_without_the_lock() -> None:
    tox = ConfigParser()
    tox.read(CHECKOUT / "tox.ini")
    assert tox["testenv"]["constraints"] == LOCK.name
    free = {name for name in tox.sections() if name != "testenv" and tox[name].get("constraints") == ""}
    assert free == {"testenv:lock", "testenv:drift-newest"}
