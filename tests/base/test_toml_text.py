from pathlib import Path

import pytest

from conformance.base import toml_text
from conformance.base.errors import FileError
from conformance.base.files import Bounds
from conformance.base.toml_text import TomlText, read

BOUNDS = Bounds(100_000, 100, 10)


@pytest.fixture
def toml(tmp_path):
    def read_text(text: str) -> TomlText:
        path = tmp_path / "a.toml"
        path.write_text(text, encoding="utf-8")
        return read(path, BOUNDS)

    return read_text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a = 1\nb = [", "a.toml:2: Invalid TOML: Invalid value"),
        ("a = 1\na = 2", "a.toml:2: Invalid TOML: Cannot overwrite a value"),
        ("a = " + "9" * 9_000, "a.toml: Invalid TOML: a number is too long"),
        ("a = 2026-02-30", "a.toml:1: Invalid TOML: Invalid date or datetime"),
        ("\na" + ".a" * 40 + " = 1", "a.toml:2: A key has more than 32 parts"),
        ('\n"a" . ' + "'a' . " * 40 + "a = 1", "a.toml:2: A key has more than 32 parts"),
        ("a = " + "[" * 11 + "]" * 11, "a.toml: Nested deeper than 10 levels"),
        ("a = " + "[" * 20_000, "a.toml: Nested deeper than 10 levels"),
        ("a = [" + "1," * 100 + "]", "a.toml: The file holds more than 100 values"),
        ("".join(f"k{number} = 1\n" for number in range(101)), "a.toml: The file holds more than 100 values"),
    ],
)
def test_what_is_refused_is_one_sentence(toml, text, problem):
    with pytest.raises(FileError) as caught:
        toml(text)
    assert problem in str(caught.value)


def test_the_line_of_each_key_is_known(toml):
    file = toml("a = 1\n[b]\nc = [\n1]\n'd e'.f = 2\n[[g]]\nh = 3\n[b.i]\nj = '''\nc = 5\n'''\n")
    places = {("a",): 1, ("b",): 2, ("b", "c"): 3, ("b", "d e", "f"): 5, ("g", "h"): 7, ("b", "i", "j"): 9}
    assert {keys: file.line_of(*keys) for keys in places} == places
    assert (file.line_of("b", "nowhere"), file.line_of("nowhere"), file.line_of()) == (2, None, None)


def test_the_lines_of_a_file_are_found_once_for_all_its_keys(toml, monkeypatch):
    file, texts = toml("a = 1\nb = 2\n"), []
    monkeypatch.setattr(toml_text, "_places", lambda text: texts.append(text) or iter([(("a",), 1), (("b",), 2)]))
    assert (file.line_of("a"), file.line_of("b"), file.line_of("c")) == (1, 2, None)
    assert len(texts) == 1


def test_an_error_names_file_line_and_key(toml):
    file = toml("[b]\nc = 1\n")
    assert str(file.error("Expected a text", "b", "c")) == f"{Path(file.path)}:2: b.c: Expected a text"
