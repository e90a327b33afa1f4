import base64
import html
import itertools
import json
import re
import time
import urllib.parse
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.model import Mode
from conformance.protocol.exchange import Chunk, Exchange, Trouble
from conformance.protocol.message import text_of
from conformance.protocol.reply import Reply
from conformance.wire import redact
from conformance.wire.redact import Redactor
from support import make

KEY = "sk-test/Ab+c&9_é漢🎉=end"
PLAIN = "sk-ant-Canary0123456789"


def deltas(field: str, pieces: list[str]) -> bytes:
    events = ({"type": "content_block_delta", "index": 0, "delta": {field: piece}} for piece in pieces)
    return "".join(f"event: content_block_delta\ndata: {json.dumps(event)}\n\n" for event in events).encode()


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def nested(text: str, times: int) -> str:
    for _ in range(times):
        text = json.dumps(text)[1:-1]
    return text


def json_units(text: str) -> list[str]:
    units = text.encode("utf-16-be").hex()
    return [f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4)]


SPELLINGS = {
    "itself": KEY,
    "upper case": KEY.upper().replace("É", "é"),
    "url": urllib.parse.quote(KEY),
    "url, nothing safe": urllib.parse.quote(KEY, safe=""),
    "url, lower case": urllib.parse.quote(KEY, safe="").lower(),
    "url twice": urllib.parse.quote(urllib.parse.quote(KEY, safe=""), safe=""),
    "every byte as url": "".join(f"%{byte:02x}" for byte in KEY.encode()),
    "json": json.dumps(KEY)[1:-1],
    "json, slashes": json.dumps(KEY)[1:-1].replace("/", "\\/"),
    "json in json": json.dumps(json.dumps(KEY))[3:-3],
    "every character as json": "".join(f"\\u{unit:04X}" for unit in (0x73, 0x6B)) + json.dumps(KEY[2:])[1:-1],
    "html": html.escape(KEY),
    "html decimal": "".join(f"&#{ord(character)};" for character in KEY),
    "html hexadecimal": "".join(f"&#x{ord(character):X};" for character in KEY),
    "html in html": html.escape(html.escape(KEY)),
    "json in json in json in json": nested(KEY, 4),
    "every character as json, five times": nested("".join(json_units(KEY)), 4),
    "url in json": "".join(f"\\u0025{byte:02x}" for byte in KEY.encode()),
    "json in url": urllib.parse.quote(json.dumps(KEY)[1:-1], safe=""),
    "html in url in json": json.dumps(urllib.parse.quote(html.escape(KEY), safe=""))[1:-1],
    "base64": b64(KEY),
    "base64 of bearer": b64(f"Bearer {KEY}"),
    "base64 url": base64.urlsafe_b64encode(KEY.encode()).decode(),
    "base64 without padding": b64(KEY).rstrip("="),
    "base64 in a url": urllib.parse.quote(b64(KEY), safe=""),
    "base64 in json": b64(KEY).replace("/", "\\/"),
    "base64 of json": b64(json.dumps(KEY)),
    "base64 of every byte as url": b64("".join(f"%{byte:02x}" for byte in KEY.encode())),
    "base64 in base64": b64(b64(f"the key: {KEY}")),
    "base64 in lines": json.dumps(base64.encodebytes(b"x" * 40 + KEY.encode()).decode().rstrip())[1:-1],
    "base64 of utf-16": base64.b64encode(KEY.encode("utf-16")).decode(),
    "hexadecimal": KEY.encode().hex(),
    "every byte as in a program": "".join(f"\\x{byte:02x}" for byte in KEY.encode()),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_every_spelling_is_replaced_by_as_many_bytes(spelling: str) -> None:
    before, behind = '{"message":"no such key: ', ' (401)"}'
    redacted = Redactor([KEY]).text(before + spelling + behind)
    assert redacted.startswith(before + "[redacted]")
    assert redacted.endswith(behind)
    assert len(redacted.encode()) == len((before + spelling + behind).encode())
    middle = redacted[len(before) : -len(behind)].rstrip("=")
    assert set(middle.removeprefix("[redacted]")) <= set("*%3Dd")


@pytest.mark.parametrize("front", ["", "a", "ab", "user:", "Bearer "])
@pytest.mark.parametrize("behind", ["", "x", "yz", ":"])
def test_base64_of_something_longer_keeps_no_readable_part_of_the_secret(front: str, behind: str) -> None:
    redacted = Redactor([PLAIN]).text(b64(front + PLAIN + behind))
    left = base64.b64decode(redacted.replace("[", "A").replace("]", "A").replace("*", "A"))
    assert not any(PLAIN[at : at + 3].encode() in left for at in range(len(PLAIN) - 2))
    assert "[redacted]" in redacted


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from(sorted(SPELLINGS.values())))
def test_no_surroundings_hide_a_secret_and_lengths_stay(before: str, behind: str, spelling: str) -> None:
    text = f"{before} {spelling} {behind}"
    redacted = Redactor([KEY]).text(text)
    assert spelling not in redacted
    assert len(redacted.encode()) == len(text.encode())


