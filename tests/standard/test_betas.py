import json
import re
import shutil

import pytest
from openapi_spec_validator import OpenAPIV32SpecValidator

from conformance.base.errors import FileError
from conformance.base.versions import API_VERSIONS
from conformance.standard.betas import beta_file, beta_names
from conformance.standard.document import load_document
from conformance.standard.ledger import load_ledger
from conformance.standard.paths import spec_folder
from conformance.standard.source import SourceError

NAMES = beta_names(spec_folder())
SCHEMAS = "#/components/schemas/"


def request(**changes):
    return {"model": "m", "max_tokens": 16, "messages": [{"role": "user", "content": "Hi"}], **changes}


def broken(body, *betas, version="2026-10-21"):
    document = load_document(version).with_betas(betas)
    return [item.pointer for item in document.validate("MessageCreateParams", body)]


@pytest.fixture
def specs(tmp_path):
    shutil.copytree(spec_folder(), tmp_path / "specs")
    return tmp_path / "specs"


@pytest.mark.slow
@pytest.mark.parametrize("version", API_VERSIONS)
def test_the_document_with_all_betas_is_valid_and_every_component_is_reached(version):
    document = load_document(version).with_betas(NAMES)
    assert list(OpenAPIV32SpecValidator(json.loads(json.dumps(document.tree))).iter_errors()) == []
    named = set(re.findall(rf'"{SCHEMAS}([^"]+)"', json.dumps(document.tree)))
    assert named == set(document.components())


@pytest.mark.parametrize("name", NAMES)
def test_a_beta_alone_adds_something_refers_to_nothing_that_is_not_there_and_is_a_known_name(name):
    plain = load_document()
    document = plain.with_betas([name])
    assert document.betas == (name,)
    assert document.tree != plain.tree
    named = set(re.findall(rf'"{SCHEMAS}([^"]+)"', json.dumps(document.tree)))
    assert named - set(document.components()) == set()
    header = plain.tree["components"]["parameters"]["AnthropicBeta"]["schema"]["items"]
    assert name in header["x-known-values"]


@pytest.mark.parametrize("names", [*([name] for name in NAMES), NAMES], ids=lambda names: "+".join(names)[:40])
def test_with_betas_every_union_maps_its_members_and_every_open_one_takes_the_rest(names):
    document = load_document().with_betas(names)
    for name in document.components():
        schema = document.schema(name)
        if "discriminator" not in schema:
            continue
        branches = {branch["$ref"].removeprefix(SCHEMAS) for branch in schema.get("oneOf", schema.get("anyOf"))}
        default = schema["discriminator"].get("defaultMapping", "").removeprefix(SCHEMAS)
        assert branches - {default} == set(document.members(name).values()) - {default}, name
        if default.startswith("Unknown"):
            refused = document.schema(default)["properties"]["type"]["not"]["enum"]
            assert sorted(refused) == sorted(document.members(name)), name
        for value, member in document.members(name).items():
            own = document.schema(member)["properties"][document.discriminator(name)]
            assert value in own.get("enum", own.get("x-known-values", [own.get("const")])), (name, member)


def test_with_betas_requests_are_closed_and_answers_are_open():
    document = load_document().with_betas(NAMES)
    for name in document.components():
        schema = document.schema(name)
        closed = schema.get("additionalProperties") is False
        assert not closed or name.endswith(("Param", "Params")), f"{name} is an answer and has to be open"
        assert closed or "REQ-HTTP-032" not in schema.get("x-clauses", []), name


def test_every_clause_that_a_beta_names_is_in_the_ledger():
    clauses = set(re.findall(r"REQ-[A-Z]+-\d+", "".join(beta_file(spec_folder(), name).read_text() for name in NAMES)))
    assert clauses
    assert clauses - set(load_ledger(spec_folder() / "clauses").clauses) == set()


def test_a_field_of_a_beta_is_unknown_without_its_header_and_known_with_it():
    budget = request(output_config={"task_budget": {"type": "tokens", "total": 20000}})
    assert broken(budget) == ["/output_config/task_budget"]
    assert broken(budget, "task-budgets-2026-03-13") == []
    assert broken(budget, "mcp-client-2025-11-20") == ["/output_config/task_budget"]


