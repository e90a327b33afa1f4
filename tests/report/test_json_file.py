"""results.json and its schema."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from conformance.base.dataclass_json import decode, encode
from conformance.base.errors import HarnessError
from conformance.model import Where
from conformance.report.json_file import SCHEMA_FILE, from_json, load, render, to_json
from conformance.results import model
from support import sample

SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def validator():
    Draft202012Validator.check_schema(SCHEMA)
    return Draft202012Validator(SCHEMA)


def test_results_survive_the_way_to_text_and_back(results):
    assert load(render(results).encode()) == results


def test_tiers_and_baseline_survive_too(results):
    for make in (sample.with_tiers, sample.with_clients, sample.with_claims, sample.with_baseline):
        full = make(results)
        assert load(render(full).encode()) == full


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(case=st.builds(model.CaseResult), exchange=st.builds(model.ExchangeSummary))
def test_any_result_survives_as_json_values(case, exchange):
    for value in (case, exchange):
        assert decode(type(value), encode(value), "") == value


def test_the_file_fits_its_schema(results, hostile, validator):
    for shown in (
        results,
        hostile,
        sample.with_clients(results),
        sample.with_claims(results),
        sample.with_baseline(results),
        sample.results(complete=False),
    ):
        validator.validate(json.loads(render(shown)))


def test_the_schema_knows_every_field_and_no_other():
    kinds = [kind for kind in vars(model).values() if isinstance(kind, type) and is_dataclass(kind)]
    for kind in [kind for kind in kinds if kind is not model.Results]:
        name = kind.__name__[0].lower() + kind.__name__[1:]
        assert set(SCHEMA["$defs"][name]["properties"]) == {item.name for item in fields(kind)}
    assert set(SCHEMA["properties"]) == {item.name for item in fields(model.Results)} | {"summary"}
    assert set(SCHEMA["$defs"]["where"]["properties"]) == {item.name for item in fields(Where)}


def test_the_file_starts_with_its_schema_version_and_is_ascii(hostile):
    text = render(hostile)
    assert text.startswith('{\n "schema_version": "1.')
    assert text.isascii()


def test_a_newer_minor_version_with_keys_that_are_unknown_is_read(results):
    data = to_json(results) | {"schema_version": "1.7", "novelty": {"a": 1}}
    data["cases"][0]["novelty"] = True
    assert from_json(data).cases == results.cases


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "This is not a results file"),
        ("[" * 100_000, "This is not a results file"),
        ("[]", "This is not a results file: schema_version is missing"),
        ('{"schema_version": "2.0"}', "has schema version 2.0, this version of messages-conformance reads 1.x"),
        ('{"schema_version": "1.0"}', "Results file, /suite: the key is missing"),
        ('{"schema_version": "1.0", "suite": []}', "Results file, /suite: unexpected type list"),
        ('{"schema_version": "1.0", "suite": {"version": "1"}, "target": NaN}', "NaN is not JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_one_sentence(text, message):
    with pytest.raises(HarnessError) as caught:
        load(text.encode())
    assert message in str(caught.value)
    assert caught.value.exit_code == 4


def test_an_unknown_outcome_is_told_with_its_place(results):
    data = to_json(results)
    data["cases"][3]["outcome"] = "splendid"
    with pytest.raises(HarnessError, match="Results file, /cases/3/outcome: unknown value 'splendid'"):
        from_json(data)


def test_a_lone_surrogate_does_not_reach_the_file(hostile):
    assert "\\ud800" not in render(hostile)
