"""A small OpenAI-compatible server for gateways that translate: chat completions in both modes, and a list of models.

Belongs here: a deterministic model that follows plain instructions, with tools, stop sequences, token limits and usage.
Does not belong here: anything of the Messages API, and anything that knows what a test expects.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = Any

MODEL = "any"

PIECE = re.compile(r"\s*(?:\w+|[^\w\s])|\s+$")
"""What counts as one token: a word or a sign, with the space before it."""


@dataclass(frozen=True)
class Turn:
    """What the model makes of a request: text or calls, and why it ended."""

    text: str = ""
    thought: str = ""
    calls: tuple[tuple[str, Mapping[str, Json]], ...] = ()
    finish: str = "stop"


def tokens(text: str) -> list[str]:
    """The text in pieces, which join to the text again."""
    return PIECE.findall(text)


def text_of(content: Json) -> str:
    """The text of a message, whose content is a string or a list of parts."""
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if part.get("type") == "text")
    return content if isinstance(content, str) else ""


def problem(request: Json) -> str | None:
    """What is wrong with a request, in the manner of servers that check types and bounds, or None."""
    if not isinstance(request, dict) or not isinstance(request.get("messages"), list) or not request["messages"]:
        return "messages: a list with at least one message is required"
    for message in request["messages"]:
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            return "messages: unknown role"
        if not isinstance(message.get("content"), str | list | None):
            return "messages: content is a string or a list of parts"
    for name, (kinds, low, high) in BOUNDS.items():
        value = request.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high):
            return f"{name}: {value!r} is not valid"
    if not isinstance(request.get("stream"), bool | None):
        return f"stream: {request['stream']!r} is not valid"
    stops = request.get("stop")
    if not all(isinstance(stop, str) for stop in (stops if isinstance(stops, list) else [stops or ""])):
        return "stop: strings are required"
    for tool in request.get("tools") or []:
        function = tool.get("function", {})
        if not isinstance(function.get("name"), str) or not isinstance(function.get("parameters") or {}, dict):
            return "tools: a name and an object as parameters are required"
    choice = request.get("tool_choice")
    named = choice.get("function") if isinstance(choice, dict) else None
    if choice not in CHOICES and not (isinstance(named, dict) and isinstance(named.get("name"), str)):
        return f"tool_choice: {choice!r} is not valid"
    return None


ROLES = ("system", "developer", "user", "assistant", "tool")

CHOICES = (None, "none", "auto", "required")

BOUNDS: dict[str, tuple[tuple[type, ...], float, float]] = {
    "max_tokens": ((int,), 1, 1_000_000),
    "max_completion_tokens": ((int,), 1, 1_000_000),
    "temperature": ((int, float), 0, 2),
    "top_p": ((int, float), 0, 1),
    "top_k": ((int,), -1, 1_000_000),
}


def size(content: Json) -> int:
    """The tokens of a message's content. An image counts the same whatever it shows."""
    images = sum(part.get("type") == "image_url" for part in content) if isinstance(content, list) else 0
    return len(tokens(text_of(content))) + 85 * images


def answer(request: Mapping[str, Json]) -> Turn:
    """The turn that follows a request. The same request always gets the same turn."""
    messages = request.get("messages") or []
    calls = tuple(_calls(request, messages))
    thought = "The instruction is plain." if _asks_to_think(request) else ""
    if calls:
        return Turn(thought=thought, calls=calls, finish="tool_calls")
    schema = ((request.get("response_format") or {}).get("json_schema") or {}).get("schema")
    said = json.dumps(_document(schema, schema, _prompt(messages))) if schema is not None else _text(messages)
    text, finish = _limited(said, request)
    return Turn(text=text, thought=thought, finish=finish)


def _asks_to_think(request: Mapping[str, Json]) -> bool:
    return bool(request.get("reasoning_effort") or request.get("thinking"))


def _calls(request: Mapping[str, Json], messages: Sequence[Mapping[str, Json]]) -> Iterator[tuple[str, Json]]:
    """The calls that the tool choice demands, or that the last user message asks for by the name of a tool."""
    tools = {tool["function"]["name"]: tool["function"] for tool in request.get("tools") or []}
    choice = request.get("tool_choice", "auto")
    if not tools or choice == "none" or not messages:
        return
    prompt = text_of(messages[-1].get("content")) if messages[-1].get("role") == "user" else ""
    wanted = [name for name in tools if name in prompt]
    if isinstance(choice, dict):
        wanted = [choice["function"]["name"]]
    elif choice == "required":
        wanted = wanted or list(tools)[:1]
    if request.get("parallel_tool_calls") is False:
        wanted = wanted[:1]
    for name in wanted:
        if name in tools:
            yield name, _arguments(name, tools[name].get("parameters") or {}, prompt)


