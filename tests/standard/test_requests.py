"""What `$make` makes: files that a decoder of their format reads, texts, conversations."""

import base64
import re
import struct
import zlib

import pytest

from conformance.standard.large_values import (
    COLOURS,
    ENCODERS,
    MakeError,
    conversation,
    gif,
    jpeg,
    make,
    pdf,
    png,
    webp,
)
from conformance.standard.requests import SendError, steps_of, with_part

RED = COLOURS["red"]


@pytest.mark.parametrize(
    ("kind", "magic"), [("png", b"\x89PNG"), ("jpeg", b"\xff\xd8\xff"), ("gif", b"GIF89a"), ("webp", b"RIFF")]
)
def test_an_image_starts_like_its_kind_and_is_the_same_every_time(kind, magic):
    data = make({"image": kind, "colour": "blue", "width": 32, "height": 32})
    assert base64.b64decode(data, validate=True).startswith(magic)
    assert data == make({"image": kind, "colour": "blue", "width": 32, "height": 32})
    assert data != make({"image": kind, "colour": "green", "width": 32, "height": 32})


def test_a_png_has_its_size_and_its_colour_in_every_pixel():
    data = png(RED, 5, 3)
    assert struct.unpack(">II", data[16:24]) == (5, 3)
    length = struct.unpack(">I", data[33:37])[0]
    assert zlib.decompress(data[41 : 41 + length]) == (b"\0" + bytes(RED) * 5) * 3


def test_a_gif_and_a_webp_tell_their_size():
    assert struct.unpack("<HH", gif(RED, 9, 7)[6:10]) == (9, 7)
    bits = int.from_bytes(webp(RED, 9, 7)[21:25], "little")
    assert ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1) == (9, 7)


def test_a_jpeg_tells_its_size_and_ends_with_its_end_marker():
    data = jpeg(RED, 16, 8)
    frame = data.index(b"\xff\xc0")
    assert struct.unpack(">HH", data[frame + 5 : frame + 9]) == (8, 16)
    assert data.endswith(b"\xff\xd9")


def test_the_offsets_of_a_pdf_point_to_its_objects():
    data = pdf(["one (1)", "two"])
    start = int(data.rpartition(b"startxref\n")[2].split()[0])
    assert data[start:].startswith(b"xref")
    entries = data[start:].split(b"\n")[3:]
    offsets = [int(entry[:10]) for entry in entries if entry.endswith(b" n ")]
    assert [data[at:].split()[0] for at in offsets] == [b"%d" % number for number in range(1, len(offsets) + 1)]
    assert rb"(one \(1\))" in data


def test_a_conversation_has_so_many_messages_before_its_last_question_and_roles_take_turns():
    messages = conversation(40, "first", "answer {n}", "last")
    assert len(messages) == 41
    assert [message["role"] for message in messages] == ["user", "assistant"] * 20 + ["user"]
    assert (messages[0]["content"], messages[3]["content"], messages[-1]["content"]) == ("first", "answer 1", "last")


def test_a_send_carries_what_is_made():
    (step,) = steps_of({"system": {"$make": {"text": "ab ", "repeat": 3}}, "tools": {"$make": {"tools": 2}}}, {})
    assert step.body["system"] == "ab ab ab "
    assert [tool["name"] for tool in step.body["tools"]] == ["tool_0", "tool_1"]


@pytest.mark.parametrize(
    "call", [{}, "png", {"image": "bmp"}, {"image": "png", "colour": "pink"}, {"text": "a", "times": 2}]
)
def test_what_cannot_be_made_is_told(call):
    with pytest.raises(MakeError):
        make(call)
    with pytest.raises(SendError):
        steps_of({"system": {"$make": call}}, {})


def test_every_kind_has_an_encoder():
    assert set(ENCODERS) == {"png", "jpeg", "gif", "webp"}


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        ({"image": []}, "expects a string as 'image'"),
        ({"image": "png", "colour": {}}, "expects a string as 'colour'"),
        ({"image": "png", "width": 1.5}, "expects a whole number from 1 to 16,383 as 'width'"),
        ({"image": "png", "height": 10**30}, "expects a whole number from 1 to 16,383 as 'height'"),
        ({"image": "gif", "width": 16_000, "height": 16_000}, "draws 20,000 pixels at most"),
        ({"pdf": "text"}, "expects a list of at most 100 strings in ASCII as 'pdf'"),
        ({"pdf": ["\u20ac"]}, "expects a list of at most 100 strings in ASCII as 'pdf'"),
        ({"text": None}, "expects a string as 'text'"),
        ({"text": "a", "repeat": "3"}, "expects a whole number from 1 to 8,388,608 as 'repeat'"),
        ({"text": "ab", "repeat": 8_388_608}, "writes 8,388,608 characters at most"),
        ({"turns": 4, "first": "a"}, "lacks 'answer', a string"),
        (
            {"turns": True, "first": "a", "answer": "b", "last": "c"},
            "expects a whole number from 1 to 2,000 as 'turns'",
        ),
        ({"turns": 2_000, "first": "a", "answer": "b" * 9_000, "last": "c"}, "writes 8,388,608 characters at most"),
        ({"tools": 10**9}, "expects a whole number from 0 to 500 as 'tools'"),
    ],
)
def test_what_cannot_be_made_or_is_too_large_is_one_sentence(call, problem):
    with pytest.raises(MakeError, match=re.escape(problem)):
        make(call)


def test_a_part_is_added_in_front_of_arrays_beside_members_and_behind_the_comma_of_a_header() -> None:
    send = {"$headers": {"anthropic-beta": "a"}, "messages": [1], "metadata": {"user_id": "u"}, "max_tokens": 8}
    part = {
        "$headers": {"anthropic-beta": "b", "x-own": "c"},
        "messages": [0],
        "metadata": {"more": 1},
        "max_tokens": 9,
    }
    assert with_part(send, part) == {
        "$headers": {"anthropic-beta": "a,b", "x-own": "c"},
        "messages": [0, 1],
        "metadata": {"user_id": "u", "more": 1},
        "max_tokens": 9,
    }
    assert with_part(send, {"system": "s"}) == {**send, "system": "s"}
