"""Genuine recorded exchanges against the document: what the API really said is never refused."""

import json
import re
from collections import Counter

import pytest

from conformance.standard.betas import beta_names
from conformance.standard.document import load_document
from conformance.standard.paths import spec_folder
from support.data import genuine, read_data

VERSION = "2023-06-01"  # what nearly all recordings were made with

HIDDEN = "REDACTED"  # some recorders hide the values of headers


@pytest.fixture
def exchanges(corpus):
    """The genuine exchanges of a corpus by path and status."""

    def of(path, status=200):
        return [
            item
            for item in genuine(corpus)
            if item["response"]["status"] == status
            and re.sub(r"^https?://[^/]+|\?.*$", "", item["request"]["url"]) == path
        ]

    return of


def refused(component, instance, betas=()):
    document = load_document(VERSION).with_betas(betas)
    return [f"{item.pointer} {item.message}" for item in document.validate(component, instance)]


def betas_of(item):
    """The betas that a recorded request asked for; all of them where the recording hides the header."""
    header = next((value for name, value in item["request"]["headers"].items() if name.lower() == "anthropic-beta"), "")
    return beta_names(spec_folder()) if HIDDEN in header else [name.strip() for name in header.split(",")]


def test_every_recorded_json_message_is_valid(exchanges):
    bodies = [item["response"]["body"] for item in exchanges("/v1/messages") if "sse" not in item["response"]]
    assert len(bodies) > 100
    assert Counter(place for body in bodies for place in refused("Message", body)) == {}


def test_every_recorded_stream_event_is_valid(exchanges):
    streams = [item["response"]["sse"] for item in exchanges("/v1/messages") if "sse" in item["response"]]
    events = [json.loads(data) for text in streams for data in re.findall(r"^data: ?(.*)$", text, re.MULTILINE)]
    assert len(events) > 1000
    assert Counter(place for event in events for place in refused("RawMessageStreamEvent", event)) == {}


@pytest.mark.parametrize("status", [400, 401, 404])
def test_every_recorded_error_envelope_is_valid(exchanges, status):
    bodies = [item["response"]["body"] for item in exchanges("/v1/messages", status)]
    assert bodies
    assert Counter(place for body in bodies for place in refused("ErrorResponse", body)) == {}


def test_every_recorded_count_and_models_page_is_valid(exchanges):
    counts = [item["response"]["body"] for item in exchanges("/v1/messages/count_tokens")]
    pages = [item["response"]["body"] for item in exchanges("/v1/models")]
    assert counts
    assert pages
    assert [refused("MessageTokensCount", body) for body in counts if refused("MessageTokensCount", body)] == []
    assert [refused("ModelsPage", body) for body in pages if refused("ModelsPage", body)] == []


@pytest.mark.parametrize(
    ("path", "component"),
    [("/v1/messages", "MessageCreateParams"), ("/v1/messages/count_tokens", "MessageCountTokensParams")],
)
def test_every_recorded_request_that_was_accepted_is_valid_with_the_betas_it_asked_for(exchanges, path, component):
    accepted = exchanges(path)
    strange = Counter(
        place for item in accepted for place in refused(component, item["request"]["body"], betas_of(item))
    )
    assert accepted
    assert strange == {}


def test_the_betas_of_recorded_requests_are_needed(exchanges):
    lacking = [item for item in exchanges("/v1/messages") if refused("MessageCreateParams", item["request"]["body"])]
    assert len(lacking) > 10
    assert [item["source"] for item in lacking if betas_of(item) == [""]] == []


def test_with_all_betas_every_recorded_answer_is_still_valid(exchanges):
    betas = beta_names(spec_folder())
    items = exchanges("/v1/messages")
    bodies = [item["response"]["body"] for item in items if "sse" not in item["response"]]
    assert Counter(place for body in bodies for place in refused("Message", body, betas)) == {}
    streams = [item["response"]["sse"] for item in items if "sse" in item["response"]]
    told = [data for text in streams for data in re.findall(r"^data: ?(.*)$", text, re.MULTILINE)]
    events = [json.loads(data) for data in told if '"text_delta"' not in data]
    assert Counter(place for event in events for place in refused("RawMessageStreamEvent", event, betas)) == {}


def test_the_document_finds_what_the_api_refused_at_the_place_that_the_api_named(exchanges):
    named = Counter()
    for item in exchanges("/v1/messages", 400):
        message = item["response"]["body"]["error"]["message"]
        place = message.split(":")[0].replace(".custom.", ".").replace(".", "/")
        found = [violation.pointer for violation in load_document(VERSION).validate(*request_of(item))]
        if f"/{place}" in found:
            named[place] += 1
    assert set(named) >= {"tools/0/input_schema/type", "temperature"}


def request_of(item):
    return "MessageCreateParams", item["request"]["body"]


def test_captured_client_requests_differ_only_in_what_the_capture_shortened():
    strange = Counter()
    for capture in (each for each in read_data("client_requests.json") if each["body"]):
        component = "MessageCountTokensParams" if "count_tokens" in capture["path"] else "MessageCreateParams"
        betas = [name.strip() for name in capture["anthropic-beta"].split(",")]
        for violation in load_document(VERSION).with_betas(betas).validate(component, capture["body"]):
            strange[re.sub(r"/\d+", "/N", violation.pointer)] += 1
    assert set(strange) == {"/tools/N/keys", "/tools/N/input_schema/type"}


BREAKS_ONE_EVENT = {
    *("start_no_usage", "start_usage_null", "start_no_content", "start_content_null", "delta_no_usage"),
    *("delta_usage_no_output", "delta_no_delta", "json_object_delta", "text_start_no_text", "text_delta_null"),
    *("thinking_no_field", "no_type_in_data", "tool_input_string", "index_string"),
}


def test_of_the_sdk_probes_exactly_those_with_a_broken_event_are_refused():
    broken = set()
    for stream in read_data("probe_streams.json"):
        for data in re.findall(r"^data: ?(.*)$", stream["sse"].replace("\r\n", "\n"), re.MULTILINE):
            try:
                event = json.loads(data)
            except ValueError:
                continue
            if refused("RawMessageStreamEvent", event):
                broken.add(stream["id"])
    assert broken == BREAKS_ONE_EVENT
