// The official TypeScript SDK: `node typescript_sdk.mjs MODEL`, with the base URL and the key in the environment.

import { readFileSync } from "node:fs";
import Anthropic from "@anthropic-ai/sdk";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { z } from "zod";

const model = process.argv[2];
const client = new Anthropic({ maxRetries: 0 });
const ask = (content) => ({ model, max_tokens: 2000, messages: [{ role: "user", content }] });

const message = await client.messages.create(ask("Reply with exactly: amber-17"));
console.log("create:", message.content[0].text, message.stop_reason, message.usage.input_tokens > 0);

const events = [];
for await (const event of await client.messages.create({ ...ask("Reply with exactly: amber-18"), stream: true })) {
  events.push(event.type);
}
console.log("events:", events.at(0), events.at(-1));

const stream = client.messages.stream(ask("Count from 1 to 30"));
let text = "";
stream.on("text", (part) => (text += part));
const final = await stream.finalMessage();
console.log("stream:", text.endsWith("29, 30"), final.content[0].text === text);

const weather = betaZodTool({
  name: "get_weather",
  description: "The weather of a city.",
  inputSchema: z.object({ city: z.string() }),
  run: ({ city }) => `${city}: 15 degrees`,
});
for (const streamed of [false, true]) {
  const runner = client.beta.messages.toolRunner({
    ...ask("What is the weather in Oslo?"),
    tools: [weather],
    stream: streamed,
    ...(process.env.STATELESS ? { thread: false } : {}),
  });
  const last = await runner.runUntilDone();
  console.log("tools:", streamed, last.content[0].text);
}

const data = readFileSync("red.png").toString("base64");
const image = { type: "image", source: { type: "base64", media_type: "image/png", data } };
const seen = await client.messages.create(ask([image, { type: "text", text: "Which colour has the image?" }]));
console.log("image:", seen.content[0].text);

const thinking = { type: "enabled", budget_tokens: 1024 };
const turn = await client.messages.create({ ...ask("Reply with exactly: amber-19"), thinking });
console.log("thinking:", turn.content.map((block) => block.type).join(" "), turn.content.at(-1).text);
const messages = [
  ...ask("Reply with exactly: amber-19").messages,
  { role: "assistant", content: turn.content },
  { role: "user", content: "Reply with exactly: amber-20" },
];
const again = await client.messages.create({ ...ask(""), messages, thinking });
console.log("second turn:", again.content.at(-1).text);

const Person = z.object({ name: z.string(), age: z.number() });
const parsed = await client.messages.parse({
  ...ask("Ada is 36 years old."),
  output_config: { format: zodOutputFormat(Person) },
});
console.log("parse:", typeof parsed.parsed_output.name, typeof parsed.parsed_output.age);

const counted = await client.messages.countTokens({ model, messages: ask("Hello").messages });
console.log("count:", counted.input_tokens > 0);
const names = [];
for await (const each of client.models.list()) names.push(each.id);
console.log("models:", names.includes(model), (await client.models.retrieve(model)).id);

try {
  await client.messages.create({ ...ask("Hello"), model: "no-such-model" });
} catch (error) {
  console.log("error:", error.status, error.error.error.type);
}
