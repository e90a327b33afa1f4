"""The schemas of files that hold options say what their readers say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from conformance.base.errors import UsageError
from conformance.commands.schema import WRITTEN_BY_USERS, schemas, text
from conformance.config.options import OPTIONS, PER_TARGET, Option
from conformance.config.schemas import settings_schema, targets_schema
from conformance.config.targets_file import read_targets
from conformance.config.values import convert
from conformance.standard.schemas import read_schema
from support.command import command
from support.data import CHECKOUT

VALUES: tuple[Any, ...] = (
    "text", 0, 1, 7, 100, 101, -1, 0.5, True, False, ["a"], [], [1], {}, "must", "x-api-key", ["must"], 10**9, 10**8,
)  # fmt: skip


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_a_value_that_the_schema_allows_is_read(option: Option) -> None:
    allowed = Draft202012Validator(settings_schema()["properties"][option.name])
    for value in VALUES:
        if allowed.is_valid(value) and option.kind != "timeout":
            convert(option, value, "here")


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_a_value_that_is_not_read_is_not_allowed(option: Option) -> None:
    allowed = Draft202012Validator(settings_schema()["properties"][option.name])
    for value in VALUES:
        try:
            convert(option, value, "here")
        except UsageError:
            assert not allowed.is_valid(value) or option.kind == "timeout", value


def test_the_schema_of_targets_has_the_options_of_a_target() -> None:
    entry = targets_schema()["properties"]["targets"]["additionalProperties"]
    assert sorted(entry["properties"]) == sorted(PER_TARGET)


@pytest.mark.parametrize("name", sorted(schemas()))
def test_every_schema_is_one_and_is_printed(tmp_path: Path, name: str) -> None:
    Draft202012Validator.check_schema(read_schema(schemas()[name]))
    assert command("schema", name, cwd=tmp_path).stdout == text(name)


def test_without_a_name_the_schemas_are_listed(tmp_path: Path) -> None:
    listed = command("schema", cwd=tmp_path).stdout.split()
    assert set(schemas()) <= set(listed)
    assert command("schema", "nothing", cwd=tmp_path).returncode == 4


def test_the_examples_of_the_documentation_fit_their_schemas(tmp_path: Path) -> None:
    page = (CHECKOUT / "docs" / "files.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in WRITTEN_BY_USERS)
    (written,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "targets.toml").write_text(written, encoding="utf-8")
    file = read_targets(tmp_path / "targets.toml")
    assert Draft202012Validator(targets_schema()).is_valid(file.tables)
    own, known = map(yaml.safe_load, re.findall(r"```yaml\n(.*?)```", page, re.DOTALL))
    assert Draft202012Validator(read_schema(schemas()["cases"])).is_valid(own)
    known[0]["expires"] = str(known[0]["expires"])
    assert Draft202012Validator(read_schema(schemas()["baseline"])).is_valid(known)
