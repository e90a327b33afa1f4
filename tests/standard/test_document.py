import json
import re
import shutil

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV32SpecValidator

from conformance.base.errors import HarnessError
from conformance.base.versions import API_VERSIONS, NEWEST_VERSION
from conformance.standard.document import load_document
from conformance.standard.ledger import load_ledger
from conformance.standard.paths import catalogue_folder, spec_folder

NEW, OLD = "2026-10-21", "2023-06-01"
SCHEMAS = "#/components/schemas/"


def request(**changes):
    return {"model": "m", "max_tokens": 16, "messages": [{"role": "user", "content": "Hi"}], **changes}


def message(**changes):
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
        **changes,
    }


def user(*blocks):
    return request(messages=[{"role": "user", "content": list(blocks)}])


def assistant(*blocks):
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": list(blocks)}]
    return request(messages=[*turns, {"role": "user", "content": "Go on"}])


def found(component, instance, version=NEW):
    return [(item.pointer, item.keyword) for item in load_document(version).validate(component, instance)]


def broken(body, version=NEW):
    return found("MessageCreateParams", body, version)


def test_every_version_but_the_newest_has_its_file():
    assert {path.stem for path in (spec_folder() / "versions").glob("*.yaml")} == {*API_VERSIONS} - {NEWEST_VERSION}


@pytest.mark.slow
@pytest.mark.parametrize("version", API_VERSIONS)
def test_each_version_is_a_valid_openapi_3_2_document(version):
    problems = list(OpenAPIV32SpecValidator(dict(load_document(version).tree)).iter_errors())
    assert problems == []


@pytest.mark.slow
def test_the_openapi_validator_knows_item_schemas():
    tree = json.loads(json.dumps(load_document().tree))
    stream = tree["paths"]["/v1/messages"]["post"]["responses"]["200"]["content"]["text/event-stream"]
    assert set(stream) == {"itemSchema"}
    stream["itemSchem"] = stream.pop("itemSchema")
    assert list(OpenAPIV32SpecValidator(tree).iter_errors())


def nodes(value, pointer=""):
    yield pointer, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from nodes(inner, f"{pointer}/{key}")


@pytest.mark.parametrize("version", API_VERSIONS)
def test_every_reference_and_mapping_names_a_component_and_every_component_is_reached(version):
    document = load_document(version)
    text = json.dumps(document.tree)
    named = set(re.findall(rf'"{SCHEMAS}([^"]+)"', text))
    assert named - set(document.components()) == set()
    assert set(document.components()) - named == set()


def test_every_union_maps_exactly_its_members_and_their_own_values():
    document = load_document()
    for name in document.components():
        schema = document.schema(name)
        if "discriminator" not in schema:
            continue
        branches = {branch["$ref"].removeprefix(SCHEMAS) for branch in schema.get("oneOf", schema.get("anyOf"))}
        default = schema["discriminator"].get("defaultMapping", "").removeprefix(SCHEMAS)
        assert branches - {default} == set(document.members(name).values()) - {default}, name
        for value, member in document.members(name).items():
            own = document.schema(member)["properties"][document.discriminator(name)]
            known = own.get("enum", own.get("x-known-values", [own.get("const")]))
            assert value in known, (name, member)


def test_every_open_union_takes_exactly_the_types_that_it_does_not_know():
    document = load_document()
    unknown = [name for name in document.components() if name.startswith("Unknown")]
    assert unknown
    for name in unknown:
        refused = document.schema(name)["properties"]["type"]["not"]["enum"]
        assert refused == list(document.members(name.removeprefix("Unknown"))), name


@pytest.mark.parametrize("version", API_VERSIONS)
def test_every_clause_that_the_document_names_is_in_the_ledger(version):
    ledger = load_ledger(spec_folder() / "clauses")
    named = {
        clause: pointer for pointer, value in nodes(load_document(version).tree) for clause in _clauses(pointer, value)
    }
    assert named
    assert {clause: pointer for clause, pointer in named.items() if clause not in ledger.clauses} == {}


def _clauses(pointer, value):
    return value if pointer.endswith("/x-clauses") else ()


def test_requests_are_closed_where_strict_validation_is_cited():
    document = load_document()
    for name in document.components():
        schema = document.schema(name)
        closed = schema.get("additionalProperties") is False
        cited = "REQ-HTTP-032" in schema.get("x-clauses", [])
        assert not cited or closed, name
        assert not closed or name.endswith(("Param", "Params")), f"{name} is an answer and has to be open"


