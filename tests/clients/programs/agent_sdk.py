"""The Claude Agent SDK for Python: `python agent_sdk.py MODEL`, with the base URL and the key in the
environment.
"""

import asyncio
import sys

from claude_agent_sdk import (
    AssistantMessage,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    ResultMessage,
    TextBlock,
    create_sdk_mcp_server,
    query,
    tool,
)

MODEL = sys.argv[1]


@tool("get_weather", "The weather of a city.", {"city": str})
async def get_weather(given):
    """A tool in this process."""
    return {"content": [{"type": "text", "text": f"{given['city']}: 15 degrees"}]}


def texts(message):
    """The texts of a message."""
    blocks = message.content if isinstance(message, AssistantMessage) else []
    return [block.text for block in blocks if isinstance(block, TextBlock)]


async def main():
    """An answer, a call of Bash, a tool in this process, and two turns of one session."""
    async for message in query(prompt="Say hello in one short line.", options=ClaudeAgentOptions(model=MODEL)):
        if isinstance(message, ResultMessage):
            print("answer:", message.result, message.subtype)

    options = ClaudeAgentOptions(model=MODEL, allowed_tools=["Bash"])
    async for message in query(prompt='Use the Bash tool to run the command "echo purple-42".', options=options):
        if isinstance(message, ResultMessage):
            print("bash:", message.result)

    server = create_sdk_mcp_server("weather", tools=[get_weather])
    options = ClaudeAgentOptions(
        model=MODEL,
        mcp_servers={"weather": server},
        allowed_tools=["mcp__weather__get_weather", "ToolSearch"],
        env={"CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS": "1"},
    )
    prompt = 'Call mcp__weather__get_weather with the city "Oslo".'
    async for message in query(prompt=prompt, options=options):
        if isinstance(message, ResultMessage):
            print("own tool:", message.result)

    async with ClaudeSDKClient(ClaudeAgentOptions(model=MODEL, include_partial_messages=True)) as client:
        for prompt in ("The code word is amber-17. Reply with exactly: OK", "What is the code word?"):
            await client.query(prompt)
            async for message in client.receive_response():
                for text in texts(message):
                    print("session:", text)


asyncio.run(main())
