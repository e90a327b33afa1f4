"""The official Python SDK against the reference endpoint, without any special case."""

from collections.abc import Iterator
from typing import Any

import pytest

from conformance.reference.server import LocalServer

anthropic = pytest.importorskip("anthropic")

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS: Any = [{"name": "get_weather", "description": "The weather of a city.", "input_schema": CITY}]
MODEL = "reference-1"


@pytest.fixture(scope="module")
def client(server: LocalServer) -> Iterator[Any]:
    with anthropic.Anthropic(base_url=server.url, api_key=server.key, max_retries=0) as made:
        yield made


def ask(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


def test_create(client: Any) -> None:
    message = client.messages.create(model=MODEL, max_tokens=64, messages=ask("Reply with exactly: LAPIS-7431"))
    assert message.content[0].text == "LAPIS-7431"
    assert message.stop_reason == "end_turn"
    assert message._request_id.startswith("req_01")
    assert message.usage.output_tokens > 0


def test_stream(client: Any) -> None:
    request = {"model": MODEL, "max_tokens": 500, "messages": ask("Count from 1 to 30")}
    with client.messages.stream(**request) as stream:
        parts = list(stream.text_stream)
        final = stream.get_final_message()
    assert len(parts) > 5
    assert "".join(parts) == final.content[0].text == client.messages.create(**request).content[0].text
    assert final.stop_reason == "end_turn"


def test_create_with_stream_yields_events(client: Any) -> None:
    events = list(client.messages.create(model=MODEL, max_tokens=64, messages=ask("Say X-1"), stream=True))
    assert events[0].type == "message_start"
    assert events[-1].type == "message_stop"


@pytest.mark.parametrize("streamed", [False, True])
def test_tools_and_a_tool_loop(client: Any, streamed: bool) -> None:
    def send(messages: list[Any]) -> Any:
        request = {"model": MODEL, "max_tokens": 500, "messages": messages, "tools": TOOLS}
        if not streamed:
            return client.messages.create(**request)
        with client.messages.stream(**request) as stream:
            return stream.get_final_message()

    messages: list[Any] = ask("What is the weather in Paris and Berlin?")
    first = send(messages)
    calls = [block for block in first.content if block.type == "tool_use"]
    assert [call.input for call in calls] == [{"city": "Paris"}, {"city": "Berlin"}]
    assert first.stop_reason == "tool_use"
    results = [{"type": "tool_result", "tool_use_id": c.id, "content": f"{c.input['city']}: 15 degrees"} for c in calls]
    messages += [{"role": "assistant", "content": first.content}, {"role": "user", "content": results}]
    last = send(messages)
    assert last.stop_reason == "end_turn"
    assert "Paris: 15 degrees" in last.content[0].text
    assert "Berlin: 15 degrees" in last.content[0].text


def test_the_tool_runner(client: Any) -> None:
    @anthropic.beta_tool
    def get_weather(city: str) -> str:
        """The weather of a city.

        Args:
            city: Name of the city.
        """
        return f"{city}: 15 degrees"

    runner = client.beta.messages.tool_runner(
        model=MODEL, max_tokens=500, tools=[get_weather], messages=ask("What is the weather in Oslo?")
    )
    assert "Oslo: 15 degrees" in runner.until_done().content[0].text


@pytest.mark.parametrize("display", ["summarized", "omitted"])
def test_thinking_streams_and_can_be_sent_back(client: Any, display: str) -> None:
    request = {"model": MODEL, "max_tokens": 500, "thinking": {"type": "adaptive", "display": display}}
    with client.messages.stream(**request, messages=ask("Say X-1")) as stream:
        first = stream.get_final_message()
    assert [block.type for block in first.content] == ["thinking", "text"]
    history = [*ask("Say X-1"), {"role": "assistant", "content": first.content}, *ask("Say X-2")]
    assert client.messages.create(**request, messages=history).content[-1].text == "X-2"


def test_count_tokens(client: Any) -> None:
    request = {"model": MODEL, "messages": ask("What is the weather?"), "tools": TOOLS}
    counted = client.messages.count_tokens(**request).input_tokens
    assert counted == client.messages.create(**request, max_tokens=64).usage.input_tokens


def test_models_are_listed_page_by_page(client: Any) -> None:
    every = [model.id for model in client.models.list()]
    assert len(every) >= 5
    assert [model.id for model in client.models.list(limit=2)] == every
    assert [model.id for model in client.models.list(lifecycle=["retired"])] == ["reference-0"]


def test_one_model_is_retrieved(client: Any) -> None:
    model = client.models.retrieve("reference-latest")
    assert (model.id, model.type, model.lifecycle) == (MODEL, "model", "active")
    assert model.created_at.year == 2026
    assert model.capabilities.thinking.types.adaptive.supported is True


def test_structured_output(client: Any) -> None:
    schema = {
        "type": "object",
        "properties": {"n": {"type": "integer"}},
        "required": ["n"],
        "additionalProperties": False,
    }
    config: Any = {"format": {"type": "json_schema", "schema": schema}}
    request = {"model": MODEL, "max_tokens": 64, "messages": ask("I have 12 apples."), "output_config": config}
    assert client.messages.create(**request).content[0].text == '{"n":12}'


def test_400_is_a_bad_request_error(client: Any) -> None:
    with pytest.raises(anthropic.BadRequestError) as caught:
        client.messages.create(model=MODEL, max_tokens=-1, messages=ask("Hi"))
    assert caught.value.body["error"]["type"] == "invalid_request_error"
    assert caught.value.request_id == caught.value.body["request_id"]


def test_400_before_a_stream_is_a_bad_request_error(client: Any) -> None:
    with pytest.raises(anthropic.BadRequestError), client.messages.stream(model=MODEL, max_tokens=64, messages=[]):
        pass


def test_401_is_an_authentication_error(server: LocalServer) -> None:
    wrong = anthropic.Anthropic(base_url=server.url, api_key="wrong", max_retries=0)
    with wrong, pytest.raises(anthropic.AuthenticationError):
        wrong.messages.create(model=MODEL, max_tokens=64, messages=ask("Hi"))


def test_404_is_a_not_found_error(client: Any) -> None:
    with pytest.raises(anthropic.NotFoundError):
        client.messages.create(model="no-such-model", max_tokens=64, messages=ask("Hi"))
    with pytest.raises(anthropic.NotFoundError):
        client.models.retrieve("no-such-model")


def test_413_is_a_request_too_large_error(client: Any) -> None:
    with pytest.raises(anthropic.RequestTooLargeError):
        client.messages.create(model=MODEL, max_tokens=64, messages=ask("x" * 1_500_000))


@pytest.mark.anyio
async def test_the_asynchronous_client_streams(server: LocalServer) -> None:
    request = {"model": MODEL, "max_tokens": 64, "messages": ask("Say X-1")}
    async with (
        anthropic.AsyncAnthropic(base_url=server.url, api_key=server.key, max_retries=0) as client,
        client.messages.stream(**request) as stream,
    ):
        final = await stream.get_final_message()
    assert final.content[0].text == "X-1"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