def test_betas_that_add_to_the_same_union_stand_beside_each_other():
    listing = {"type": "mcp_tool_listing", "mcp_server_name": "s", "tools": []}
    summary = {"type": "compaction", "content": "so far"}
    body = request(messages=[{"role": "assistant", "content": [listing, summary]}, {"role": "user", "content": "Hi"}])
    assert broken(body) == ["/messages/0/content/0/type", "/messages/0/content/1/type"]
    assert broken(body, "compact-2026-01-12", "mcp-client-2026-09-15") == []
    edits = [{"type": "compact_20260112"}, {"type": "clear_tool_uses_20250919"}]
    both = ("compact-2026-01-12", "context-management-2025-06-27")
    assert broken(request(context_management={"edits": edits}), *both) == []
    assert broken(request(context_management={"edits": edits}), both[0]) == ["/context_management/edits/1/type"]


def test_a_beta_that_uses_components_of_another_does_not_put_them_where_that_one_does():
    addition = {"type": "tool_addition", "tool": {"type": "tool_reference", "name": "f"}}
    summary = {"type": "compaction", "content": "so far", "signature": "s", "tool_changes": [addition]}
    turn = {"role": "assistant", "content": [summary]}
    assert broken(request(messages=[turn]), "compact-2026-09-04") == []
    turn = {"role": "assistant", "content": [addition]}
    assert broken(request(messages=[turn]), "compact-2026-09-04") == ["/messages/0/content/0/type"]


def test_a_system_turn_may_lack_content_only_with_the_beta_that_says_so():
    body = request(messages=[{"role": "user", "content": "Hi"}, {"role": "system", "output_config": {"effort": "low"}}])
    assert broken(body) == ["/messages/1/content", "/messages/1/output_config"]
    assert broken(body, "mid-conversation-output-config-2026-07-01") == []


def test_betas_apply_to_older_versions_and_keep_what_these_change():
    old = load_document("2023-06-01").with_betas(NAMES)
    assert {"temperature", "thread", "mcp_servers"} <= set(old.schema("MessageCreateParams")["properties"])
    assert old.in_version("2026-10-21") is load_document().with_betas(NAMES)
    assert "temperature" not in old.in_version("2026-10-21").schema("MessageCreateParams")["properties"]


def test_order_and_repetition_and_unknown_names_make_no_difference():
    plain = load_document()
    assert plain.with_betas(["not-a-beta-2020-01-01"]) is plain
    assert plain.with_betas(reversed(NAMES)) is plain.with_betas([*NAMES, NAMES[0], "unknown"])
    assert plain.with_betas(NAMES[:1]).with_betas(NAMES[1:]) is plain.with_betas(NAMES)
    assert plain.betas == ()
    assert "thread" not in plain.schema("MessageCreateParams")["properties"]


def test_the_plain_document_reads_no_beta(specs):
    for name in NAMES:
        beta_file(specs, name).write_text("not: [valid")
    document = load_document("2023-06-01", specs)
    assert document.validate("MessageCreateParams", request()) == []
    with pytest.raises(FileError, match=NAMES[0]):
        document.with_betas(NAMES[:1])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x-beta: other", "Expected x-beta: new-2026-01-01"),
        ("x-beta: new-2026-01-01\nx-include: []", "Unknown key 'x-include'"),
        ("x-beta: new-2026-01-01\nx-includes: [none-2026-01-01]", "Unknown beta 'none-2026-01-01'"),
    ],
)
def test_a_patch_that_is_not_what_it_has_to_be_is_one_clear_error(specs, text, problem):
    file = beta_file(specs, "new-2026-01-01")
    file.write_text(text)
    with pytest.raises(SourceError, match=problem) as caught:
        load_document("2026-10-21", specs).with_betas(["new-2026-01-01"])
    assert str(file) in str(caught.value)


def test_a_changed_patch_is_read_again(specs):
    name = "task-budgets-2026-03-13"
    first = load_document("2026-10-21", specs).with_betas([name])
    assert load_document("2026-10-21", specs).with_betas([name]) is first
    file = beta_file(specs, name)
    file.write_text(file.read_text().replace("remaining:", "left_over:"))
    changed = load_document("2026-10-21", specs).with_betas([name])
    assert "left_over" in changed.schema("TokenTaskBudgetParam")["properties"]
