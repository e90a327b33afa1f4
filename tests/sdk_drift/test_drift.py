import json
import shutil
import sys
from typing import Any, Literal

import pytest
from click.testing import CliRunner
from typing_extensions import Annotated, Required, TypedDict  # noqa: UP035

from conformance.base.errors import HarnessError
from conformance.cli import command
from conformance.report.drift import _SAYINGS, text
from conformance.sdk_drift import compare, drift, sort
from conformance.sdk_drift.explained import Explanation, read_explanations
from conformance.sdk_drift.roots import Root
from conformance.sdk_drift.sdk import installed, lookup
from conformance.sdk_drift.structure import Half, Kind, Scope
from conformance.standard.document import Document
from conformance.standard.paths import spec_folder

pydantic = pytest.importorskip("pydantic", reason="pydantic comes with the SDK, a development extra")


class PropertyInfo:
    def __init__(self, alias):
        self.alias = alias


class TextParam(TypedDict, total=False):
    type: Required[Literal["text"]]
    text: Required[str]
    note: str | None
    from_: Annotated[str, PropertyInfo("from")]


class ImageParam(TypedDict, total=False):
    type: Required[Literal["image"]]
    size: Literal["small", "large"]


class SendParams(TypedDict, total=False):
    model: Required[str | Literal["m-1", "m-2"]]
    blocks: list[TextParam | ImageParam]
    tree: list[Any]
    betas: list[str]


class Answer(pydantic.BaseModel):
    id: str
    stop: Literal["end", "cut"] | None = None
    schema_: dict[str, object] = pydantic.Field(alias="schema")


TREE = """
openapi: 3.2.0
paths:
  /send:
    post:
      operationId: send
      parameters:
        - {name: anthropic-beta, in: header, schema: {type: array, items: {type: string}}}
        - {name: anthropic-version, in: header, x-client: true, required: true, schema: {type: string}}
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/SendParams"}}}}
components:
  schemas:
    SendParams:
      type: object
      required: [model]
      properties:
        model: {type: string, x-known-values: [m-1, m-2]}
        blocks: {type: array, items: {$ref: "#/components/schemas/BlockParam"}}
        tree: {type: array, items: {}}
    BlockParam:
      type: object
      oneOf: [{$ref: "#/components/schemas/TextParam"}, {$ref: "#/components/schemas/ImageParam"}]
      discriminator:
        propertyName: type
        mapping: {text: "#/components/schemas/TextParam", image: "#/components/schemas/ImageParam"}
    TextParam:
      type: object
      required: [type, text]
      properties:
        type: {const: text}
        text: {type: string}
        note: {oneOf: [{type: string}, {type: "null"}]}
        from: {type: string}
    ImageParam:
      type: object
      required: [type]
      properties:
        type: {const: image}
        size: {type: string, enum: [small, large]}
    Answer:
      type: object
      required: [id, schema]
      properties:
        id: {type: string}
        stop: {type: [string, "null"], x-known-values: [end, cut]}
        schema: {type: object}
"""

ROOTS = (
    Root(("SendParams",), "post /send", Half.REQUEST),
    Root(("OldAnswer", "Answer"), "Answer", Half.ANSWER),
)


def document(*, tree=TREE):
    import yaml

    return Document("1", yaml.safe_load(tree), spec_folder())


def found(sdk=None, *, tree=TREE):
    """Ids of what differs between the fake SDK, with some types replaced, and the small document."""
    names = {"SendParams": SendParams, "Answer": Answer, **(sdk or {})}
    return [each.id for each in compare({Scope.GA: document(tree=tree)}, names.get, ROOTS).differences]


def sending(**fields):
    """SendParams with other fields or types."""
    return {"SendParams": TypedDict("SendParams", {**SendParams.__annotations__, **fields}, total=False)}


def text_param(**fields):
    changed = {name: hint for name, hint in {**TextParam.__annotations__, **fields}.items() if hint is not None}
    return sending(blocks=list[TypedDict("TextParam", changed, total=False) | ImageParam])


def test_a_fake_sdk_that_agrees_with_the_document_has_no_difference():
    assert found() == []


class Audio(TypedDict):
    type: Literal["audio"]


class Long(Answer):
    stop: Literal["end", "cut", "refusal"] | None = None


class Short(pydantic.BaseModel):
    id: str | None = None
    stop: Literal["end"]
    schema_: dict[str, object] = pydantic.Field(alias="schema")


