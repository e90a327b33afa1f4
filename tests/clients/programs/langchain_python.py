"""LangChain: `python langchain_python.py MODEL`, with the base URL and the key in the environment."""

import base64
import sys
from pathlib import Path

from langchain.agents import create_agent
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from pydantic import BaseModel

MODEL = sys.argv[1]
chat = ChatAnthropic(model=MODEL, max_retries=0)


class Person(BaseModel):
    """What a structured answer holds."""

    name: str
    age: int


@tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"{city}: 15 degrees"


answer = chat.invoke([("system", "You are helpful."), ("human", "Reply with exactly: amber-17")])
print("answer:", answer.text, answer.usage_metadata["input_tokens"] > 0)

whole = None
for part in chat.stream("Count from 1 to 30"):
    whole = part if whole is None else whole + part
print("stream:", whole.text.endswith("29, 30"), whole.usage_metadata["output_tokens"] > 0)

agent = create_agent(chat, tools=[get_weather])
done = agent.invoke({"messages": [("human", "What is the weather in Oslo?")]})
print("agent:", done["messages"][-1].text)
steps = list(agent.stream({"messages": [("human", "What is the weather in Oslo?")]}, stream_mode="messages"))
print("streamed agent:", "Oslo: 15 degrees" in "".join(part.text for part, _ in steps))

print("object:", type(chat.with_structured_output(Person).invoke("Ada is 36 years old.")).__name__)
schema = chat.with_structured_output(Person, method="json_schema")
print("schema:", type(schema.invoke("Ada is 36 years old.")).__name__)

data = base64.b64encode(Path("red.png").read_bytes()).decode()
image = {"type": "image", "base64": data, "mime_type": "image/png"}
seen = chat.invoke([HumanMessage([image, {"type": "text", "text": "Which colour has the image?"}])])
print("image:", seen.text)

thinking = ChatAnthropic(
    model=MODEL, max_retries=0, max_tokens=3_000, thinking={"type": "enabled", "budget_tokens": 1_024}
)
first = thinking.invoke("Reply with exactly: amber-19")
print("thinking:", [block["type"] for block in first.content], first.text)
history = [HumanMessage("Reply with exactly: amber-19"), first, HumanMessage("Reply with exactly: amber-20")]
print("second turn:", thinking.invoke(history).text)
print("count:", chat.get_num_tokens_from_messages([HumanMessage("Hello")]) > 0)
