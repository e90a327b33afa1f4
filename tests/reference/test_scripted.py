from collections.abc import Callable
from typing import Any

import pytest

from conformance.reference.answer import Answer

Post = Callable[..., Answer]
Say = Callable[..., str]

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"name": "get_weather", "description": "Returns the weather of a city.", "input_schema": CITY}
TIME = {"name": "get_time", "description": "Returns the local time in a city.", "input_schema": CITY}
ADD = {
    "name": "add",
    "description": "Adds two numbers.",
    "input_schema": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
    },
}
BOTH_CITIES = "What is the weather in Paris and Berlin?"


def calls(answer: Answer) -> list[tuple[str, dict[str, Any]]]:
    assert answer.message is not None, answer.body
    return [(block["name"], block["input"]) for block in answer.message["content"] if block["type"] == "tool_use"]


def ask(post: Post, text: str, **more: Any) -> Answer:
    return post(messages=[{"role": "user", "content": text}], **more)


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ("Reply with exactly: LAPIS-7431", "LAPIS-7431"),
        ("Reply with exactly this and nothing else: LAPIS-7431", "LAPIS-7431"),
        ("Reply with exactly: LAPIS-7431. Do not say anything else.", "LAPIS-7431"),
        ("Reply with only the word BANANA", "BANANA"),
        ("Say OK.", "OK"),
        ("Reply with the word 'pong' and nothing else.", "pong"),
        ('Please say exactly this: "red, green"', "red, green"),
        ("Repeat after me: the quick brown fox", "the quick brown fox"),
        ("Repeat the word apple 3 times", "apple apple apple"),
        ("Please output the following text exactly:\nalpha STOP beta", "alpha STOP beta"),
        ("Reply with exactly these characters: 日本語🎉", "日本語🎉"),
        ("Count from 1 to 5", "1, 2, 3, 4, 5"),
        ("Count from three to one, one number per line", "3\n2\n1"),
        ("Count from 1 to 4 in digits, separated by spaces. Write nothing else.", "1 2 3 4"),
        ("What is 27 * 453? Reply with the number only.", "12231"),
        ("Answer in one word: what is the capital of France?", "Paris"),
    ],
)
def test_plain_orders_are_followed(say: Say, order: str, said: str) -> None:
    assert say(order) == said


def test_a_planted_word_is_found_in_the_system_prompt(say: Say) -> None:
    for system in (
        "The code word is OPAL-1.",
        [{"type": "text", "text": "Hello."}, {"type": "text", "text": "The code word is OPAL-1."}],
    ):
        assert "OPAL-1" in say("What is the code word?", system=system)


def test_a_planted_word_that_is_nowhere_is_not_made_up(say: Say) -> None:
    assert say("What is the code word? Reply with the code word only, or with NONE if you were not told.") == "NONE"


def test_a_planted_word_is_found_in_earlier_turns(post: Post) -> None:
    turns = [("user", "My name is Ada."), ("assistant", "Hello Ada."), ("user", "What is my name?")]
    answer = post(messages=[{"role": role, "content": text} for role, text in turns])
    assert answer.message is not None
    assert "Ada" in answer.message["content"][0]["text"]


@pytest.mark.parametrize(
    "source",
    [
        {"type": "text", "media_type": "text/plain", "data": "The code word is OPAL-1."},
        {"type": "content", "content": "The code word is OPAL-1."},
        {"type": "content", "content": [{"type": "text", "text": "The code word is OPAL-1."}]},
    ],
    ids=["text", "content-string", "content-blocks"],
)
def test_a_planted_word_is_found_in_a_document(post: Post, source: dict[str, Any]) -> None:
    blocks = [{"type": "document", "source": source}, {"type": "text", "text": "What is the code word?"}]
    answer = post(messages=[{"role": "user", "content": blocks}])
    assert answer.message is not None
    assert "OPAL-1" in answer.message["content"][0]["text"]


def test_standing_orders_about_the_end_of_replies_are_followed(say: Say) -> None:
    assert say("Hello", system="Always end your reply with the word QUARTZ.").endswith("QUARTZ")


def test_a_tool_is_called_when_the_prompt_asks_for_it(post: Post) -> None:
    answer = ask(post, "What is the weather in Lisbon?", tools=[WEATHER])
    assert calls(answer) == [("get_weather", {"city": "Lisbon"})]
    assert answer.message is not None
    assert answer.message["stop_reason"] == "tool_use"


def test_a_tool_is_not_called_when_the_prompt_does_not_ask_for_it(post: Post) -> None:
    assert calls(ask(post, "Reply with exactly: X-1", tools=[WEATHER])) == []
    assert calls(ask(post, "Hello", tools=[WEATHER])) == []


def test_several_items_make_several_calls_unless_parallel_calls_are_disabled(post: Post) -> None:
    single = {"type": "auto", "disable_parallel_tool_use": True}
    assert len(calls(ask(post, BOTH_CITIES, tools=[WEATHER]))) == 2
    assert len(calls(ask(post, BOTH_CITIES, tools=[WEATHER], tool_choice=single))) == 1