@pytest.mark.parametrize(
    ("sdk", "ids"),
    [
        (sending(speed=int), ["sdk-field SendParams/speed"]),
        (text_param(from_=None), ["document-field TextParam/from"]),
        (sending(tree=Required[list[Any]]), ["sdk-required SendParams/tree"]),
        (text_param(text=str), ["document-required TextParam/text"]),
        (sending(tree=list[Any] | None), ["sdk-nullable SendParams/tree"]),
        (text_param(note=str), ["document-nullable TextParam/note"]),
        (sending(blocks=list[TextParam | ImageParam | Audio]), ["sdk-member BlockParam=audio"]),
        (sending(blocks=list[TextParam]), ["document-member BlockParam=image"]),
        (sending(model=Required[str | Literal["m-1", "m-2", "m-3"]]), ["sdk-value SendParams/model=m-3"]),
        (sending(model=Required[str | Literal["m-1"]]), ["document-value SendParams/model=m-2"]),
        (sending(model=Required[str]), ["document-list SendParams/model"]),
        (text_param(text=Required[Literal["a"]]), ["sdk-list TextParam/text"]),
        (sending(model=Required[Literal["m-1", "m-2"]]), ["document-open SendParams/model"]),
        (sending(tree=list[Any] | bool), ["sdk-type SendParams/tree=boolean"]),
        (sending(betas=str), ["document-type SendParams/betas=array", "sdk-type SendParams/betas=string"]),
        (sending(tree=list[str]), ["sdk-type SendParams/tree/items"]),
        (sending(blocks=list[dict[str, object]]), ["document-object BlockParam"]),
        ({"Answer": Long}, ["sdk-value Answer/stop=refusal"]),
        (
            {"Answer": Short},
            [
                "document-required Answer/id",
                "sdk-nullable Answer/id",
                "document-nullable Answer/stop",
                "document-value Answer/stop=cut",
                "sdk-required Answer/stop",
            ],
        ),
        ({"Answer": None}, ["document-root Answer"]),
    ],
)
def test_each_kind_of_difference_is_told_once_by_a_stable_id(sdk, ids):
    assert found(sdk) == ids


def test_what_the_document_alone_can_cause_is_told_as_well():
    assert found(tree=TREE.replace("schema: {type: object}", "schema: {type: object, properties: {a: {}}}")) == [
        "document-object Answer/schema"
    ]
    named = sending(tree=list[ImageParam])
    assert found(named, tree=TREE.replace("items: {}", "items: {type: object}")) == ["sdk-object SendParams/tree/items"]
    assert found(tree=TREE.replace("x-known-values: [m-1", "enum: [m-1")) == ["sdk-open SendParams/model"]
    assert found(tree=TREE.replace("tree: {type: array, items: {}}", "tree: {}")) == ["sdk-type SendParams/tree"]
    assert found(sending(tree=Any)) == ["document-type SendParams/tree"]


def test_every_kind_of_difference_has_words():
    assert set(_SAYINGS) == {kind.value for kind in Kind}


def test_a_type_that_cannot_be_read_is_told_and_not_passed_over():
    class Strange:
        pass

    assert found(sending(speed=Strange, tree=Strange)) == [
        "sdk-field SendParams/speed",
        "document-type SendParams/tree=array",
        "sdk-type SendParams/tree=?Strange",
    ]


def test_a_union_of_whole_requests_is_one_request():
    streamed = TypedDict("Streamed", {**SendParams.__annotations__, "stream": Required[Literal[True]]}, total=False)
    plain = TypedDict("Plain", {**SendParams.__annotations__, "stream": Literal[False]}, total=False)
    tree = TREE.replace("tree: {type", "stream: {type: boolean}\n        tree: {type")
    assert found({"SendParams": streamed | plain}, tree=tree) == []


def test_the_model_of_an_answer_among_params_is_a_convenience_and_no_difference():
    class Text(pydantic.BaseModel):
        type: Literal["text"]
        extra: int

    assert found(sending(blocks=list[TextParam | ImageParam | Text])) == []


def test_a_difference_in_both_scopes_is_one_and_names_both():
    roots = [Root(root.names, root.target, root.direction, (Scope.GA, Scope.BETA)) for root in ROOTS]
    lookup = {**sending(speed=int), "Answer": Answer}.get
    (only,) = compare({Scope.GA: document(), Scope.BETA: document()}, lookup, roots).differences
    assert only.scopes == (Scope.GA, Scope.BETA)
    assert only.pointer == "/components/schemas/SendParams"
    assert only.sdk.endswith("SendParams.speed")
    assert only.outline == "integer"
    beta = Explanation("*", "a reason", frozenset({Scope.BETA}), 1)
    assert sort([only], [beta]).unexplained == (only,)
    assert sort([only], [Explanation("sdk-field SendParams/*", "a reason", frozenset(Scope), 1)]).unexplained == ()


