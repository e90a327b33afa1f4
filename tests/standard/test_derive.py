import pytest
import yaml

from conformance.base.versions import API_VERSIONS, NEWEST_VERSION
from conformance.judge.library import load_library
from conformance.standard.bases import load_bases
from conformance.standard.cases import CheckNames, Sources, read_cases
from conformance.standard.derive import KINDS, DeriveError, derive
from conformance.standard.document import load_document
from conformance.standard.paths import catalogue_folder
from conformance.standard.requests import steps_of
from conformance.standard.source import SourceError, load_yaml

FRAMES = catalogue_folder() / "request" / "frames.yaml"
BASES = {**load_yaml(catalogue_folder() / "bases.yaml"), **load_yaml(FRAMES)}
ENTRIES = load_yaml(catalogue_folder() / "request" / "derived.yaml")["derive"]
COMPONENTS = {"/v1/messages": "MessageCreateParams", "/v1/messages/count_tokens": "MessageCountTokensParams"}


def frame(name):
    (step,) = steps_of(BASES[name], BASES)
    return step


def derived(version=NEWEST_VERSION):
    document = load_document(version)
    return [item for entry in ENTRIES for item in derive(document, entry, frame(entry["frame"]).body)]


CASES = derived()


def violations(item, body):
    document = load_document(item.version or NEWEST_VERSION)
    return [(found.pointer, found.keyword) for found in document.validate(component_of(item), body)]


def component_of(item):
    return COMPONENTS[frame(item.control).path]


def with_model(body):
    return {"model": "reference-1", **body}


@pytest.mark.parametrize("name", sorted({entry["frame"] for entry in ENTRIES} | set(load_yaml(FRAMES))))
def test_every_frame_is_a_valid_request_in_every_version_that_it_is_sent_with(name):
    for step in steps_of(BASES[name], BASES):
        pinned = step.headers.get("anthropic-version")
        for version in [pinned] if pinned else API_VERSIONS:
            document = load_document(version)
            assert waits_for_a_reply(step.body) or document.validate(COMPONENTS[step.path], with_model(step.body)) == []


def waits_for_a_reply(body):
    """Whether a body waits for parts of an earlier reply, so that it cannot be validated yet."""
    return "$reply" in repr(body)


@pytest.mark.parametrize("item", CASES, ids=lambda item: item.id)
def test_every_derived_request_is_wrong_at_exactly_the_place_it_claims(item):
    body = item.body if item.pointer == "/model" else with_model(item.body)
    keywords = {
        "missing": {"required"},
        "type": {"type"},
        "bound": {"minimum", "maximum", "minItems", "minLength", "pattern"},
        "unknown": {"enum", "const", "discriminator"},
    }
    ((pointer, keyword),) = violations(item, body)
    assert pointer == item.pointer
    assert keyword in keywords[item.kind]


@pytest.mark.parametrize("item", CASES, ids=lambda item: item.id)
def test_every_case_of_a_newer_request_is_wrong_in_all_versions(item):
    body = item.body if item.pointer == "/model" else with_model(item.body)
    for version in [item.version] if item.version else API_VERSIONS:
        found = load_document(version).validate(component_of(item), body)
        assert [violation.pointer for violation in found] == [item.pointer]


def test_cases_of_one_version_use_a_frame_that_asks_for_it():
    pinned = {item.control: item.version for item in CASES if item.version}
    assert pinned
    assert {name: frame(name).headers["anthropic-version"] for name in pinned} == pinned


def test_the_cases_do_not_depend_on_the_version_of_the_run():
    assert derived("2023-06-01") == derived("2026-10-21")


def test_ids_are_unique():
    ids = [item.id for item in CASES]
    assert len(ids) == len(set(ids))


def test_titles_are_whole_claims_and_unique():
    titles = [item.title for item in CASES]
    assert len(titles) == len(set(titles))
    assert all(title.startswith("The endpoint refuses ") for title in titles)


def test_only_model_messages_and_the_ids_of_tools_protect_people_where_they_are_missing():
    assert {item.id for item in CASES if item.protects} == {
        "request-model-missing",
        "request-messages-missing",
        "request-tool_use-id-missing",
        "request-tool_result-tool_use_id-missing",
        "count-request-model-missing",
        "count-request-messages-missing",
    }


def test_what_protects_people_is_required():
    entry = {"schema": "UserMessageParam", "prefix": "x", "subject": "a message", "clauses": {}, "frame": "text"}
    with pytest.raises(DeriveError, match="'colour' is not required in UserMessageParam"):
        list(derive(load_document(NEWEST_VERSION), {**entry, "protects": ["colour"]}, {}))


def test_wrong_types_cite_the_clause_on_types_first():
    assert {item.clauses[0] for item in CASES if item.kind == "type"} == {"REQ-BODY-033"}