def test_two_tools_get_their_own_arguments(post: Post) -> None:
    answer = ask(post, "What is the weather in Lisbon, and what is the time in Oslo?", tools=[WEATHER, TIME])
    assert calls(answer) == [("get_weather", {"city": "Lisbon"}), ("get_time", {"city": "Oslo"})]


def test_numbers_become_arguments(post: Post) -> None:
    assert calls(ask(post, "Add 17 and 25 with the add tool.", tools=[ADD])) == [("add", {"a": 17, "b": 25})]


def test_any_and_a_named_tool_force_a_call_without_text(post: Post) -> None:
    forced = ask(post, "Hello", tools=[WEATHER, TIME], tool_choice={"type": "tool", "name": "get_time"})
    some = ask(post, "Hello", tools=[WEATHER, TIME], tool_choice={"type": "any"})
    assert [name for name, _ in calls(forced)] == ["get_time"]
    assert len(calls(some)) == 1
    for answer in (forced, some):
        assert answer.message is not None
        assert {block["type"] for block in answer.message["content"]} == {"tool_use"}


def test_none_forbids_calls(post: Post) -> None:
    assert calls(ask(post, BOTH_CITIES, tools=[WEATHER], tool_choice={"type": "none"})) == []


def test_tool_results_are_used(post: Post) -> None:
    use = {"type": "tool_use", "id": "t1", "name": "get_weather", "input": {"city": "Oslo"}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "GARNET-3907"}]}
    history = [
        {"role": "user", "content": "What is the weather in Oslo?"},
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [result]},
    ]
    answer = post(messages=history, tools=[WEATHER])
    assert answer.message is not None
    assert "GARNET-3907" in answer.message["content"][0]["text"]
    assert answer.message["stop_reason"] == "end_turn"


def test_a_prefill_is_continued_and_not_repeated(post: Post) -> None:
    order = {"role": "user", "content": "Reply with exactly: LAPIS-7431"}
    answer = post(messages=[order, {"role": "assistant", "content": "LAPIS-"}])
    assert answer.message is not None
    assert answer.message["content"][0]["text"] == "7431"


def test_text_ends_before_the_first_stop_sequence(post: Post) -> None:
    answer = ask(post, "Count from 1 to 20", stop_sequences=["9", "7"])
    assert answer.message is not None
    assert answer.message["content"][0]["text"] == "1, 2, 3, 4, 5, 6, "
    assert (answer.message["stop_reason"], answer.message["stop_sequence"]) == ("stop_sequence", "7")


def test_a_stop_sequence_at_the_start_leaves_no_content(post: Post) -> None:
    answer = ask(post, "Reply with exactly: LAPIS-1", stop_sequences=["LAPIS"])
    assert answer.message is not None
    assert answer.message["content"] == []
    assert answer.message["usage"]["output_tokens"] >= 1


@pytest.mark.parametrize("limit", [1, 5, 20])
def test_max_tokens_cuts_the_text_and_is_counted_exactly(post: Post, limit: int) -> None:
    answer = ask(post, "Count from 1 to 200", max_tokens=limit)
    assert answer.message is not None
    assert answer.message["stop_reason"] == "max_tokens"
    assert answer.message["usage"]["output_tokens"] == limit


def test_a_call_that_does_not_fit_ends_with_max_tokens(post: Post) -> None:
    answer = ask(post, BOTH_CITIES, tools=[WEATHER], max_tokens=2)
    assert calls(answer) == [("get_weather", {})]
    assert answer.message is not None
    assert answer.message["stop_reason"] == "max_tokens"


def test_no_output_tokens_means_an_empty_answer(post: Post) -> None:
    answer = ask(post, "Hi", max_tokens=0)
    assert answer.message is not None
    assert answer.message["content"] == []
    assert (answer.message["stop_reason"], answer.message["usage"]["output_tokens"]) == ("max_tokens", 0)


def test_a_structured_answer_follows_its_schema(say: Say) -> None:
    schema = {
        "type": "object",
        "properties": {"age": {"type": "integer"}, "name": {"type": "string"}, "kind": {"enum": ["cat", "dog"]}},
        "required": ["name", "age"],
        "additionalProperties": False,
    }
    text = say("Bella the dog is 7 years old.", output_config={"format": {"type": "json_schema", "schema": schema}})
    assert text == '{"age":7,"name":"Bella","kind":"dog"}'


@pytest.mark.parametrize(("display", "shown"), [("summarized", True), ("omitted", False)])
def test_thinking_precedes_the_text_and_is_signed(post: Post, display: str, shown: bool) -> None:
    answer = ask(post, "Reply with exactly: X-1", thinking={"type": "adaptive", "display": display})
    assert answer.message is not None
    thinking, text = answer.message["content"]
    assert (thinking["type"], text["text"]) == ("thinking", "X-1")
    assert bool(thinking["thinking"]) is shown
    assert thinking["signature"]
    usage = answer.message["usage"]
    assert 0 < usage["output_tokens_details"]["thinking_tokens"] < usage["output_tokens"]