@pytest.fixture
def specs(tmp_path, monkeypatch):
    shutil.copytree(spec_folder(), tmp_path / "specs")
    monkeypatch.setattr("conformance.standard.paths.PACKAGE", tmp_path / "conformance")
    return tmp_path / "specs"


def test_without_the_sdk_one_sentence_says_where_it_comes_from(monkeypatch):
    monkeypatch.setitem(sys.modules, "anthropic", None)
    with pytest.raises(HarnessError, match="development extra") as caught:
        drift()
    assert caught.value.exit_code == 4


def test_an_api_version_that_is_not_known_is_told_before_anything_is_compared(monkeypatch):
    monkeypatch.setattr("conformance.sdk_drift.installed", lambda: ("9.0.0", {"anthropic-version": "2031-01-01"}))
    with pytest.raises(HarnessError, match="'2031-01-01'") as caught:
        drift()
    assert caught.value.exit_code == 4


@pytest.mark.slow
class TestInstalled:
    """Against the SDK that is installed."""

    def test_nothing_differs_without_an_explanation(self):
        seen = drift()
        assert [each.id for each in seen.found.unexplained] == []
        assert seen.release != seen.explanations.sdk or [each.pattern for each in seen.found.stale] == []
        assert seen.found.explained

    def test_the_walk_reaches_requests_answers_events_and_betas(self):
        lean = TREE.split("components:")[0] + "components: {schemas: {Empty: {type: object, properties: {}}}}"
        names = {"types.message_create_params.MessageCreateParams", "types.beta.beta_message.BetaMessage"}
        roots = [Root((name,), "Empty", Half.REQUEST) for name in names]
        ids = {each.id for each in compare({Scope.GA: document(tree=lean)}, lookup, roots).differences}
        assert {"sdk-field Empty/messages", "sdk-field Empty/context_management"} <= ids

    def test_the_release_and_its_api_version_are_read_without_sending_anything(self):
        release, headers = installed()
        assert release[0].isdecimal()
        assert headers["anthropic-version"] in ("2023-06-01", "2026-10-21")

    def test_a_name_that_a_release_does_not_have_is_none(self):
        assert lookup("types.no_such_module.Thing") is None
        assert lookup("types.message.NoSuchClass") is None
        assert lookup("types.message.Message").__name__ == "Message"

    def test_the_command_exits_0_and_gives_the_same_as_json(self):
        done = CliRunner().invoke(command, ["drift"])
        assert done.exit_code == 0, done.output
        assert "no difference without an explanation" in done.output
        listed = json.loads(CliRunner().invoke(command, ["drift", "--json"]).output)
        assert text(listed) == done.output
        assert all(entry["reason"] for entry in listed["explained"])

    def test_an_unexplained_difference_exits_1_and_says_where_and_what_to_do(self, specs):
        file = specs / "messages.openapi.yaml"
        file.write_text(file.read_text().replace("        service_tier: {type: string, enum: [auto,", "#", 1))
        beta = specs / "betas" / "task-budgets-2026-03-13.yaml"
        beta.write_text(beta.read_text().replace("        total: {type: integer}\n", ""))
        done = CliRunner().invoke(command, ["drift"])
        assert done.exit_code == 1, done.output
        assert "sdk-field MessageCreateParams/service_tier  (ga and beta)" in done.output
        assert "types.message_create_params.MessageCreateParamsNonStreaming.service_tier" in done.output
        assert "add the field: string (auto, standard_only), or explain it in specs/drift.yaml" in done.output
        line = 1 + beta.read_text().splitlines().index("    TokenTaskBudgetParam:")
        assert f"specs/betas/task-budgets-2026-03-13.yaml:{line}" in done.output

    def test_an_explanation_of_nothing_is_told_with_its_line_and_does_not_fail(self, specs):
        file = specs / "drift.yaml"
        entry = '  - reason: It is here to be found stale.\n    differences: ["sdk-field Nothing/at_all"]\n'
        file.write_text(file.read_text() + entry)
        done = CliRunner().invoke(command, ["drift"])
        assert done.exit_code == 0
        assert f"specs/drift.yaml:{len(file.read_text().splitlines())}  sdk-field Nothing/at_all" in done.output


def test_every_explanation_has_a_reason_that_says_something():
    explanations = read_explanations(spec_folder() / "drift.yaml")
    assert explanations.entries
    assert all(len(entry.reason.split()) > 5 for entry in explanations.entries)


def test_an_explanation_without_a_reason_is_one_clear_error(tmp_path):
    file = tmp_path / "drift.yaml"
    file.write_text('sdk: "1"\nexplained:\n  - differences: [sdk-field A/b]\n')
    with pytest.raises(HarnessError, match=r"drift\.yaml:3: .*Missing key 'reason'"):
        read_explanations(file)