def _arguments(name: str, schema: Mapping[str, Json], prompt: str) -> dict[str, Json]:
    properties = schema.get("properties") or {}
    required = schema.get("required") or list(properties)
    return {key: _value(name, properties[key], prompt) for key in required if key in properties}


def _value(name: str, schema: Mapping[str, Json], prompt: str) -> Json:
    """A value for an argument: a member that the prompt names, a number, or the place that stands behind the topic."""
    kind = schema.get("type", "string")
    if schema.get("enum"):
        return next((member for member in schema["enum"] if str(member) in prompt), schema["enum"][0])
    if kind in ("integer", "number"):
        return next((at for at, word in enumerate(NUMBERS) if word in prompt.split()), 1)
    if kind in ("object", "array", "boolean"):
        return {"object": {}, "array": [], "boolean": True}[kind]
    topic = name.rpartition("_")[2]
    place = re.search(rf"{topic} in ([A-Z]\w+)", prompt) or re.search(r" in ([A-Z]\w+)", prompt)
    return place[1] if place else "none"


def _document(schema: Json, whole: Json, prompt: str) -> Json:
    """A value that fits a schema: words in capitals that the prompt names, its required members in their order."""
    if "$ref" in schema:
        return _document(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole, prompt)
    if "anyOf" in schema:
        return _document(schema["anyOf"][0], whole, prompt)
    if schema.get("type") == "object":
        members = schema.get("properties") or {}
        return {name: _document(members[name], whole, prompt) for name in members if name in schema["required"]}
    if schema.get("type") == "array":
        return [_document(schema["items"], whole, prompt)]
    word = re.search(r"[A-Z]+-\d+", prompt)
    return word[0] if word and not schema.get("enum") and schema.get("type") == "string" else _value("", schema, prompt)


NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def _prompt(messages: Sequence[Mapping[str, Json]]) -> str:
    prompts = [text_of(message.get("content")) for message in messages if message.get("role") == "user"]
    return prompts[-1] if prompts else ""


def _text(messages: Sequence[Mapping[str, Json]]) -> str:
    said = _instructed(_prompt(messages), messages)
    endings = [
        ending
        for message in messages
        if message.get("role") in ("system", "developer")
        for ending in re.findall(r"Always end your reply with ([\w-]+)", text_of(message.get("content")))
    ]
    return " ".join([said, *endings])


def _instructed(prompt: str, messages: Sequence[Mapping[str, Json]]) -> str:
    exactly = re.search(r"[Rr]eply with exactly this and nothing else[^:]*: (.*)", prompt)
    if exactly:
        return exactly[1].strip()
    if messages and messages[-1].get("role") == "tool":
        return "\n".join(text_of(message.get("content")) for message in messages if message.get("role") == "tool")
    if "code word" in prompt:
        words = re.findall(r"code word is ([\w-]+)", "\n".join(text_of(item.get("content")) for item in messages))
        return f"The code word is {words[-1]}." if words else "I was not told a code word."
    count = re.search(r"[Cc]ount from (\d+) to (\d+)", prompt)
    if count:
        return " ".join(str(number) for number in range(int(count[1]), min(int(count[2]), 1000) + 1))
    return "Hello."


def _limited(text: str, request: Mapping[str, Json]) -> tuple[str, str]:
    """The text as far as the stop sequences and the token limit let it come, and why it ended."""
    stops = request.get("stop") or []
    for stop in [stops] if isinstance(stops, str) else stops:
        text = text.partition(stop)[0] if stop else text
    most = request.get("max_completion_tokens") or request.get("max_tokens") or 4096
    pieces = tokens(text)
    return ("".join(pieces[:most]), "length") if len(pieces) > most else (text, "stop")


