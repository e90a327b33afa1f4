"""Checks on structured output: what follows the schema of the request, what does not, and what shows nothing."""

from __future__ import annotations

import pytest

from support import make
from support.make import observe

SCHEMA = {
    "type": "object",
    "properties": {"note": {"type": "string"}, "unit": {"enum": ["celsius"]}, "city": {"type": "string"}},
    "required": ["unit", "city"],
}
REQUEST = {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}


def answer(text, **changes):
    return make.reply(make.message(text, **changes), request=REQUEST)


@pytest.mark.parametrize("text", ['{"unit": "celsius", "city": "Oslo"}', '{"unit": "CELSIUS", "city": "Oslo"}'])
def test_json_that_is_valid_for_the_schema_passes_whatever_the_case_of_enum_values(text):
    observation = observe("json-output", True, answer(text))
    assert observation.seen
    assert observation.findings == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("It is 5 degrees.", "ignored"),
        ('```json\n{"unit": "celsius", "city": "Oslo"}\n```', "ignored"),
        ('{"unit": "celsius"}', "deviation"),
        ('{"unit": "kelvin", "city": "Oslo"}', "deviation"),
    ],
)
def test_prose_means_ignored_and_other_json_deviates(text, kind):
    (finding,) = observe("json-output", True, answer(text)).findings
    assert finding.kind == kind


def test_a_cut_answer_and_a_request_without_schema_show_nothing():
    assert not observe("json-output", True, answer('{"unit": ', stop_reason="max_tokens")).seen
    assert not observe("json-output", True, make.reply(make.message("{}"))).seen


def test_required_properties_come_first_in_the_order_of_the_schema():
    assert observe("json-order", True, answer('{"unit": "celsius", "city": "Oslo", "note": ""}')).findings == ()
    (finding,) = observe("json-order", True, answer('{"note": "", "unit": "celsius", "city": "Oslo"}')).findings
    assert (finding.expected, finding.actual) == ("unit, city, note", "note, unit, city")


@pytest.mark.parametrize("text", ["no JSON", "[1, 2]", '{"city": "Oslo"}'])
def test_what_has_no_order_shows_nothing(text):
    assert not observe("json-order", True, answer(text)).seen