def test_the_document_has_the_unions_of_the_api_in_full():
    document = load_document()
    answered = {
        *("text", "thinking", "redacted_thinking", "tool_use", "server_tool_use", "web_search_tool_result"),
        *("web_fetch_tool_result", "code_execution_tool_result", "bash_code_execution_tool_result"),
        *("text_editor_code_execution_tool_result", "tool_search_tool_result", "container_upload"),
    }
    assert set(document.members("ContentBlock")) >= answered
    assert set(document.members("ContentBlockParam")) >= answered | {
        "image",
        "document",
        "search_result",
        "tool_result",
    }
    assert set(document.members("ToolUnionParam")) >= {"custom", "bash_20250124", "web_search_20260318"}
    assert set(document.members("ToolChoiceParam")) == {"auto", "any", "tool", "none"}
    assert set(document.members("ThinkingConfigParam")) == {"enabled", "disabled", "adaptive", "between_tools"}
    assert set(document.members("RawContentBlockDelta")) >= {
        *("text_delta", "input_json_delta", "citations_delta", "thinking_delta", "signature_delta"),
    }
    assert set(document.members("TextCitation")) >= {
        *("char_location", "page_location", "content_block_location"),
        *("web_search_result_location", "search_result_location"),
    }
    assert set(document.members("RawMessageStreamEvent")) == {
        *("message_start", "message_delta", "message_stop", "ping", "error"),
        *("content_block_start", "content_block_delta", "content_block_stop"),
    }


def test_a_minimal_request_is_valid():
    assert broken(request()) == []


@pytest.mark.parametrize(
    ("body", "pointer", "keyword"),
    [
        ({"max_tokens": 1, "messages": [{"role": "user", "content": "Hi"}]}, "/model", "required"),
        (request(max_tokens="many"), "/max_tokens", "type"),
        (request(max_tokens=True), "/max_tokens", "type"),
        (request(max_tokens=-1), "/max_tokens", "minimum"),
        (request(messages=[]), "/messages", "minItems"),
        (request(messages=[{"role": "tool", "content": "x"}]), "/messages/0/role", "discriminator"),
        (request(messages=[{"content": "x"}]), "/messages/0/role", "required"),
        (request(messages=["x"]), "/messages/0", "type"),
        (request(messages=[{"role": "user", "content": 7}]), "/messages/0/content", "type"),
        (request(**{"a/b~c": 1}), "/a~1b~0c", "additionalProperties"),
        (request(stop_sequences=[7]), "/stop_sequences/0", "type"),
        (request(service_tier="turbo"), "/service_tier", "enum"),
        (request(tool_choice={"type": "tool"}), "/tool_choice/name", "required"),
        (request(thinking={"type": "disabled", "display": "omitted"}), "/thinking/display", "additionalProperties"),
        (request(cache_control={"type": "ephemeral", "ttl": "2h"}), "/cache_control/ttl", "enum"),
        (request(tools=[{"type": "function"}]), "/tools/0/type", "enum"),
        (user({"type": "bogus"}), "/messages/0/content/0/type", "discriminator"),
        (user({"text": "x"}), "/messages/0/content/0/type", "required"),
        (user({"type": "text", "text": ""}), "/messages/0/content/0/text", "minLength"),
        (
            assistant({"type": "thinking", "thinking": "x", "signature": "s", "cache_control": None}),
            "/messages/1/content/0/cache_control",
            "additionalProperties",
        ),
        (
            assistant({"type": "tool_use", "id": "t", "name": "f", "input": "{}"}),
            "/messages/1/content/0/input",
            "type",
        ),
    ],
)
def test_a_broken_request_is_wrong_at_the_real_field(body, pointer, keyword):
    assert (pointer, keyword) in broken(body)


def test_a_defect_deep_inside_unions_is_located_and_worded():
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/bmp", "data": "x"}}
    (violation,) = load_document().validate("MessageCreateParams", user({"type": "text", "text": "a"}, image))
    assert violation.pointer == "/messages/0/content/1/source/media_type"
    assert violation.component == "Base64ImageSourceParam"
    assert violation.message.endswith('or "image/webp", found "image/bmp"')


def test_messages_never_quote_a_long_value_whole():
    (violation,) = load_document().validate("MessageCreateParams", request(max_tokens="x" * 10_000))
    assert len(violation.message) < 150


def test_a_tool_without_a_type_or_with_a_null_type_is_the_callers_own():
    tool = {"name": "f", "input_schema": {"type": "object"}}
    assert broken(request(tools=[tool, {**tool, "name": "g", "type": None}, {**tool, "type": "custom"}])) == []


