"""Pydantic AI: `python pydantic_ai_agent.py MODEL`, with the base URL and the key in the environment."""

import asyncio
import sys
from pathlib import Path

from pydantic import BaseModel
from pydantic_ai import Agent, BinaryContent, NativeOutput
from pydantic_ai.models.anthropic import AnthropicModel, AnthropicModelSettings

MODEL = AnthropicModel(sys.argv[1])


class Person(BaseModel):
    """What a structured answer holds."""

    name: str
    age: int


def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"{city}: 15 degrees"


async def streamed():
    """The parts of a stream, and a streamed loop with a tool."""
    async with Agent(MODEL).run_stream("Count from 1 to 30") as stream:
        text = [part async for part in stream.stream_text()][-1]
    print("stream:", text.endswith("29, 30"))

    async def count(_, events):
        seen.extend([event async for event in events])

    # `run_stream` takes the first text for the answer; this goes on behind the call.
    seen = []
    looping = Agent(MODEL, tools=[get_weather])
    done = await looping.run("What is the weather in Oslo?", event_stream_handler=count)
    print("streamed tools:", done.output, len(seen) > 5)


agent = Agent(MODEL, instructions="You are helpful.")
answer = agent.run_sync("Reply with exactly: amber-17")
print("answer:", answer.output)
again = agent.run_sync("Reply with exactly: amber-18", message_history=answer.all_messages())
print("second turn:", again.output)
asyncio.run(streamed())
print("tools:", Agent(MODEL, tools=[get_weather]).run_sync("What is the weather in Oslo?").output)
print("object:", type(Agent(MODEL, output_type=Person).run_sync("Ada is 36 years old.").output).__name__)
native = Agent(MODEL, output_type=NativeOutput(Person))
print("schema:", type(native.run_sync("Ada is 36 years old.").output).__name__)
image = BinaryContent(Path("red.png").read_bytes(), media_type="image/png")
print("image:", agent.run_sync(["Which colour has the image?", image]).output)
thinking = AnthropicModelSettings(anthropic_thinking={"type": "enabled", "budget_tokens": 1_024}, max_tokens=3_000)
first = agent.run_sync("Reply with exactly: amber-19", model_settings=thinking)
print("thinking:", [part.part_kind for part in first.all_messages()[-1].parts], first.output)
later = agent.run_sync("Reply with exactly: amber-20", model_settings=thinking, message_history=first.all_messages())
print("after thinking:", later.output)
