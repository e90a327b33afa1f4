// The Claude Agent SDK for TypeScript: `node agent_sdk.mjs MODEL`, with the base URL and the key in the environment.

import { createSdkMcpServer, query, tool } from "@anthropic-ai/claude-agent-sdk";
import { z } from "zod";

const model = process.argv[2];

async function ask(label, prompt, options = {}) {
  for await (const message of query({ prompt, options: { model, ...options } })) {
    if (message.type === "result") {
      console.log(`${label}:`, message.result, message.subtype);
      return message.session_id;
    }
  }
}

await ask("answer", "Say hello in one short line.");
await ask("bash", 'Use the Bash tool to run the command "echo purple-42".', { allowedTools: ["Bash"] });

const weather = tool("get_weather", "The weather of a city.", { city: z.string() }, async ({ city }) => ({
  content: [{ type: "text", text: `${city}: 15 degrees` }],
}));
await ask("own tool", 'Call mcp__weather__get_weather with the city "Oslo".', {
  mcpServers: { weather: createSdkMcpServer({ name: "weather", tools: [weather] }) },
  allowedTools: ["mcp__weather__get_weather", "ToolSearch"],
  env: { ...process.env, CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS: "1" },
});

const session = await ask("first turn", "The code word is amber-17. Reply with exactly: OK", {
  includePartialMessages: true,
});
await ask("second turn", "What is the code word?", { resume: session });
