"""Genuine recorded exchanges against the document: what the API really said is never refused."""

import gzip
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from conformance.standard.document import load_document

SHARED = Path(__file__).parents[3] / "shared"
CORPUS = SHARED / "corpus" / "exchanges.jsonl.gz"
CAPTURES = SHARED / "clients" / "captures.jsonl"
STREAMS = SHARED / "clients" / "sdk_streams.json"
VERSION = "2023-06-01"  # what nearly all recordings were made with

recordings = pytest.mark.skipif(not CORPUS.is_file(), reason="the recordings (../shared/corpus) are not here")

BETA_FIELDS = {"mcp_servers", "context_management", "output_format", "thread"}
BETA_BLOCKS = {"compaction", "mcp_tool_use", "mcp_tool_result", "advisor_tool_result", "tool_addition", "tool_removal"}


@cache
def exchanges(path, status=200):
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        every = [json.loads(line) for line in lines]
    return [
        item
        for item in every
        if not item.get("synthetic")
        and item["response"]["status"] == status
        and re.sub(r"^https?://[^/]+|\?.*$", "", item["request"]["url"]) == path
    ]


def refused(component, instance):
    return [f"{item.pointer} {item.message}" for item in load_document(VERSION).validate(component, instance)]


@recordings
def test_every_recorded_json_message_is_valid():
    bodies = [item["response"]["body"] for item in exchanges("/v1/messages") if "sse" not in item["response"]]
    assert len(bodies) > 800
    assert Counter(place for body in bodies for place in refused("Message", body)) == {}


@recordings
def test_every_recorded_stream_event_is_valid():
    streams = [item["response"]["sse"] for item in exchanges("/v1/messages") if "sse" in item["response"]]
    events = [json.loads(data) for text in streams for data in re.findall(r"^data: ?(.*)$", text, re.MULTILINE)]
    assert len(events) > 6000
    assert Counter(place for event in events for place in refused("RawMessageStreamEvent", event)) == {}


@recordings
@pytest.mark.parametrize("status", [400, 401, 404])
def test_every_recorded_error_envelope_is_valid(status):
    bodies = [item["response"]["body"] for item in exchanges("/v1/messages", status)]
    assert bodies
    assert Counter(place for body in bodies for place in refused("ErrorResponse", body)) == {}


@recordings
def test_every_recorded_count_and_models_page_is_valid():
    counts = [item["response"]["body"] for item in exchanges("/v1/messages/count_tokens")]
    pages = [item["response"]["body"] for item in exchanges("/v1/models")]
    assert counts
    assert pages
    assert [refused("MessageTokensCount", body) for body in counts if refused("MessageTokensCount", body)] == []
    assert [refused("ModelsPage", body) for body in pages if refused("ModelsPage", body)] == []


@recordings
@pytest.mark.parametrize(
    ("path", "component"),
    [("/v1/messages", "MessageCreateParams"), ("/v1/messages/count_tokens", "MessageCountTokensParams")],
)
def test_every_recorded_request_that_was_accepted_is_valid_but_for_betas(path, component):
    bodies = [item["request"]["body"] for item in exchanges(path)]
    strange = Counter(place for body in bodies for place in refused(component, body) if not is_beta(body, place))
    assert bodies
    assert strange == {}


def is_beta(body, place):
    steps = place.split(" ")[0].split("/")[1:]
    if steps[0] in BETA_FIELDS:
        return True
    value = body
    for step in steps[:4] if steps[0] == "messages" else steps[:2]:
        value = value[int(step)] if isinstance(value, list) else value.get(step)
    kind = value.get("type") if isinstance(value, dict) else None
    return kind in BETA_BLOCKS or kind == "mcp_toolset"


@recordings
def test_the_document_finds_what_the_api_refused_at_the_place_that_the_api_named():
    named = Counter()
    for item in exchanges("/v1/messages", 400):
        message = item["response"]["body"]["error"]["message"]
        place = message.split(":")[0].replace(".custom.", ".").replace(".", "/")
        found = [violation.pointer for violation in load_document(VERSION).validate(*request_of(item))]
        if f"/{place}" in found:
            named[place] += 1
    assert named["tools/0/input_schema/type"] == 7
    assert named["temperature"] == 1


def request_of(item):
    return "MessageCreateParams", item["request"]["body"]


@pytest.mark.skipif(not CAPTURES.is_file(), reason="the captured requests (../shared/clients) are not here")
def test_captured_client_requests_differ_only_in_betas_and_in_what_the_capture_shortened():
    strange = Counter()
    for line in CAPTURES.read_text(encoding="utf-8").splitlines():
        capture = json.loads(line)
        if capture["method"] != "POST" or not isinstance(capture["body"], dict):
            continue
        component = "MessageCountTokensParams" if "count_tokens" in capture["path"] else "MessageCreateParams"
        for violation in load_document(VERSION).validate(component, capture["body"]):
            strange[re.sub(r"/\d+", "/N", violation.pointer)] += 1
    shortened = {"/tools/N/keys", "/tools/N/input_schema/type"}
    beta = {"/messages/N/output_config", "/thinking/display", *(f"/{field}" for field in BETA_FIELDS)}
    assert set(strange) - shortened - beta == set()


BREAKS_ONE_EVENT = {
    *("start_no_usage", "start_usage_null", "start_no_content", "start_content_null", "delta_no_usage"),
    *("delta_usage_no_output", "delta_no_delta", "json_object_delta", "text_start_no_text", "text_delta_null"),
    *("thinking_no_field", "no_type_in_data", "tool_input_string", "index_string"),
}


@pytest.mark.skipif(not STREAMS.is_file(), reason="the SDK probes (../shared/clients) are not here")
def test_of_the_sdk_probes_exactly_those_with_a_broken_event_are_refused():
    broken = set()
    for stream in json.loads(STREAMS.read_text(encoding="utf-8")):
        for data in re.findall(r"^data: ?(.*)$", stream["sse"].replace("\r\n", "\n"), re.MULTILINE):
            try:
                event = json.loads(data)
            except ValueError:
                continue
            if refused("RawMessageStreamEvent", event):
                broken.add(stream["id"])
    assert broken == BREAKS_ONE_EVENT
