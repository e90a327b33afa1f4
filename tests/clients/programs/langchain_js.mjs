// LangChain for JavaScript: `node langchain_js.mjs MODEL`, with the base URL and the key in the environment.

import { readFileSync } from "node:fs";
import { ChatAnthropic } from "@langchain/anthropic";
import { HumanMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { z } from "zod";

const settings = {
  model: process.argv[2],
  maxRetries: 0,
  anthropicApiUrl: process.env.ANTHROPIC_BASE_URL,
  apiKey: process.env.ANTHROPIC_API_KEY,
};
const chat = new ChatAnthropic(settings);

const answer = await chat.invoke([
  ["system", "You are helpful."],
  ["human", "Reply with exactly: amber-17"],
]);
console.log("answer:", answer.text, answer.usage_metadata.input_tokens > 0);

let text = "";
for await (const part of await chat.stream("Count from 1 to 30")) text += part.text;
console.log("stream:", text.endsWith("29, 30"));

const weather = tool(({ city }) => `${city}: 15 degrees`, {
  name: "get_weather",
  description: "The weather of a city.",
  schema: z.object({ city: z.string() }),
});
const bound = chat.bindTools([weather]);
const turns = [new HumanMessage("What is the weather in Oslo?")];
turns.push(await bound.invoke(turns));
for (const call of turns.at(-1).tool_calls) turns.push(await weather.invoke(call));
console.log("tools:", (await bound.invoke(turns)).text);

const Person = z.object({ name: z.string(), age: z.number() });
const person = await chat.withStructuredOutput(Person).invoke("Ada is 36 years old.");
console.log("object:", typeof person.name, typeof person.age);

const url = `data:image/png;base64,${readFileSync("red.png").toString("base64")}`;
const image = { type: "image_url", image_url: { url } };
const seen = await chat.invoke([new HumanMessage({ content: [image, { type: "text", text: "Which colour has the image?" }] })]);
console.log("image:", seen.text);

const thinking = new ChatAnthropic({ ...settings, maxTokens: 3000, thinking: { type: "enabled", budget_tokens: 1024 } });
const first = await thinking.invoke("Reply with exactly: amber-19");
const history = [new HumanMessage("Reply with exactly: amber-19"), first, new HumanMessage("Reply with exactly: amber-20")];
console.log("thinking:", first.text, (await thinking.invoke(history)).text);
