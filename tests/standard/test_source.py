from pathlib import Path

import pytest

from conformance.base.errors import FileError
from conformance.base.files import BASELINE
from conformance.base.suggestions import nearest
from conformance.standard.source import SourceError, check_shape, load_yaml, locate

CASES = """\
# two cases
- id: first
  title: One
  level: must

- id: second
  title: Two
  expect:
    - status: 200
    - {stop-reason: tool_use}
"""

SCHEMA = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["id", "title"],
        "properties": {
            "id": {"type": "string", "pattern": "^[a-z]+$"},
            "title": {"type": "string", "minLength": 2},
            "level": {"enum": ["must", "should", "may"]},
            "send": {},
            "on": {},
            "expect": {"type": "array", "items": {"type": "object", "maxProperties": 1}},
            "count": {"type": ["integer", "null"], "minimum": 1},
        },
    },
}


@pytest.fixture
def write(tmp_path):
    def write_file(text: str, name: str = "cases.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


def refusal(path: Path, schema=SCHEMA, **more) -> SourceError:
    with pytest.raises(SourceError) as caught:
        check_shape(load_yaml(path), schema, path, **more)
    return caught.value


def test_plain_values_are_read_as_json_values(write):
    path = write("{a: 1, b: -2.5, c: 1e3, d: true, e: false, f: null, g: ~, h: , i: 'x', j: [1, [2]]}")
    assert load_yaml(path) == {
        "a": 1, "b": -2.5, "c": 1000.0, "d": True, "e": False, "f": None, "g": None, "h": None, "i": "x", "j": [1, [2]]
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["2026-10-21", "2023-06-01T00:00:00Z",
     "yes", "No", "on", "off", "y", "010", "0x1F", "1_000", "1:30", ".5", "12e03x", "=",
     "<<", "True", "NULL", ".nan"],
)  # fmt: skip
def test_what_yaml_1_1_would_turn_into_something_else_stays_text(write, text):
    assert load_yaml(write(f"value: {text}\n")) == {"value": text}


def test_keys_are_always_text(write):
    assert load_yaml(write("200: ok\non: x\ntrue: y\nnull: z\n2026-10-21: w\n")) == {
        "200": "ok",
        "on": "x",
        "true": "y",
        "null": "z",
        "2026-10-21": "w",
    }


def test_quoted_scalars_stay_text(write):
    assert load_yaml(write("{a: '1', b: \"true\", c: 'null'}")) == {"a": "1", "b": "true", "c": "null"}


def test_an_alias_gives_the_value_of_its_anchor(write):
    assert load_yaml(write("a: &x {k: [1]}\nb: *x\n")) == {"a": {"k": [1]}, "b": {"k": [1]}}


def test_a_value_that_contains_itself_is_refused(write):
    with pytest.raises(FileError, match="A value contains itself"):
        load_yaml(write("a: &x [*x]\n"))


def test_aliases_of_aliases_count_as_often_as_they_are_used(write):
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    assert load_yaml(write("\n".join(lines[:3])))["a1"] == [["x"]] * 10
    with pytest.raises(FileError, match=r":5: The file holds more than 15,000 values, aliases counted"):
        load_yaml(write("\n".join(lines)), BASELINE)


def test_a_python_tag_is_refused(write):
    with pytest.raises(FileError, match="Unsupported tag") as caught:
        load_yaml(write("a: 1\nb: !!python/name:os.system x\n"))
    assert caught.value.line == 2


@pytest.mark.parametrize("scalar", ["!!int x", "!!float x", "!!bool yes", "!!timestamp 2026-10-21"])
def test_an_explicit_tag_that_does_not_fit_is_refused(write, scalar):
    with pytest.raises(FileError, match="Unsupported tag"):
        load_yaml(write(f"a: {scalar}\n"))


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n"])
def test_an_empty_file_is_refused_unless_it_says_null(write, text):
    path = write(text)
    if text == "---\n":
        assert load_yaml(path) is None
        return
    with pytest.raises(FileError) as caught:
        load_yaml(path)
    assert str(caught.value) == f"{path}:1: The file is empty"


def test_a_duplicate_key_is_refused_with_both_lines(write):
    path = write("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n")
    with pytest.raises(FileError) as caught:
        load_yaml(path)
    assert str(caught.value) == f"{path}:5: Duplicate key 'c' (first defined on line 3)"


def test_a_key_that_is_a_list_is_refused(write):
    with pytest.raises(FileError, match="Keys must be strings"):
        load_yaml(write("? [a, b]\n: 1\n"))


@pytest.mark.parametrize(
    ("text", "line"), [("a: 1\nb: [1, 2\nc: 3\n", 3),
     ("a: 'x\n", 2), ("a: 1\n\tb: 2\n", 2), ("a: *nobody\n", 1), ("a: b: c\n", 1)]
)  # fmt: skip
def test_malformed_yaml_is_refused_with_its_line(write, text, line):
    path = write(text)
    with pytest.raises(FileError) as caught:
        load_yaml(path)
    assert str(caught.value).startswith(f"{path}:{line}: Invalid YAML: ")
    assert "\n" not in str(caught.value)


def test_two_documents_in_one_file_are_refused(write):
    with pytest.raises(FileError, match="Invalid YAML"):
        load_yaml(write("a: 1\n---\nb: 2\n"))


def test_a_control_character_is_refused(write):
    with pytest.raises(FileError, match="Invalid YAML"):
        load_yaml(write("a: \x01\n"))


def test_very_deep_nesting_is_refused(write):
    with pytest.raises(FileError, match="Nested deeper than 64 levels"):
        load_yaml(write("[" * 65 + "]" * 65))


def test_a_missing_file_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(FileError, match=r"absent\.yaml: The file does not exist"):
        load_yaml(tmp_path / "absent.yaml")


def test_a_file_that_is_not_utf_8_is_refused(tmp_path):
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"a: \xe9\n")
    with pytest.raises(FileError, match="The file is not UTF-8"):
        load_yaml(path)


