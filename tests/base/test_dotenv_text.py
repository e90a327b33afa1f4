import io
import os
import re

import pytest
from dotenv import dotenv_values
from dotenv.parser import parse_stream
from hypothesis import given
from hypothesis import strategies as st

from conformance.base.dotenv_text import read
from conformance.base.errors import FileError
from conformance.base.files import DOTENV


def values(path) -> dict[str, str]:
    return {name: variable.value for name, variable in read(path, DOTENV).items()}


_LINES = st.lists(
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["", "export ", " "]),
        st.sampled_from(["A", "B_1", "c"]),
        st.sampled_from(["=", " = ", ""]),
        st.sampled_from(["", "x", "'a b'", '"a\\nb"', "${A}", "${A:-d}", "${NO_SUCH}", "x # y", "${", "$A", "'${A}'"]),
    ),
    max_size=6,
)


@given(_LINES, st.sampled_from(["\n", "\r\n", "\n\n# c\n"]))
def test_it_reads_what_python_dotenv_reads(tmp_path_factory, lines, end):
    text = end.join(lines)
    path = tmp_path_factory.mktemp("env") / ".env"
    path.write_bytes(text.encode())
    expected = {key: value for key, value in dotenv_values(stream=io.StringIO(text)).items() if value is not None}
    bindings = list(parse_stream(io.StringIO(text)))
    if any(binding.error or not re.fullmatch(r"[\w.-]+", binding.key or "A") for binding in bindings):
        with pytest.raises(FileError, match="Expected NAME=value"):
            values(path)
    else:
        assert values(path) == expected


def test_each_variable_has_its_line(tmp_path):
    path = tmp_path / ".env"
    path.write_text('# c\n\nA=1\nB="x\ny"\n\n\nC=3\n', encoding="utf-8")
    assert {name: variable.line for name, variable in read(path, DOTENV).items()} == {"A": 3, "B": 4, "C": 8}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("A=1\nA B\n", ".env:2: Expected NAME=value"),
        ("A='1", ".env:1: Expected NAME=value"),
        ("\x01\x02", ".env:1: Expected NAME=value"),
        ("A=1\n" * 2_001, ".env:2001: The file holds more than 2,000 lines"),
        (
            "A0=xxxxxxxxxx\n" + "".join(f"A{n}={f'${{A{n - 1}}}' * 10}\n" for n in range(1, 40)),
            ".env:5: A4: The value is",
        ),
    ],
)
def test_what_is_refused_is_one_sentence(tmp_path, text, problem):
    path = tmp_path / ".env"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileError) as caught:
        read(path, DOTENV)
    assert problem in str(caught.value)


def test_variables_of_the_environment_are_filled_in(tmp_path, monkeypatch):
    monkeypatch.setenv("OUTER", "o")
    (tmp_path / ".env").write_text("A=${OUTER}\nOUTER=mine\nB=${OUTER}\n", encoding="utf-8")
    assert values(tmp_path / ".env") == {"A": "o", "OUTER": "mine", "B": "mine"}
    assert os.environ["OUTER"] == "o"