@given(st.binary(max_size=300))
def test_bytes_without_a_secret_stay_as_they_are(data: bytes) -> None:
    assert Redactor([PLAIN]).data(data) == data


@given(st.integers(250_000, 270_000))
@settings(max_examples=30, deadline=None)
def test_an_escaped_secret_is_found_wherever_it_stands_in_a_large_body(position: int) -> None:
    spelling = "".join(f"&#x{ord(character):04X};" for character in PLAIN).encode()
    body = b"." * position + spelling + b"." * 20_000
    redacted = Redactor([PLAIN]).data(body)
    assert redacted == b"." * position + b"[redacted]".ljust(len(spelling), b"*") + b"." * 20_000


def test_overlapping_secrets_are_both_gone() -> None:
    assert Redactor(["abcdefgh", "efghijkl"]).text("-abcdefghijkl-") == "-[redacted]**-"
    assert Redactor(["abcdefgh", "abcdefghijkl"]).text("-abcdefghijkl-") == "-[redacted]**-"


def test_json_stays_json_where_a_secret_follows_an_escape() -> None:
    secret = "nightly-key"
    body = json.dumps({"message": "key:\nightly-key", "other": f"\\{secret}"})
    redacted = json.loads(Redactor([secret]).text(body))
    assert redacted == {"message": "key:\n[redacted]", "other": "\\n[redacted]"}


def test_a_secret_shorter_than_the_mark_shortens_the_mark() -> None:
    assert Redactor(["abcdefgh"]).text("<abcdefgh>") == "<[redacte>"


@pytest.mark.parametrize("secret", ["7", "K7q", "K7q9Zx", "Zq/é+9"])
def test_a_short_secret_is_never_a_whole_json_string_header_or_url_part(secret: str) -> None:
    redactor = Redactor([secret])
    body = {"key": secret, "list": [secret], secret: 1, "text": f"no {json.dumps(secret)} here", "part": f"1{secret}2"}
    for text in (json.dumps(body), json.dumps(body, ensure_ascii=False), json.dumps({"inner": json.dumps(body)})):
        hidden = json.loads(redactor.data(text.encode()))
        hidden = json.loads(hidden["inner"]) if "inner" in hidden else hidden
        assert secret not in (hidden["key"], *hidden["list"], *hidden)
        assert hidden["part"] == body["part"]
    quoted = urllib.parse.quote(secret, safe="")
    url = redactor.text(f"https://x:{quoted}@host/v1/{quoted}/y?a={quoted}&b=1#{quoted}")
    assert quoted not in re.split(r"[:@/?=&#]", url)
    for header in (secret, f"Bearer {secret}", f"a={secret}; b={secret}", b64(secret), f"Basic {b64(secret)}"):
        left = redactor.text(header)
        assert secret not in re.split(r"[ ;=]+", left)
        assert b64(secret) not in left