def test_bad_input_ends_with_exit_code_4(tmp_path):
    assert SourceError("x", path=tmp_path / "a.yaml").exit_code == 4


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("", 2),
        ("/0", 2),
        ("/0/level", 4),
        ("/1", 6),
        ("/1/expect", 8),
        ("/1/expect/0/status", 9),
        ("/1/expect/1/stop-reason", 10),
        ("/1/expect/7/status", 8),
        ("/1/nothing/here", 6),
        ("/9", 2),
        ("/1/title/deeper", 7),
    ],
)
def test_locate_gives_the_line_of_a_pointer_or_of_its_deepest_part(write, pointer, line):
    assert locate(write(CASES), pointer) == line


def test_locate_understands_escaped_pointers(write):
    assert locate(write("x: 1\na/b:\n  ~c: 2\n"), "/a~1b/~0c") == 3


def test_a_fitting_file_raises_nothing(write):
    path = write(CASES)
    check_shape(load_yaml(path), SCHEMA, path)


def test_an_unknown_key_is_reported_with_file_line_key_and_suggestion(write):
    path = write(CASES.replace("  title: Two", "  tilte: Two"))
    error = refusal(path)
    assert str(error) == f"{path}:7: [1].tilte: Unknown key 'tilte'. Did you mean 'title'?"
    assert (error.path, error.line, error.key, error.suggestion) == (path, 7, "[1].tilte", "title")


def test_an_unknown_key_without_a_neighbour_has_no_suggestion(write):
    path = write(CASES.replace("  level: must", "  quux: must"))
    assert str(refusal(path)) == f"{path}:4: [0].quux: Unknown key 'quux'"


def test_an_unknown_enum_value_is_reported_with_the_nearest_one(write):
    path = write(CASES.replace("level: must", "level: shuold"))
    assert str(refusal(path)) == (
        f"{path}:4: [0].level: Expected one of 'must', 'should', 'may', found 'shuold'. Did you mean 'should'?"
    )


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("  title: One\n", "", ":2: [0]: Missing key 'title'"),
        ("title: One", "title: 3", ":3: [0].title: Expected a string, found 3"),
        ("title: One", "title: x", ":3: [0].title: Expected at least 2 characters, found 'x'"),
        ("id: first", "id: First!", ":2: [0].id: Expected a string that matches '^[a-z]+$', found 'First!'"),
        ("title: One", "title: One\n  count: many", ":4: [0].count: Expected an integer or null, found 'many'"),
        ("title: One", "title: One\n  count: 0", ":4: [0].count: Expected at least 1, found 0"),
        ("level: must", "level: true", ":4: [0].level: Expected one of 'must', 'should', 'may', found true"),
        ("- status: 200", "- {status: 200, x: 1}", ":9: [1].expect[0]: Expected at most 1 key, found a mapping with"),
        ("- status: 200", "- null", ":9: [1].expect[0]: Expected a mapping, found null"),
    ],
)
def test_each_deviation_is_one_plain_sentence(write, old, new, sentence):
    path = write(CASES.replace(old, new, 1))
    assert str(refusal(path)).startswith(f"{path}{sentence}")