def test_what_the_api_returned_can_be_sent_back_unchanged():
    citation = {"type": "char_location", "cited_text": "a", "document_index": 0, "document_title": None}
    ran = {"type": "code_execution_result", "stdout": "", "stderr": "", "return_code": 0, "content": []}
    blocks = [
        {"type": "text", "text": "a", "citations": None},
        {
            "type": "text",
            "text": "a",
            "citations": [{**citation, "start_char_index": 0, "end_char_index": 1, "file_id": None}],
        },
        {"type": "thinking", "thinking": "", "signature": "s"},
        {"type": "tool_use", "id": "t", "name": "f", "input": {}, "caller": None, "toolset_name": None},
        {"type": "server_tool_use", "id": "s", "name": "code_execution", "input": {}, "caller": {"type": "direct"}},
        {"type": "code_execution_tool_result", "tool_use_id": "s", "content": {**ran, "abort_reason": None}},
    ]
    assert broken(assistant(*blocks)) == []


@pytest.mark.parametrize("field", ["temperature", "top_p", "top_k"])
@pytest.mark.parametrize("component", ["MessageCreateParams", "MessageCountTokensParams"])
def test_sampling_parameters_exist_in_the_older_version_only(component, field):
    body = (
        request() if component == "MessageCreateParams" else {k: v for k, v in request().items() if k != "max_tokens"}
    )
    assert found(component, {**body, field: 1}, OLD) == []
    assert found(component, {**body, field: 1}, NEW) == [(f"/{field}", "additionalProperties")]
    assert found(component, {**body, field: -1}, OLD) == [(f"/{field}", "minimum")]


def test_documents_in_assistant_messages_are_legal_in_the_older_version_only():
    document = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}}
    assert broken(assistant(document), OLD) == []
    assert broken(assistant(document), NEW) == [("/messages/1/content/0/type", "not")]
    assert broken(user(document), NEW) == []


def test_citations_on_user_text_are_legal_in_the_older_version_only():
    citation = {
        "type": "web_search_result_location",
        "cited_text": "a",
        "encrypted_index": "e",
        "title": None,
        "url": "https://example.com",
    }
    text = {"type": "text", "text": "a", "citations": [citation]}
    result = {"type": "search_result", "source": "s", "title": "t", "content": [text]}
    assert broken(user(text, result), OLD) == []
    assert broken(user(text), NEW) == [("/messages/0/content/0/citations", "maxItems")]
    assert broken(user(result), NEW) == [("/messages/0/content/0/content/0/citations", "maxItems")]
    assert broken(assistant(text), NEW) == []
    assert broken(user({**text, "citations": []}, {**text, "citations": None}), NEW) == []


@pytest.mark.parametrize("key", list(message()))
def test_a_message_without_a_core_key_is_wrong(key):
    body = message()
    del body[key]
    assert found("Message", body) == [(f"/{key}", "required")]


@pytest.mark.parametrize("key", ["input_tokens", "output_tokens"])
def test_usage_without_a_total_is_wrong(key):
    usage = {name: 1 for name in ("input_tokens", "output_tokens") if name != key}
    assert found("Message", message(usage=usage)) == [(f"/usage/{key}", "required")]


def test_answers_are_open_at_the_edges():
    answer = message(
        stop_reason="brand_new_reason",
        content=[{"type": "brand_new_block", "x": 1}, {"type": "text", "text": "a", "new": 1}],
        stop_details={"type": "brand_new_details"},
        new=1,
        usage={"input_tokens": 1, "output_tokens": 1, "service_tier": "new", "new": {}},
    )
    assert found("Message", answer) == []
    for event in (
        {"type": "brand_new_event"},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "brand_new_delta"}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "brand_new_block"}},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "new", "stop_sequence": None},
            "usage": {"output_tokens": 1},
        },
        {"type": "error", "error": {"type": "brand_new_error", "message": "m", "details": None}, "request_id": None},
        {"type": "ping"},
    ):
        assert found("RawMessageStreamEvent", event) == [], event


