"""Recorders as they are: what they do to an exchange, and the forms of file that they write."""

from __future__ import annotations

import base64
import gzip
import json
import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import brotli
import yaml

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Headers = tuple[tuple[str, str], ...]
MARKS = ("REDACTED", "**REDACTED**", "<REDACTED>", "[FILTERED]", "***", "xxxxxxxx", "<request-id>", "")
DATE = ("date", "Sat, 28 Nov 2026 00:00:00 GMT")


@dataclass(frozen=True)
class Traffic:
    """One exchange as it went over the wire, or what a recorder has left of it. A body None was not kept."""

    method: str
    url: str
    sent_headers: Headers
    sent: bytes | None
    status: int
    headers: Headers
    body: bytes | None
    started: str

    @property
    def streamed(self) -> bool:
        """Whether the body is an event stream."""
        return self.body is not None and self.body.startswith((b"event:", b"data:"))


def traffic(record: Mapping[str, Any]) -> Traffic:
    """What a record of the corpus holds."""
    request, response = record["request"], record["response"]
    return Traffic(
        request["method"],
        request["url"],
        _pairs(request["headers"]),
        _body(request),
        response["status"],
        _pairs(response["headers"]),
        response["sse"].encode() if isinstance(response.get("sse"), str) else _body(response),
        record.get("started") or "",
    )


def _pairs(headers: Mapping[str, Any]) -> Headers:
    return tuple(
        (name, str(value))
        for name, values in headers.items()
        for value in (values if isinstance(values, list) else [values])
    )


def _body(message: Mapping[str, Any]) -> bytes | None:
    if isinstance(message.get("body_text"), str):
        return str(message["body_text"]).encode()
    body = message.get("body")
    return None if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()


# What recorders do to an exchange -------------------------------------------------------------------------------------

Habit = Callable[[Traffic, Random], Traffic]


def names_in_another_case(one: Traffic, random: Random) -> Traffic:
    """Header names in capitals."""
    case = random.choice((str.upper, str.title, str.lower))
    return replace(
        one,
        headers=tuple((case(name), value) for name, value in one.headers),
        sent_headers=tuple((case(name), value) for name, value in one.sent_headers),
    )


def method_in_small_letters(one: Traffic, random: Random) -> Traffic:
    """The method as a symbol of Ruby, or a word."""
    return replace(one, method=random.choice((str.lower, str.title))(one.method))


def some_headers(one: Traffic, random: Random) -> Traffic:
    """Only some of the response headers."""
    return replace(one, headers=tuple(header for header in one.headers if random.random() < 0.5))


def no_headers(one: Traffic, random: Random) -> Traffic:
    """No headers at all, on one side or both."""
    return replace(one, headers=(), sent_headers=one.sent_headers if random.random() < 0.5 else ())


def marked_headers(one: Traffic, random: Random) -> Traffic:
    """Marks in the place of values of headers."""
    mark = random.choice(MARKS)
    return replace(
        one,
        headers=tuple((name, mark if random.random() < 0.5 else value) for name, value in one.headers),
        sent_headers=tuple((name, mark) for name, _ in one.sent_headers),
    )