def test_more_effort_means_more_thinking(post: Post) -> None:
    spent = []
    for effort in ("low", "high", "max"):
        answer = ask(post, "Hi", thinking={"type": "adaptive"}, output_config={"effort": effort})
        assert answer.message is not None
        spent.append(answer.message["usage"]["output_tokens_details"]["thinking_tokens"])
    assert spent == sorted(set(spent))


def test_the_colour_of_an_image_is_seen(post: Post) -> None:
    red = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": red}}
    content = [image, {"type": "text", "text": "What colour is this image?"}]
    answer = post(messages=[{"role": "user", "content": content}])
    assert answer.message is not None
    assert answer.message["content"][0]["text"] == "The image is red."


def test_an_answer_from_a_document_cites_its_sentence(post: Post) -> None:
    words = "Lapis is blue. The code word is OPAL-1. Jade is green."
    source = {"type": "text", "media_type": "text/plain", "data": words}
    document = {"type": "document", "source": source, "title": "Stones", "citations": {"enabled": True}}
    content = [document, {"type": "text", "text": "What is the code word?"}]
    answer = post(messages=[{"role": "user", "content": content}], stream=True)
    assert answer.message is not None
    (citation,) = answer.message["content"][0]["citations"]
    assert citation["cited_text"] == "The code word is OPAL-1."
    assert words[citation["start_char_index"] : citation["end_char_index"]] == citation["cited_text"]
    assert answer.events is not None
    kinds = [event.data["delta"]["type"] for event in answer.events if event.name == "content_block_delta"]
    assert (kinds[0], set(kinds[1:])) == ("citations_delta", {"text_delta"})


def test_the_same_request_has_the_same_answer(post: Post) -> None:
    first, second = ask(post, BOTH_CITIES, tools=[WEATHER]), ask(post, BOTH_CITIES, tools=[WEATHER])
    assert first.message is not None
    assert second.message is not None
    assert calls(first) == calls(second)
    assert first.message["usage"] == second.message["usage"]
    assert first.message["id"] != second.message["id"]


def test_an_opt_in_for_context_management_is_answered(post: Post) -> None:
    fields = {"context_management": {"edits": []}}
    assert post(**fields).status == 400
    answer = post(**fields, betas="context-management-2025-06-27")
    assert answer.body["context_management"] == {"applied_edits": []}


@pytest.mark.parametrize("order", ["Use the Read tool with the file_path", "Call the tool Read with the file_path"])
def test_a_tool_that_is_called_by_a_common_word_is_called_alone(post: Post, order: str) -> None:
    path = {"type": "object", "properties": {"file_path": {"type": "string"}}, "required": ["file_path"]}
    names = {
        "Read": "Reads a file.",
        "Write": "Writes a file to a path.",
        "Edit": "Edits a file in a path, also a png.",
    }
    tools = [{"name": name, "description": text, "input_schema": path} for name, text in names.items()]
    answer = ask(post, f'{order} "/tmp/work/red.png" and say which colour it has.', tools=tools)
    assert calls(answer) == [("Read", {"file_path": "/tmp/work/red.png"})]


def test_what_a_client_puts_around_a_request_is_not_what_the_user_noted(post: Post, say: Say) -> None:
    around = f"Session 58d of agent C2. {'You are an agent and work with care. ' * 200}"
    assert say("Say hello in one short line.", system=around) == "Hello! How can I help you?"
    reminder = "<system-reminder>The working directory is run-1036.</system-reminder>"
    blocks = [{"type": "text", "text": text} for text in (reminder, "Say hello in one short line.")]
    answer = post(messages=[{"role": "user", "content": blocks}])
    assert answer.message is not None
    assert answer.message["content"][0]["text"] == "Hello! How can I help you?"


def test_a_turn_of_reminders_alone_calls_nothing_again(post: Post) -> None:
    notified = "<system-reminder>The task toolu_1 is done: the weather in Oslo is fine.</system-reminder>"
    call = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Oslo"}}
    turns = [
        ("user", "Use the get_weather tool for Oslo."),
        ("assistant", [call]),
        ("user", [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "started"}]),
        ("assistant", "According to get_weather: started."),
        ("user", [{"type": "text", "text": notified}]),
    ]
    answer = post(messages=[{"role": role, "content": content} for role, content in turns], tools=[WEATHER])
    assert calls(answer) == []


def test_a_text_without_citations_lacks_the_key(post: Post) -> None:
    """AI SDK 6 refuses null, which the API does not send."""
    for text in ("Hello", "What is the weather in Lisbon?"):
        answer = ask(post, text, tools=[WEATHER])
        assert answer.message is not None
        assert set(answer.message["content"][0]) == {"type", "text"}
        streamed = ask(post, text, tools=[WEATHER], stream=True)
        (opening,) = [event.data for event in streamed.events if event.name == "content_block_start"][:1]
        assert opening["content_block"] == {"type": "text", "text": ""}
