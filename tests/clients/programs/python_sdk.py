"""The official Python SDK: `python python_sdk.py MODEL`, with the base URL and the key in the environment."""

import base64
import sys
from pathlib import Path

import anthropic
from pydantic import BaseModel

MODEL = sys.argv[1]
client = anthropic.Anthropic(max_retries=0)


class Person(BaseModel):
    """What a structured answer holds."""

    name: str
    age: int


@anthropic.beta_tool
def get_weather(city: str) -> str:
    """The weather of a city.

    Args:
        city: Name of the city.
    """
    return f"{city}: 15 degrees"


def ask(content):
    """The arguments of a request."""
    return {"model": MODEL, "max_tokens": 2_000, "messages": [{"role": "user", "content": content}]}


message = client.messages.create(**ask("Reply with exactly: amber-17"))
print("create:", message.content[0].text, message.stop_reason, message.usage.input_tokens > 0)

events = [event.type for event in client.messages.create(**ask("Reply with exactly: amber-18"), stream=True)]
print("events:", events[0], events[-1])

with client.messages.stream(**ask("Count from 1 to 30")) as stream:
    text = "".join(stream.text_stream)
    print("stream:", text.endswith("29, 30"), stream.get_final_message().content[0].text == text)

for streamed in (False, True):
    runner = client.beta.messages.tool_runner(
        **ask("What is the weather in Oslo?"), tools=[get_weather], stream=streamed
    )
    print("tools:", streamed, runner.until_done().content[0].text)

source = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(Path("red.png").read_bytes()).decode()}
blocks = [{"type": "image", "source": source}, {"type": "text", "text": "Which colour has the image?"}]
print("image:", client.messages.create(**ask(blocks)).content[0].text)

thinking = {"type": "enabled", "budget_tokens": 1_024}
turns = client.messages.create(**ask("Reply with exactly: amber-19"), thinking=thinking)
print("thinking:", [block.type for block in turns.content], turns.content[-1].text)
history = ask("Reply with exactly: amber-19")["messages"]
history += [
    {"role": "assistant", "content": turns.content},
    {"role": "user", "content": "Reply with exactly: amber-20"},
]
again = client.messages.create(**{**ask(""), "messages": history}, thinking=thinking)
print("second turn:", again.content[-1].text)

parsed = client.messages.parse(**ask("Ada is 36 years old."), output_format=Person)
print("parse:", type(parsed.parsed_output).__name__)

counted = client.messages.count_tokens(model=MODEL, messages=ask("Hello")["messages"])
print("count:", counted.input_tokens > 0)
print("models:", MODEL in [model.id for model in client.models.list()], client.models.retrieve(MODEL).id)

try:
    client.messages.create(**{**ask("Hello"), "model": "no-such-model"})
except anthropic.NotFoundError as error:
    print("error:", error.type if hasattr(error, "type") else error.body["error"]["type"])