def packed_bodies(one: Traffic, random: Random) -> Traffic:
    """A body in its content coding, with the header or without."""
    if not one.body:
        return one
    name, pack = random.choice((("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstd.compress)))
    headers = tuple(header for header in one.headers if header[0].lower() != "content-encoding")
    if random.random() < 0.5:
        headers = (*headers, ("Content-Encoding", name))
    return replace(one, body=pack(one.body), headers=headers)


def base64_bodies(one: Traffic, random: Random) -> Traffic:
    """Bodies in base64, in one line or in several, without a word."""
    encode = random.choice((base64.b64encode, base64.encodebytes))
    return replace(
        one, body=encode(one.body) if one.body else one.body, sent=encode(one.sent) if one.sent else one.sent
    )


def written_again(one: Traffic, random: Random) -> Traffic:
    """JSON parsed and written again: other white space, escapes and order of keys."""
    style: dict[str, Any] = {
        "indent": random.choice((None, 2)), "sort_keys": random.random() < 0.5,
        "ensure_ascii": random.random() < 0.5,
    }  # fmt: skip
    return _with_json(one, lambda value: json.dumps(value, **style))


def _with_json(one: Traffic, write: Callable[[Any], str]) -> Traffic:
    """The exchange with its JSON written anew: both bodies, and each event of a stream."""

    def again(text: str) -> str:
        try:
            return write(json.loads(text))
        except ValueError:
            return text

    def line(text: str) -> str:
        return "data: " + again(text[5:]).replace("\n", "\ndata: ") if text.startswith("data:") else text

    sent = again(one.sent.decode()).encode() if one.sent else one.sent
    if not one.body:
        return replace(one, sent=sent)
    text = one.body.decode()
    return replace(
        one, sent=sent, body=("\n".join(map(line, text.split("\n"))) if one.streamed else again(text)).encode()
    )


def scrubbed_ids(one: Traffic, random: Random) -> Traffic:
    """Ids replaced: by marks, numbers, or one id for all."""
    kind, known = random.randrange(4), dict[str, str]()

    def scrubbed(value: str) -> str:
        prefix = value.partition("_")[0]
        forms = (f"{prefix}_REDACTED_{len(known)}", f"{prefix}_{len(known)}", "REDACTED", f"{prefix}_0000000000000000")
        return known.setdefault(value, forms[kind])

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: scrubbed(inner)
                if key in ("id", "tool_use_id", "request_id") and isinstance(inner, str) and "_" in inner
                else inner
                if key == "input"
                else walk(inner)
                for key, inner in value.items()
            }
        return [walk(inner) for inner in value] if isinstance(value, list) else value

    headers = tuple((name, scrubbed(value) if name.lower() == "request-id" else value) for name, value in one.headers)
    return replace(_with_json(one, lambda value: json.dumps(walk(value))), headers=headers)


def one_message_id(one: Traffic, random: Random) -> Traffic:
    """The same id, which looks genuine, in the place of that of every message."""
    import re

    body = re.sub(rb'("id": ?")msg_\w+"', rb'\1msg_013Zva2CMHLNnXjNJJKqJ2EF"', one.body) if one.body else one.body
    return replace(one, body=body)


def client_left(one: Traffic, random: Random) -> Traffic:
    """A stream of which only the beginning was read, up to an event or up to any byte.

    Nobody leaves behind message_delta: the end comes with it.
    """
    if not one.streamed or not one.body:
        return one
    read = one.body.partition(b"message_delta")[0]
    if random.random() < 0.5 and b"\n\n" in read:
        events = read.split(b"\n\n")[:-1]
        return replace(one, body=b"".join(event + b"\n\n" for event in events[: random.randint(1, len(events))]))
    return replace(one, body=read[: random.randint(min(7, len(read)), len(read))].decode("utf-8", "ignore").encode())


def body_cut(one: Traffic, random: Random) -> Traffic:
    """The beginning of a body, with or without a mark that it was longer."""
    if one.streamed or not one.body:
        return one
    tail = random.choice((b"", b"...", b"... [truncated]"))
    return replace(
        one, body=one.body[: random.randrange(1, max(2, len(one.body)))].decode("utf-8", "ignore").encode() + tail
    )


def trimmed(one: Traffic, random: Random) -> Traffic:
    """Bodies without the white space at their ends."""
    return replace(one, body=one.body.strip() if one.body else one.body)


def no_request_body(one: Traffic, random: Random) -> Traffic:
    """The body of the request lost, cut, or replaced."""
    cut = one.sent[: len(one.sent) // 2] if one.sent else None
    return replace(one, sent=random.choice((None, b"", b"[REDACTED]", b'"<hidden>"', cut)))


def no_response_body(one: Traffic, random: Random) -> Traffic:
    """The body of the response lost, or replaced."""
    return replace(one, body=random.choice((None, b"", b"[REDACTED]", b"<filtered>")))


def no_time(one: Traffic, random: Random) -> Traffic:
    """No time at which the exchange began."""
    return replace(one, started="")


def names_of_events_dropped(one: Traffic, random: Random) -> Traffic:
    """The data of the events alone."""
    if not one.streamed or not one.body:
        return one
    lines = [line for line in one.body.decode().split("\n") if not line.startswith("event:")]
    return replace(one, body="\n".join(lines).encode())


def blank_lines_dropped(one: Traffic, random: Random) -> Traffic:
    """The lines of a stream that are not empty."""
    if not one.streamed or not one.body:
        return one
    return replace(one, body="".join(f"{line}\n" for line in one.body.decode().split("\n") if line).encode())


def other_line_ends(one: Traffic, random: Random) -> Traffic:
    """The line ends of another system."""
    return replace(one, body=one.body.replace(b"\n", b"\r\n") if one.streamed and one.body else one.body)


def no_pings(one: Traffic, random: Random) -> Traffic:
    """A stream without its pings."""
    if not one.streamed or not one.body:
        return one
    return replace(one, body=b"\n\n".join(each for each in one.body.split(b"\n\n") if b"event: ping" not in each))


def behind_a_prefix(one: Traffic, random: Random) -> Traffic:
    """The path that a gateway, or Azure, puts in front; or a host that was scrubbed."""
    base = random.choice(("https://x.services.ai.azure.com/anthropic", "http://localhost:4000/gw", "https://REDACTED"))
    return replace(one, url=base + one.url[one.url.index("/v1/") :] if "/v1/" in one.url else one.url)


def on_a_platform(one: Traffic, random: Random) -> Traffic:
    """The native shape behind Vertex AI or Bedrock, whose streams are frames of AWS."""
    try:
        sent = json.loads(one.sent or b"")
    except ValueError:
        return one
    if not one.url.partition("?")[0].endswith("/v1/messages") or not isinstance(sent, dict):
        return one
    stream, model = sent.get("stream") is True, str(sent.pop("model", "claude"))
    if random.random() < 0.5:
        path = f"projects/p/locations/global/publishers/anthropic/models/{model}"
        url = f"https://x-aiplatform.googleapis.com/v1/{path}:{'streamRawPredict' if stream else 'rawPredict'}"
        body = json.dumps({**sent, "anthropic_version": "vertex-2023-10-16"}).encode()
        return replace(one, url=url, sent=body)
    sent.pop("stream", None)
    verb = "invoke-with-response-stream" if stream else "invoke"
    url = f"https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.{model}/{verb}"
    body = json.dumps({**sent, "anthropic_version": "bedrock-2023-05-31"}).encode()
    if not one.streamed or one.body is None:
        return replace(one, url=url, sent=body)
    media = ("Content-Type", "application/vnd.amazon.eventstream")
    headers = (*(each for each in one.headers if each[0].lower() != "content-type"), media)
    data = [line[5:].strip() for line in one.body.split(b"\n") if line.startswith(b"data:")]
    return replace(one, url=url, sent=body, headers=headers, body=b"".join(map(_frame, data)))


def _frame(event: bytes) -> bytes:
    payload = json.dumps({"bytes": base64.b64encode(event).decode(), "p": "abc"}).encode()
    headers = b"\x0b:event-type\x07\x00\x05chunk"
    prelude = (16 + len(headers) + len(payload)).to_bytes(4) + len(headers).to_bytes(4)
    whole = prelude + zlib.crc32(prelude).to_bytes(4) + headers + payload
    return whole + zlib.crc32(whole).to_bytes(4)


HABITS: tuple[Habit, ...] = (
    names_in_another_case, method_in_small_letters, some_headers, no_headers, marked_headers, packed_bodies,
    base64_bodies, written_again, scrubbed_ids, one_message_id, client_left, body_cut, trimmed, no_request_body,
    no_response_body, no_time, names_of_events_dropped, blank_lines_dropped, other_line_ends, no_pings, behind_a_prefix,
    on_a_platform,
)  # fmt: skip
"""In the order in which they happen: what changes JSON comes before what hides it."""


def in_order(habits: Sequence[Habit]) -> list[Habit]:
    """The habits in an order in which each can happen: text is changed before it is cut, put into frames, codings and
    base64, or dropped.
    """
    late = (body_cut, on_a_platform, packed_bodies, base64_bodies, no_request_body, no_response_body)
    return sorted(habits, key=lambda habit: (habit in late, late.index(habit) if habit in late else 0))


# The forms of file that they write ------------------------------------------------------------------------------------


def header_form(headers: Headers, random: Random) -> Any:
    """Headers in one of the forms that recorders write."""
    form = random.randrange(6)
    if form == 0:
        return {name: [value for other, value in headers if other == name] for name, _ in headers}
    if form == 1:
        return [list(pair) for pair in headers]
    if form == 2:
        return _har_headers(headers)
    if form == 3:
        return [f"{name}: {value}" for name, value in headers]
    if form == 4:
        return "\r\n".join(f"{name}: {value}" for name, value in headers)
    return dict(headers)


def _har_headers(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def ndjson(all_of_it: Sequence[Traffic], random: Random) -> bytes:
    """One exchange a line."""
    return "".join(json.dumps(_line(one, random)) + "\n" for one in all_of_it).encode()


def _line(one: Traffic, random: Random) -> dict[str, Any]:
    record: dict[str, Any] = {
        "request": {
            "method": one.method, "url": one.url, "headers": header_form(one.sent_headers, random),
            **_json_or_text(one.sent),
        },
        "response": {"status": one.status, "headers": header_form(one.headers, random), **_json_or_text(one.body)},
    }  # fmt: skip
    return {**record, "started": one.started} if one.started else record


def _json_or_text(body: bytes | None) -> dict[str, Any]:
    if body is None:
        return {"body": None}
    text = body.decode() if _is_text(body) else body.decode("latin-1")
    if text.startswith(("event:", "data:")):
        return {"sse": text}
    try:
        value = json.loads(text)
    except ValueError:
        return {"body_text": text}
    return {"body": value} if isinstance(value, dict) else {"body_text": text}


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def har(all_of_it: Sequence[Traffic], random: Random) -> bytes:
    """An archive as a browser or a proxy writes it."""
    return _archive(all_of_it, random, polly=False)


def polly(all_of_it: Sequence[Traffic], random: Random) -> bytes:
    """A cassette of polly.js: an archive, with packed bodies in pieces."""
    return _archive(all_of_it, random, polly=True)


def _archive(all_of_it: Sequence[Traffic], random: Random, *, polly: bool) -> bytes:
    entries = []
    for one in all_of_it:
        sent = {"postData": {"mimeType": "x", "text": _latin(one.sent)}} if one.sent is not None else {}
        content: dict[str, Any] = {"mimeType": "x", "size": len(one.body or b"") or -1}
        if one.body is not None and (polly or not _is_text(one.body)):
            text = base64.b64encode(one.body).decode()
            content |= {"encoding": "base64", "text": json.dumps([text]) if polly else text}
        elif one.body is not None:
            content["text"] = one.body.decode()
        request = {"method": one.method, "url": one.url, "headers": _har_headers(one.sent_headers), **sent}
        response = {"status": one.status, "headers": _har_headers(one.headers), "content": content}
        entries.append({"request": request, "response": response, "startedDateTime": one.started})
    creator = {"name": "Polly.JS" if polly else "x", "version": "1"}
    return json.dumps({"log": {"version": "1.2", "creator": creator, "entries": entries}}, indent=1).encode()


def vcrpy(all_of_it: Sequence[Traffic], random: Random) -> bytes:
    """A YAML cassette of vcrpy, or of go-vcr, with bytes where a body is no text."""
    items = [_interaction(one, random, _yaml_body) for one in all_of_it]
    return yaml.safe_dump({"interactions": items, "version": 1}, allow_unicode=True).encode()


def vcrpy_json(all_of_it: Sequence[Traffic], random: Random) -> bytes:
    """A JSON cassette of vcrpy."""
    return json.dumps({"version": 1, "interactions": [_interaction(one, random, _latin) for one in all_of_it]}).encode()


def _interaction(one: Traffic, random: Random, written: Callable[[bytes | None], str | bytes | None]) -> dict[str, Any]:
    """An exchange as vcrpy has it; `written` says how a body is spelled."""
    asked = header_form(one.sent_headers, random)
    return {
        "request": {"body": written(one.sent), "headers": asked, "method": one.method, "uri": one.url},
        "response": {
            "body": {"string": written(one.body)} if one.body is not None else None,
            "headers": header_form(one.headers, random),
            "status": {"code": one.status, "message": None},
        },
    }


def _yaml_body(body: bytes | None) -> str | bytes | None:
    return body if body is None or not _is_text(body) else body.decode()


def _latin(body: bytes | None) -> str | None:
    return None if body is None else body.decode() if _is_text(body) else body.decode("latin-1")


def ruby(all_of_it: Sequence[Traffic], random: Random) -> bytes:
    """A YAML cassette of Ruby VCR."""
    items = [
        {
            "request": {
                "method": one.method.lower(), "uri": one.url, "body": _ruby_body(one.sent),
                "headers": {name: [value] for name, value in one.sent_headers},
            },
            "response": {
                "status": {"code": one.status, "message": "OK"},
                "headers": {name: [value] for name, value in one.headers}, "body": _ruby_body(one.body),
            },
            "recorded_at": one.started,
        }
        for one in all_of_it
    ]  # fmt: skip
    text: str = yaml.safe_dump({"http_interactions": items, "recorded_with": "VCR 6.2.0"}, allow_unicode=True)
    return ("---\n" + text).encode()


def _ruby_body(body: bytes | None) -> dict[str, Any]:
    if body is not None and not _is_text(body):
        return {"encoding": "ASCII-8BIT", "base64_string": base64.encodebytes(body).decode()}
    return {"encoding": "UTF-8", "string": body.decode() if body is not None else ""}


Form = Callable[[Sequence[Traffic], Random], bytes]

FORMS: tuple[Form, ...] = (ndjson, har, polly, vcrpy, vcrpy_json, ruby)
