"""Error causes concern us where a method for a path of the document raises them, or where no method lists them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, overload

import pytest

from conformance.model import Json
from conformance.sdk_drift.methods import METHODS, causes, headers_of, missing_methods, raised_by
from conformance.sdk_drift.sdk import Types
from conformance.standard.document import load_document

pydantic = pytest.importorskip("pydantic", reason="pydantic comes with the SDK, a development extra")


class KeyDisabledErrorDetails(pydantic.BaseModel):
    error_code: Literal["key_disabled"]


class PluginTakenErrorDetails(pydantic.BaseModel):
    error_code: Literal["plugin_taken"]


class OnHoldErrorDetails(pydantic.BaseModel):
    error_code: Literal["on_hold"]


UNION = KeyDisabledErrorDetails | PluginTakenErrorDetails | OnHoldErrorDetails


class Messages:
    @overload
    def create(self, stream: Literal[True]) -> int:
        """Sends it.

        Raises:
          KeyDisabledError:

          NewCMEKThingError: What it means.
        """

    @overload
    def create(self, stream: Literal[False]) -> str: ...

    def create(self, stream: bool) -> Any:
        return {"anthropic-beta": "token-counting-2024-11-01", "not a header": 1}


class Silent:
    def create(self) -> None:
        """Sends it."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plugins.py").write_text('"""\n        Raises:\n          PluginTakenError:\n"""\n')
    return tmp_path


def lookup_of(messages: Any, folder: Path) -> Any:
    names = {
        "resources": SimpleNamespace(__path__=[str(folder)]),
        "resources.messages.messages.Messages.create": messages,
    }
    return names.get


def codes(handle: Any) -> set[Json]:
    types = Types()
    return {
        value
        for member in types.shape(handle).objects
        for value in types.shape(types.thing(member).fields["error_code"].handle).values or ()
    }


def test_a_cause_that_only_other_paths_raise_is_left_out_and_named(folder: Path) -> None:
    found = causes(UNION, lookup_of(Messages.create, folder))
    assert codes(found.raised) == {"key_disabled", "on_hold", "new_cmek_thing"}
    assert found.others == ("plugin_taken",)


def test_without_any_list_every_cause_concerns_us(folder: Path) -> None:
    found = causes(UNION, lookup_of(Silent.create, folder))
    assert codes(found.raised) == {"key_disabled", "plugin_taken", "on_hold"}
    assert found.others == ()


def test_the_lists_of_overloads_count() -> None:
    assert raised_by(Messages.create) == {"KeyDisabledError", "NewCMEKThingError"}


def test_the_headers_and_betas_that_a_method_names_are_found(folder: Path) -> None:
    found = set(headers_of(lookup_of(Messages.create, folder)))
    assert found == {("createMessage", "anthropic-beta"), ("createMessage", "token-counting-2024-11-01")}


def test_every_operation_of_the_document_has_its_method() -> None:
    paths = load_document("2026-10-21").tree["paths"]
    operations = {each["operationId"] for path in paths.values() for each in path.values() if "operationId" in each}
    assert set(METHODS) == operations


def test_a_method_that_is_gone_is_named(folder: Path) -> None:
    missing = set(missing_methods(lookup_of(Messages.create, folder)))
    assert ("createMessage", "resources.messages.messages.Messages.create") not in missing
    assert ("countTokens", "resources.messages.messages.Messages.count_tokens") in missing
    assert ("createMessage", "resources.beta.messages.messages.Messages.create") in missing