def test_no_case_asserts_what_no_source_says():
    ids = {item.id for item in CASES}
    values = [at(item.body, item.pointer) for item in CASES if item.kind != "missing"]
    assert None not in values, "null for fields that are not nullable (REQ-BODY-032)"
    assert not [value for value in values if isinstance(value, float) and value.is_integer()]
    numeric = {item.pointer for item in CASES if item.kind == "type" and str(at(item.body, item.pointer)).isdecimal()}
    assert numeric.isdisjoint({"/max_tokens", "/temperature", "/top_k", "/thinking/budget_tokens"})
    assert [at(item.body, "/max_tokens") for item in CASES if item.id == "request-max_tokens-below"] == [-1]
    assert not {name for name in ids if "name-long" in name}


def at(body, pointer):
    for step in pointer.split("/")[1:]:
        body = body[int(step)] if isinstance(body, list) else body[step]
    return body


def test_every_kind_of_break_is_derived():
    assert {item.kind for item in CASES} == set(KINDS)


def test_deriving_changes_neither_the_frame_nor_the_document():
    body = frame("weather").body
    before = repr(body), repr(load_document().tree["components"]["schemas"]["ToolParam"])
    entry = {"schema": "ToolParam", "frame": "weather", "at": "/tools/0", "prefix": "p", "subject": "a tool"}
    cases = list(derive(load_document(), {**entry, "clauses": {"missing": ["REQ-TOOL-001"]}}, body))
    assert [item.id for item in cases] == ["p-input_schema-missing", "p-name-missing"]
    cases[0].body["tools"][0]["name"] = "changed"
    assert (repr(body), repr(load_document().tree["components"]["schemas"]["ToolParam"])) == before


ENTRY = {
    "schema": "MetadataParam",
    "frame": "text",
    "at": "/metadata",
    "plant": {"user_id": "u1"},
    "prefix": "p",
    "subject": "metadata",
    "clauses": {"type": ["REQ-BODY-033"]},
}


@pytest.fixture
def read(tmp_path):
    """Reads a derived.yaml with one entry: the good one with changes, where None removes a key."""
    library = load_library("2023-06-01")
    sources = Sources(library.ledger, library.document, CheckNames({}, "refused"))
    path = tmp_path / "derived.yaml"

    def read_entry(change):
        entry = {key: value for key, value in {**ENTRY, **change}.items() if value is not None}
        path.write_text(yaml.safe_dump({"derive": [entry]}, sort_keys=False))
        return read_cases(path, load_bases(catalogue_folder()), sources, area="request")

    return read_entry


def test_an_entry_becomes_cases(read):
    (case,) = read({})
    assert (case.id, case.control.name, case.direction, case.derived) == ("p-user_id-type", "text", "refuse", "type")


@pytest.mark.parametrize(
    ("change", "line", "sentence"),
    [
        ({"schema": "MetadataParams"}, 2, "schema: Unknown component 'MetadataParams'. Did you mean 'MetadataParam'?"),
        ({"frame": "txet"}, 3, "frame: Unknown base request 'txet'. Did you mean 'text'?"),
        ({"fields": ["user"]}, 13, "fields[0]: Unknown field 'user' of MetadataParam. Did you mean 'user_id'?"),
        ({"leave-out": {"user": "x"}}, 13, "leave-out.user: Nothing is derived for 'user'"),
        ({"clauses": {"type": {"user": ["REQ-BODY-033"]}}}, 10, "clauses.type: No clause for user_id-type. Name one"),
        ({"clauses": {"type": ["REQ-BODY-999"]}}, 11, "clauses.type[0]: Unknown clause 'REQ-BODY-999'"),
        ({"clauses": {"types": []}}, 10, "clauses.types: Unknown key 'types'. Did you mean 'type'?"),
        ({"prefixx": "", "prefix": None}, 11, "prefixx: Unknown key 'prefixx'. Did you mean 'prefix'?"),
        ({"subject": None}, 2, "derive[0]: Missing key 'subject'"),
        ({"version": "1999-01-01"}, 12, "version: Unknown API version '1999-01-01'"),
    ],
)
def test_an_invalid_entry_is_reported_with_file_line_and_key(read, tmp_path, change, line, sentence):
    with pytest.raises(SourceError) as caught:
        read(change)
    where = f"{tmp_path / 'derived.yaml'}:{line}: "
    assert str(caught.value).startswith((where + sentence, f"{where}derive[0].{sentence}"))


def test_values_replace_the_default_wrong_value():
    (item,) = derive(load_document(), {**ENTRY, "values": {"user_id-type": {"id": 1}}}, {"max_tokens": 1})
    assert item.body == {"max_tokens": 1, "metadata": {"user_id": {"id": 1}}}
    assert item.title == "The endpoint refuses metadata with an object for user_id"