def test_an_empty_list_is_reported_as_one(write):
    assert refusal(write("[]")).problem == "Expected at least 1 item, found an empty list"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("{}", "Missing key 'send' or 'on'"),
        ("{send: 1, on: 2}", "The keys 'send' and 'on' exclude each other"),
        ("7", "Expected one of 2 forms, found 7"),
    ],
)
def test_a_choice_between_keys_is_reported_by_the_keys(write, value, problem):
    schema = {"oneOf": [{"required": ["send"]}, {"required": ["on"]}]}
    if value == "7":
        schema = {"oneOf": [{"const": 1}, {"const": 2}]}
    assert refusal(write(f"x: {value}\n"), {"properties": {"x": schema}}).problem == problem


def test_the_alternative_that_was_meant_is_the_one_reported(write):
    schema = {"anyOf": [{"type": "string"}, {"type": "object", "properties": {"name": {"enum": ["all", "none"]}}}]}
    error = refusal(write("name: nnoe\n"), schema)
    assert (error.key, error.suggestion) == ("name", "none")


def test_a_key_outside_property_names_is_an_unknown_key(write):
    path = write("a: 1\nstatsu: 2\n")
    error = refusal(path, {"propertyNames": {"enum": ["a", "status"]}})
    assert str(error) == f"{path}:2: statsu: Unknown key 'statsu'. Did you mean 'status'?"


def test_a_misspelt_key_is_reported_before_the_key_that_is_missing_because_of_it(write):
    assert refusal(write("- id: x\n  titel: One\n")).suggestion == "title"


def test_of_several_deviations_the_first_in_the_file_is_reported(write):
    path = write("- {id: a, title: 1}\n- {id: b, title: 2}\n- {id: 3, title: c}\n")
    assert refusal(path).line == 1


def test_data_below_a_pointer_is_reported_at_its_place_in_the_file(write):
    path = write(CASES)
    with pytest.raises(SourceError) as caught:
        check_shape(200, {"type": "string"}, path, pointer="/1/expect/0/status")
    assert str(caught.value) == f"{path}:9: [1].expect[0].status: Expected a string, found 200"


def test_an_error_about_a_file_that_is_not_there_has_no_line(tmp_path):
    path = tmp_path / "gone.yaml"
    assert str(SourceError("the case is unknown", path=path, suggestion="x")) == (
        f"{path}: the case is unknown. Did you mean 'x'?"
    )


def test_an_error_about_a_broken_file_is_reported_all_the_same(write):
    path = write("a: [\n")
    assert str(SourceError("the case is unknown", path=path)) == f"{path}: the case is unknown"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("shoud", "should"),
        ("stopreason", "stop-reason"),
        ("Stop_Reason", "stop-reason"),
        ("zzz", None),
        ("", None),
        ("must", "must"),
    ],
)
def test_nearest_finds_what_was_probably_meant(name, found):
    assert nearest(name, {"must": 1, "should": 2, "stop-reason": 3}) == found


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{names: '(a+', pattern: b}", "1: [0].names: Expected a regular expression (RE2): missing ): (a+"),
        (
            "{names: 'a', pattern: '(?=b)'}",
            "1: [0].pattern: Expected a regular expression (RE2): invalid",
        ),
    ],
)
def test_a_pattern_that_cannot_be_matched_in_linear_time_is_refused_with_its_place(write, text, problem):
    path = write(f"- {text}\n")
    regex = {"type": "string", "format": "regex"}
    schema = {"items": {"properties": {"names": regex, "pattern": regex}}}
    assert str(refusal(path, schema)).startswith(f"{path}:{problem}")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{type: 5}", "Expected a JSON Schema: 5 is not valid under any of the given schemas"),
        ("{properties: {a: {pattern: '('}}}", "Expected a JSON Schema: '(' is not a 'regex'"),
        ("{patternProperties: {'(?!a)': {}}}", "Expected a JSON Schema: invalid perl operator"),
    ],
)
def test_a_json_schema_that_is_none_is_refused_with_its_place(write, text, problem):
    path = write(f"- {text}\n")
    schema = {"items": {"type": "object", "format": "json-schema"}}
    assert str(refusal(path, schema)).startswith(f"{path}:1: [0]: {problem}")


def test_items_that_cannot_be_sorted_are_compared_once(write):
    path = write("- 1\n" * 2 + "".join(f"- {{a: {number}}}\n" for number in range(5_000)))
    assert str(refusal(path, {"uniqueItems": True})).endswith(": Duplicate item")