@pytest.mark.parametrize("secret", ["", "EMPTY", "none", "x", "***", "[REDACTED]", "xxxxxxxxxxxx", "<redacted>"])
def test_dummy_keys_and_marks_of_recorders_are_no_secrets(secret: str) -> None:
    text = f'{{"type":"redacted_thinking","x":"{secret}"}}'
    assert Redactor([secret]).data(text.encode()) == text.encode()


@pytest.mark.parametrize("secret", ["X/+", "x-x", "--x", "hidden1", "x1"])
def test_what_only_resembles_a_mark_is_a_secret(secret: str) -> None:
    assert secret not in Redactor([secret]).text(secret)


def test_a_short_secret_that_deltas_add_up_to_is_redacted() -> None:
    body = deltas("text", ["K7q", "9", "Zx"])
    after = Redactor(["K7q9Zx"]).exchange(exchange_full_of("K7q9Zx", body, [])).response
    assert after is not None
    assert not any(f'"{piece}"'.encode() in after.body for piece in ("K7q", "9", "Zx"))
    assert len(after.body) == len(body)


def test_without_secrets_everything_stays() -> None:
    assert Redactor([]).text("sk-ant-123456 \\u0041") == "sk-ant-123456 \\u0041"


def test_all_strings_of_a_json_value_are_redacted() -> None:
    value = {"a": [PLAIN, 1, None, {PLAIN: f"x{PLAIN}"}], "b": (True, 1.5)}
    mark = "[redacted]".ljust(len(PLAIN), "*")
    assert Redactor([PLAIN]).json(value) == {"a": [mark, 1, None, {mark: f"x{mark}"}], "b": [True, 1.5]}


def exchange_full_of(secret: str, body: bytes, cuts: list[int]) -> Exchange:
    bounds = [0, *sorted(cuts), len(body)]
    chunks = tuple(Chunk(float(at), body[start:end]) for at, (start, end) in enumerate(itertools.pairwise(bounds)))
    headers = (("content-type", "text/event-stream"), (f"x-{secret}", "1"), ("x-echo", f"Bearer {secret}"))
    return make.exchange(
        status=401,
        sent=make.request({"k": secret}, url=f"http://x/?k={secret}", headers=[("x-api-key", secret)]),
        headers=headers,
        mode=Mode.STREAM,
        chunks=chunks,
        trouble=Trouble("closed", f"the peer said {secret}", 1.0),
    )


@given(st.lists(st.integers(0, 80), max_size=10))
def test_an_exchange_has_the_secret_nowhere_and_every_chunk_keeps_its_length(cuts: list[int]) -> None:
    body = b'data: {"type":"error","error":{"message":"bad key ' + PLAIN.encode() + b'"}}\n\n'
    before = exchange_full_of(PLAIN, body, cuts)
    after = Redactor([PLAIN]).exchange(before)
    assert after.response is not None
    assert before.response is not None
    assert PLAIN not in repr(after)
    assert PLAIN.encode() not in after.response.body
    assert [(c.at, len(c.data)) for c in after.response.chunks] == [(c.at, len(c.data)) for c in before.response.chunks]
    assert after.response.body == body.replace(PLAIN.encode(), b"[redacted]".ljust(len(PLAIN), b"*"))


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-be", "utf-32", "cp037", "utf-7"])
def test_a_secret_in_a_body_that_is_not_utf_8_is_redacted(charset: str) -> None:
    body = json.dumps({"message": f"no such key: {PLAIN}"}).encode(charset)
    redacted = Redactor([PLAIN]).data(body)
    assert len(redacted) == len(body)
    assert PLAIN not in redacted.decode(charset, "replace")
    assert "no such key: " in redacted.decode(charset, "replace")


