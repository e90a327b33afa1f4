// The Vercel AI SDK: `node ai_sdk.mjs MODEL`, with the base URL and the key in the environment.

import { readFileSync } from "node:fs";
import { createAnthropic } from "@ai-sdk/anthropic";
import { generateObject, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

const anthropic = createAnthropic({ baseURL: process.env.BASE_URL, apiKey: process.env.ANTHROPIC_API_KEY });
const model = anthropic(process.argv[2]);
const shared = { model, maxRetries: 0 };

const answer = await generateText({ ...shared, system: "You are helpful.", prompt: "Reply with exactly: amber-17" });
console.log("answer:", answer.text, answer.finishReason, answer.usage.inputTokens > 0);

const streamed = streamText({ ...shared, prompt: "Count from 1 to 30" });
let text = "";
for await (const part of streamed.textStream) text += part;
console.log("stream:", text.endsWith("29, 30"), await streamed.finishReason);

const tools = {
  get_weather: tool({
    description: "The weather of a city.",
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => `${city}: 15 degrees`,
  }),
};
const prompt = "What is the weather in Oslo?";
const looped = await generateText({ ...shared, prompt, tools, stopWhen: stepCountIs(3) });
console.log("tools:", looped.text, looped.steps.length);
const loop = streamText({ ...shared, prompt, tools, stopWhen: stepCountIs(3) });
console.log("streamed tools:", await loop.text);

const { object } = await generateObject({
  ...shared,
  schema: z.object({ name: z.string(), age: z.number() }),
  prompt: "Ada is 36 years old.",
});
console.log("object:", typeof object.name, typeof object.age);

const image = { type: "image", image: readFileSync("red.png") };
const seen = await generateText({
  ...shared,
  messages: [{ role: "user", content: [image, { type: "text", text: "Which colour has the image?" }] }],
});
console.log("image:", seen.text);

const thinking = { anthropic: { thinking: { type: "enabled", budgetTokens: 1024 } } };
const thought = await generateText({ ...shared, prompt: "Reply with exactly: amber-19", providerOptions: thinking });
console.log("thinking:", (thought.reasoningText ?? "").length > 0, thought.text);
const again = await generateText({
  ...shared,
  providerOptions: thinking,
  messages: [
    { role: "user", content: "Reply with exactly: amber-19" },
    ...(thought.responseMessages ?? thought.response.messages),
    { role: "user", content: "Reply with exactly: amber-20" },
  ],
});
console.log("second turn:", again.text);
