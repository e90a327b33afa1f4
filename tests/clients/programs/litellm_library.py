"""LiteLLM as a library: `python litellm_library.py MODEL`, with the base URL and the key in the environment."""

import base64
import json
import sys
from pathlib import Path

import litellm

MODEL = f"anthropic/{sys.argv[1]}"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def ask(content, **more):
    """The answer to one message."""
    return litellm.completion(MODEL, [{"role": "user", "content": content}], num_retries=0, **more)


answer = ask("Reply with exactly: amber-17")
print("answer:", answer.choices[0].message.content, answer.choices[0].finish_reason, answer.usage.prompt_tokens > 0)

parts = [part.choices[0].delta.content or "" for part in ask("Count from 1 to 30", stream=True)]
print("stream:", "".join(parts).endswith("29, 30"))

for streamed in (False, True):
    messages = [{"role": "user", "content": "What is the weather in Oslo?"}]
    first = litellm.completion(MODEL, messages, tools=[WEATHER], stream=streamed)
    if streamed:
        first = litellm.stream_chunk_builder(list(first), messages=messages)
    call = first.choices[0].message.tool_calls[0]
    city = json.loads(call.function.arguments)["city"]
    messages += [first.choices[0].message]
    messages += [{"role": "tool", "tool_call_id": call.id, "content": f"{city}: 15 degrees"}]
    print("tools:", streamed, litellm.completion(MODEL, messages, tools=[WEATHER]).choices[0].message.content)

shape = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
}
form = {"type": "json_schema", "json_schema": {"name": "person", "schema": shape, "strict": True}}
print("object:", "name" in json.loads(ask("Ada is 36 years old.", response_format=form).choices[0].message.content))

url = f"data:image/png;base64,{base64.b64encode(Path('red.png').read_bytes()).decode()}"
blocks = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": "Which colour has the image?"}]
print("image:", ask(blocks).choices[0].message.content)

thinking = {"type": "enabled", "budget_tokens": 1_024}
first = ask("Reply with exactly: amber-19", thinking=thinking).choices[0].message
print("thinking:", bool(first.reasoning_content), first.content)
history = [{"role": "user", "content": "Reply with exactly: amber-19"}, first]
history += [{"role": "user", "content": "Reply with exactly: amber-20"}]
print("second turn:", litellm.completion(MODEL, history, thinking=thinking).choices[0].message.content)
