"""LlamaIndex: `python llamaindex_llm.py MODEL`, with the base URL and the key in the environment."""

import asyncio
import os
import sys

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage
from llama_index.llms.anthropic import Anthropic

llm = Anthropic(model=sys.argv[1], max_tokens=2_000, base_url=os.environ["ANTHROPIC_BASE_URL"], max_retries=0)


def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"{city}: 15 degrees"


def ask(text):
    """One message of the user."""
    return [ChatMessage(role="user", content=text)]


print("answer:", llm.chat(ask("Reply with exactly: amber-17")).message.content)
parts = [part.delta or "" for part in llm.stream_chat(ask("Count from 1 to 30"))]
print("stream:", "".join(parts).endswith("29, 30"))


async def main():
    """An agent with a tool."""
    agent = FunctionAgent(tools=[get_weather], llm=llm)
    print("agent:", await agent.run("What is the weather in Oslo?"))


asyncio.run(main())