def usage(request: Mapping[str, Json], turn: Turn) -> dict[str, int]:
    """Token counts: everything that the model reads counts, and everything that it writes, the sign for the end too."""
    read = sum(
        size(item.get("content")) + len(tokens(json.dumps(item.get("tool_calls") or ""))) + 3
        for item in request["messages"]
    )
    read += len(tokens(json.dumps(request["tools"]))) if request.get("tools") else 0
    written = len(tokens(turn.text)) + len(tokens(turn.thought)) + (turn.finish != "length")
    written += sum(len(tokens(json.dumps(arguments))) + 2 for _, arguments in turn.calls)
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def completion(request: Mapping[str, Json], turn: Turn, number: int) -> dict[str, Json]:
    """The body of an answer that is not streamed."""
    message: dict[str, Json] = {"role": "assistant", "content": turn.text or None}
    if turn.thought:
        message["reasoning_content"] = turn.thought
    if turn.calls:
        message["tool_calls"] = [_call(at, call, number) for at, call in enumerate(turn.calls)]
    choice = {"index": 0, "message": message, "finish_reason": turn.finish}
    return {**_head("chat.completion", number), "choices": [choice], "usage": usage(request, turn)}


def chunks(request: Mapping[str, Json], turn: Turn, number: int) -> Iterator[dict[str, Json]]:
    """The bodies of the events of a streamed answer."""
    head = _head("chat.completion.chunk", number)

    def chunk(delta: Mapping[str, Json], finish: str | None = None) -> dict[str, Json]:
        return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    yield chunk({"role": "assistant", "content": ""})
    for piece in tokens(turn.thought):
        yield chunk({"reasoning_content": piece})
    for piece in tokens(turn.text):
        yield chunk({"content": piece})
    for at, call in enumerate(turn.calls):
        whole = _call(at, call, number)
        arguments = whole["function"].pop("arguments")
        yield chunk({"tool_calls": [{**whole, "index": at, "function": {**whole["function"], "arguments": ""}}]})
        for start in range(0, len(arguments), 8):
            part = {"index": at, "function": {"arguments": arguments[start : start + 8]}}
            yield chunk({"tool_calls": [part]})
    yield chunk({}, turn.finish)
    if (request.get("stream_options") or {}).get("include_usage"):
        yield {**head, "choices": [], "usage": usage(request, turn)}


def _call(at: int, call: tuple[str, Mapping[str, Json]], number: int) -> dict[str, Json]:
    name, arguments = call
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {"id": f"call_{number:04}{at:02}", "type": "function", "function": function}


def _head(kind: str, number: int) -> dict[str, Json]:
    return {"id": f"chatcmpl-{number:06}", "object": kind, "created": 1_790_000_000, "model": MODEL}


@dataclass
class Upstream:
    """The server on a free loopback port, from `with` on. `seen` keeps the bodies of the requests.

    `ignores_tools` is a deliberate fault: it answers as if the tools of a request were not there.
    """

    seen: list[Json] = field(default_factory=list)
    url: str = ""
    ignores_tools: bool = False

    def __enter__(self) -> Upstream:
        handler = type("Bound", (Handler,), {"upstream": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class Handler(BaseHTTPRequestHandler):
    """Answers `POST .../chat/completions` and `GET .../models`."""

    protocol_version = "HTTP/1.1"
    upstream: Upstream

    def do_GET(self) -> None:
        entry = {"id": MODEL, "object": "model", "created": 1_790_000_000, "owned_by": "tests"}
        self._send(200, {"object": "list", "data": [entry]})

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        if not self.path.endswith("/chat/completions"):
            return self._send(404, {"error": {"message": "no such path", "type": "invalid_request_error"}})
        try:
            request = json.loads(raw)
        except ValueError:
            return self._send(400, {"error": {"message": "not JSON", "type": "invalid_request_error"}})
        self.upstream.seen.append(request)
        wrong = problem(request)
        if wrong:
            return self._send(400, {"error": {"message": wrong, "type": "BadRequestError", "code": 400}})
        if self.upstream.ignores_tools:
            request = {**request, "tools": []}
        number, turn = len(self.upstream.seen), answer(request)
        if request.get("stream"):
            return self._stream(chunks(request, turn, number))
        return self._send(200, completion(request, turn, number))

    def _send(self, status: int, body: Json) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, bodies: Iterator[Json]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for body in bodies:
            self.wfile.write(b"data: " + json.dumps(body).encode() + b"\n\n")
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def log_message(self, *arguments: object) -> None:
        """Keeps the test's output clean."""