def test_a_secret_that_looks_escaped_is_found_where_its_escapes_are_undone() -> None:
    secret = "a%41&amp;\\u0042-key"
    for text in (secret, json.dumps(secret), urllib.parse.quote(secret), "aA&B-key"):
        assert "-key" not in Redactor([secret]).text(text)


@pytest.mark.parametrize("field", ["text", "thinking", "partial_json", "signature", "brand_new"])
def test_a_secret_told_piece_by_piece_in_deltas_is_redacted(field: str) -> None:
    pieces = ["The key is ", *(PLAIN[at : at + 3] for at in range(0, len(PLAIN), 3)), "."]
    after = Redactor([PLAIN]).exchange(exchange_full_of(PLAIN, deltas(field, pieces), [7, 90])).response
    assert after is not None
    lines = [line for line in after.body.decode().splitlines() if line.startswith("data: ")]
    told = "".join(json.loads(line[6:])["delta"][field] for line in lines)
    assert told == f"The key is {'[redacted]'.ljust(len(PLAIN), '*')}."


def decoys(pieces: list[str]) -> bytes:
    """Deltas with strings of the same name that no reader adds to the text."""
    body = b""
    for piece in pieces:
        other = {"type": "content_block_delta", "index": 0, "delta": {"type": "no_such_delta", "text": "decoy"}}
        delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
        event = json.dumps(delta).replace('"text":', '"text": "decoy", "te\\u0078t":')
        body += f"event: content_block_delta\ndata: {json.dumps(other)}\n\ndata: {event}\n\n".encode()
    return body


def test_nothing_between_its_pieces_hides_a_secret_from_the_redactor() -> None:
    start = (
        b'data: {"type":"message_start","message":{"type":"message","content":[]}}\n\n'
        b'data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n'
    )
    body = start + decoys([PLAIN[at : at + 3] for at in range(0, len(PLAIN), 3)])
    before = exchange_full_of(PLAIN, body, [9])
    assert before.trouble is not None, "what broke off can be put together by others"
    assert PLAIN in json.dumps(Reply(replace(before, trouble=None)).message)
    after = Redactor([PLAIN]).exchange(before)
    assert after.response is not None
    assert len(after.response.body) == len(body)
    assert PLAIN not in json.dumps(Reply(replace(after, trouble=None)).message)


def test_a_secret_in_the_text_of_several_blocks_is_redacted() -> None:
    content = [{"type": "text", "text": PLAIN[at : at + 9]} for at in range(0, len(PLAIN), 9)]
    body = json.dumps({"type": "message", "content": content}).encode()
    before = make.exchange(body)
    assert text_of(Reply(before)) == PLAIN
    assert PLAIN not in text_of(Reply(Redactor([PLAIN]).exchange(before)))


@pytest.mark.parametrize(
    "body",
    [
        b'["\\' + b'\\"' * 100_000,
        b'{"a":"b",' * 100_000,
        (b"%26%2337%3B" + b"x" * 30) * 20_000,
        b'"' + b"\\" * 4_000_000,
    ],
    ids=["escaped quotes", "members", "escapes of escapes", "backslashes"],
)
def test_a_hostile_body_costs_no_more_than_its_size(body: bytes) -> None:
    start = time.process_time()
    after = Redactor([KEY]).exchange(make.exchange(body)).response
    assert time.process_time() - start < 20  # a quadratic search would take hours
    assert after is not None
    assert after.body == body


def test_a_body_of_escapes_of_escapes_is_hidden_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redact, "_SMALLEST_ROOM", 0)
    escape = b"%41"
    for _ in range(12):
        escape = escape.replace(b"%", b"&#37;").replace(b"&", b"%26")
    after = Redactor([KEY]).data(escape * 10)
    assert after == b"[redacted]".ljust(len(escape) * 10, b"*")


def test_an_exchange_without_a_response_is_redacted_too() -> None:
    before = replace(exchange_full_of(PLAIN, b"", []), response=None)
    after = Redactor([PLAIN]).exchange(before)
    assert after.response is None
    assert PLAIN not in repr(after)
