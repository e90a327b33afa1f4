"""From a call to an answer, step by step.

Every step is a field of `Steps`, so that a fault is a function that replaces some of them:
`dataclasses.replace(steps, to_events=lambda message: steps.to_events(message)[:-1])`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.model import Json
from conformance.reference import auth, body, errors, events, models, negotiate, rules, scripted, tokens, validate
from conformance.reference.answer import Answer, Call, Refusal, ServerEvent, Terms, dump
from conformance.reference.cache import PromptCache
from conformance.reference.files import Files, uploaded
from conformance.reference.models import MODELS, Model
from conformance.reference.prompt import Prompt
from conformance.reference.signatures import Signer
from conformance.reference.triggers import slowed, trigger_of
from conformance.reference.validate import Validator

MIB = 1024 * 1024
_RATE_LIMIT = {"requests": 4_000, "tokens": 2_000_000, "input-tokens": 1_600_000, "output-tokens": 400_000}


@dataclass(frozen=True)
class Settings:
    """How an endpoint is set up.

    `keys` are the valid API keys (none: every key is), `secret` signs thinking, `max_body` is the largest body in
    bytes, `pace` the pause in seconds after each of the first events of a stream.
    """

    keys: tuple[str, ...] = ("reference-key",)
    models: tuple[Model, ...] = MODELS
    secret: bytes = b"reference endpoint, signs thinking"
    max_body: int = 32 * MIB
    pace: float = 0.001
    organization: str = "00000000-0000-4000-8000-000000000001"


@dataclass(frozen=True)
class Desk:
    """What the steps work with: settings, documents by version, the prompt cache, the clock for rate limit headers,
    fresh ids by prefix, and uploaded files.
    """

    settings: Settings
    documents: Mapping[str, Validator]
    signer: Signer
    cache: PromptCache
    now: Callable[[], str]
    new_id: Callable[[str], str] = errors.new_id
    files: Files = field(default_factory=Files)


def hear(call: Call) -> Call:
    """The call as it is understood: as it came in."""
    return call


def to_prompt(call: Call, desk: Desk, steps: Steps, component: str) -> Prompt:
    """Reads a body, validates it, finds its model and applies the rules. Raises a Refusal for what is not in order."""
    terms = steps.negotiate(call)
    value = steps.parse(call, desk.settings.max_body)
    steps.validate(component, value, terms, desk.documents)
    validate.refuse_stored_thread(value)
    model = steps.find_model(desk.settings.models, str(value["model"]))
    value = {key: desk.files.inlined(item) for key, item in value.items()}
    prompt = Prompt(value, terms, model, desk.signer, component == validate.COUNT)
    rules.apply_rules(prompt, steps.rules)
    return prompt


def make_message(prompt: Prompt, desk: Desk, steps: Steps) -> dict[str, Any]:
    """The Message that answers a prompt, the same in both modes."""
    model = prompt.model
    parts = tuple(tokens.units(prompt.body))
    automatic = prompt.body.get("cache_control")
    use = desk.cache.use(model.id, model.cache_minimum, parts, automatic)
    draft = steps.generate(prompt, desk.new_id)
    return scripted.to_message(prompt, draft, use, desk.new_id("msg"))


def create_message(call: Call, desk: Desk, steps: Steps) -> Answer:
    """POST /v1/messages (REQ-HTTP-001)."""
    prompt = steps.to_prompt(call, desk, steps, validate.CREATE)
    message = steps.make_message(prompt, desk, steps)
    streamed = prompt.body.get("stream") is True
    answer = steps.encode_stream(message, desk, steps) if streamed else steps.encode_json(message)
    if streamed and b"be slow" in call.body and trigger_of(scripted.read(prompt).request) == "be slow":
        answer = slowed(answer)
    return replace(answer, headers={**answer.headers, **_rate_limits(desk)})


def count_tokens(call: Call, desk: Desk, steps: Steps) -> Answer:
    """POST /v1/messages/count_tokens (REQ-COUNT-001, REQ-COUNT-002)."""
    prompt = steps.to_prompt(call, desk, steps, validate.COUNT)
    return Answer(body={"input_tokens": steps.count(prompt.body)})


def list_models(call: Call, desk: Desk, steps: Steps) -> Answer:
    """GET /v1/models (REQ-MODELS-001)."""
    steps.negotiate(call)
    return Answer(body=models.page_of_models(desk.settings.models, call))


def get_model(call: Call, desk: Desk, steps: Steps) -> Answer:
    """GET /v1/models/{id} (REQ-MODELS-007)."""
    steps.negotiate(call)
    name = call.path.removeprefix("/v1/models/")
    return Answer(body=models.find_model(desk.settings.models, name).describe())


def upload_file(call: Call, desk: Desk, steps: Steps) -> Answer:
    """POST /v1/files (REQ-OTHER-004)."""
    steps.negotiate(call)
    file = uploaded(call, desk.new_id("file"), desk.now())
    desk.files.add(file)
    return Answer(body=file.describe())


def get_file(call: Call, desk: Desk, steps: Steps) -> Answer:
    """GET /v1/files/{id} (REQ-OTHER-004)."""
    steps.negotiate(call)
    return Answer(body=desk.files.find(call.path.removeprefix("/v1/files/")).describe())


def delete_file(call: Call, desk: Desk, steps: Steps) -> Answer:
    """DELETE /v1/files/{id} (REQ-OTHER-004)."""
    steps.negotiate(call)
    return Answer(body=desk.files.delete(call.path.removeprefix("/v1/files/")))


def encode_json(message: dict[str, Any]) -> Answer:
    """A Message as a JSON body (REQ-HTTP-005)."""
    return Answer(body=message, message=message)


def encode_stream(message: dict[str, Any], desk: Desk, steps: Steps) -> Answer:
    """A Message as an event stream (REQ-SSE-001)."""
    return Answer(events=steps.to_events(message), message=message, pace=desk.settings.pace)


def finish(answer: Answer, desk: Desk) -> Answer:
    """Adds what every response has: request id in header and envelope (REQ-HTTP-019, REQ-HTTP-020), content type."""
    request_id = desk.new_id("req")
    kind = "text/event-stream; charset=utf-8" if answer.events is not None else "application/json"
    headers = {"content-type": kind, "request-id": request_id, **answer.headers}
    if answer.status != 401:
        headers["anthropic-organization-id"] = desk.settings.organization
    if answer.events is not None:
        headers.setdefault("cache-control", "no-cache")
    body_value = answer.body
    if isinstance(body_value, dict) and body_value.get("type") == "error":
        body_value = {**body_value, "request_id": request_id}
    return replace(answer, headers=headers, body=body_value)


def to_chunks(answer: Answer) -> Answer:
    """The answer with its bytes: one chunk per event, or the JSON body."""
    if answer.chunks:
        return answer
    if answer.events is not None:
        return replace(answer, chunks=tuple(event.encode() for event in answer.events))
    text = answer.body if isinstance(answer.body, str) else dump(answer.body)
    return replace(answer, chunks=(text.encode("utf-8", "surrogatepass"),))


Operation = Callable[[Call, Desk, "Steps"], Answer]

OPERATIONS: Mapping[tuple[str, str], str] = {
    ("POST", "/v1/messages"): "create_message",
    ("POST", "/v1/messages/count_tokens"): "count_tokens",
    ("GET", "/v1/models"): "list_models",
    ("GET", "/v1/models/{id}"): "get_model",
    ("POST", "/v1/files"): "upload_file",
    ("GET", "/v1/files/{id}"): "get_file",
    ("DELETE", "/v1/files/{id}"): "delete_file",
}
"""Method and path -> the step that serves it. HEAD is served as GET."""


def route(call: Call, steps: Steps) -> Operation:
    """The operation of a call. Refuses an unknown path with 404 and a wrong method with 405 (REQ-HTTP-029, -030)."""
    path = call.path
    for place in ("/v1/models/", "/v1/files/"):
        if path.startswith(place) and "/" not in path.removeprefix(place) and path != place:
            path = f"{place}{{id}}"
    method = "GET" if call.method == "HEAD" else call.method
    name = OPERATIONS.get((method, path))
    if name is not None:
        operation: Operation = getattr(steps, name)
        return operation
    allowed = sorted(known for known, known_path in OPERATIONS if known_path == path)
    if allowed:
        raise errors.refusal(405, "Method Not Allowed", "REQ-HTTP-030", allow=", ".join(allowed))
    raise errors.refusal(404, "Not Found", "REQ-HTTP-029")


@dataclass(frozen=True)
class Steps:
    """Every step of an answer as a replaceable function; the defaults are the honest ones."""

    hear: Callable[[Call], Call] = hear
    route: Callable[[Call, Steps], Operation] = route
    authenticate: Callable[[Call, tuple[str, ...]], None] = auth.authenticate
    negotiate: Callable[[Call], Terms] = negotiate.negotiate
    parse: Callable[[Call, int], Json] = body.parse
    validate: Callable[[str, Json, Terms, Mapping[str, Validator]], None] = validate.validate
    find_model: Callable[[tuple[Model, ...], str], Model] = models.usable_model
    rules: tuple[tuple[str, rules.Rule], ...] = rules.TABLE
    to_prompt: Callable[[Call, Desk, Steps, str], Prompt] = to_prompt
    generate: Callable[[Prompt, Callable[[str], str]], scripted.Draft] = scripted.generate
    make_message: Callable[[Prompt, Desk, Steps], dict[str, Any]] = make_message
    count: Callable[[dict[str, Json]], int] = tokens.count_request
    to_events: Callable[[Mapping[str, Any]], tuple[ServerEvent, ...]] = events.to_events
    encode_json: Callable[[dict[str, Any]], Answer] = encode_json
    encode_stream: Callable[[dict[str, Any], Desk, Steps], Answer] = encode_stream
    create_message: Operation = create_message
    count_tokens: Operation = count_tokens
    list_models: Operation = list_models
    get_model: Operation = get_model
    upload_file: Operation = upload_file
    get_file: Operation = get_file
    delete_file: Operation = delete_file
    refuse: Callable[[Refusal], Answer] = errors.envelope
    finish: Callable[[Answer, Desk], Answer] = finish
    to_chunks: Callable[[Answer], Answer] = to_chunks


@dataclass(frozen=True)
class Endpoint:
    """An endpoint without a socket: takes calls, gives answers."""

    desk: Desk
    steps: Steps = field(default_factory=Steps)

    def answer(self, call: Call) -> Answer:
        """The answer to a call, with headers and bytes. Never raises."""
        steps = self.steps
        try:
            heard = steps.hear(call)
            steps.authenticate(heard, self.desk.settings.keys)
            answer = steps.route(heard, steps)(heard, self.desk, steps)
        except Refusal as problem:
            answer = steps.refuse(problem)
        except Exception:  # whatever goes wrong inside, the client gets an envelope (REQ-ERR-011)
            answer = steps.refuse(errors.refusal(500, "Internal server error", "REQ-ERR-011"))
        return steps.to_chunks(steps.finish(answer, self.desk))


def _rate_limits(desk: Desk) -> dict[str, str]:
    """Rate limit headers (REQ-HTTP-022). This endpoint limits nothing, so nothing is ever used up."""
    reset = desk.now()
    headers = {}
    for name, limit in _RATE_LIMIT.items():
        headers[f"anthropic-ratelimit-{name}-limit"] = str(limit)
        headers[f"anthropic-ratelimit-{name}-remaining"] = str(limit)
        headers[f"anthropic-ratelimit-{name}-reset"] = reset
    return headers