@pytest.mark.parametrize(
    ("event", "pointer"),
    [
        ({"type": "content_block_start", "index": 0, "content_block": {"type": "text"}}, "/content_block/text"),
        ({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": None}}, "/delta/text"),
        ({"type": "content_block_stop", "index": "0"}, "/index"),
        ({"type": "message_delta", "delta": {}}, "/usage"),
        ({"type": "message_delta", "delta": {}, "usage": {}}, "/usage/output_tokens"),
        ({"type": "message_start", "message": message(usage=None)}, "/message/usage"),
        ({"type": 7}, "/type"),
        ({"kind": "ping"}, "/type"),
        ([], ""),
    ],
)
def test_an_event_that_breaks_clients_is_wrong_at_the_real_field(event, pointer):
    assert [place for place, _ in found("RawMessageStreamEvent", event)] == [pointer]


def test_a_final_json_message_without_a_stop_reason_is_wrong_in_the_response_of_the_operation():
    media = load_document().tree["paths"]["/v1/messages"]["post"]["responses"]["200"]["content"]["application/json"]
    assert media["schema"]["allOf"][1]["properties"]["stop_reason"]["type"] == "string"
    assert found("Message", message(stop_reason=None)) == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "role", "content", "source", "input", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(json_values, st.sampled_from(["MessageCreateParams", "MessageParam", "Message", "RawMessageStreamEvent"]))
def test_any_json_gets_an_answer_with_each_violation_once(value, component):
    violations = load_document().validate(component, value)
    places = [(item.pointer, item.keyword) for item in violations]
    assert len(places) == len(set(places))
    assert violations or component == "RawMessageStreamEvent", "an event of an unknown type is the only valid value"


def test_the_wording_fits_every_keyword_that_the_document_uses():
    told = {item.message for body in (request(max_tokens=-1), request(messages=[])) for item in _violations(body)}
    assert told == {
        "expected a value of at least 0, found -1",
        "expected a number of items of at least 1, found of 0 items",
    }


def _violations(body):
    return load_document().validate("MessageCreateParams", body)


def test_an_unknown_component_is_named_with_the_nearest_one():
    with pytest.raises(HarnessError, match=r"Unknown component 'Mesage' in .*\. Did you mean 'Message'\?"):
        load_document().validate("Mesage", {})


def test_an_unknown_version_is_a_usage_error_that_names_the_known_ones():
    with pytest.raises(HarnessError, match="2023-06-01, 2026-10-21") as caught:
        load_document("1999-01-01")
    assert caught.value.exit_code == 4


def test_a_document_is_loaded_once_and_again_when_its_file_changes(tmp_path):
    shutil.copytree(spec_folder(), tmp_path / "specs")
    first = load_document(OLD, tmp_path / "specs")
    assert load_document(OLD, tmp_path / "specs") is first
    patch = tmp_path / "specs" / "versions" / f"{OLD}.yaml"
    patch.write_text(patch.read_text() + "x-note: changed\n")
    assert load_document(OLD, tmp_path / "specs").tree["x-note"] == "changed"


def test_versions_do_not_change_each_other():
    load_document(OLD)
    assert "temperature" not in load_document(NEW).schema("MessageCreateParams")["properties"]
    assert load_document(OLD).in_version(NEW) is load_document(NEW)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "The file does not exist"),
        ("a: [", "Invalid YAML"),
        ("- a", "Expected a mapping at the top"),
        ("openapi: 3.1.0", "Expected an OpenAPI 3.2 document"),
        ("openapi: 3.2.0\ninfo: {version: '1'}", "Expected the API version"),
        (f"openapi: 3.2.0\ninfo: {{version: '{NEW}'}}\ncomponents: {{}}", "Expected a mapping of schemas"),
    ],
)
def test_a_missing_or_broken_document_is_one_clear_error(tmp_path, text, problem):
    file = tmp_path / "messages.openapi.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(HarnessError, match=problem) as caught:
        load_document(NEW, tmp_path)
    assert str(file) in str(caught.value)


def test_the_patch_of_a_version_says_the_version_it_is_for():
    for path in (spec_folder() / "versions").glob("*.yaml"):
        assert yaml.safe_load(path.read_text())["info"]["version"] == path.stem


def test_the_spec_and_catalogue_folders_hold_what_is_loaded_from_them():
    assert (spec_folder() / "messages.openapi.yaml").is_file()
    assert (catalogue_folder() / "bases.yaml").is_file()


def test_specs_inside_the_package_come_before_specs_beside_it(tmp_path, monkeypatch):
    monkeypatch.setattr("conformance.standard.paths.PACKAGE", tmp_path / "conformance")
    assert spec_folder() == tmp_path / "specs"
    (tmp_path / "conformance" / "specs").mkdir(parents=True)
    assert spec_folder() == tmp_path / "conformance" / "specs"
