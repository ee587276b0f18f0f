// OpenAI's package in Node, as its documentation shows it: prints what comes as one line of JSON.
import fs from "node:fs";
import { createRequire } from "node:module";

const { modules, address, key, file } = JSON.parse(process.argv[2]);
const { OpenAI } = createRequire(`${modules}/`)("openai");
const openai = new OpenAI({ baseURL: `${address}/v1`, apiKey: key });
const ask = (more) =>
  openai.audio.transcriptions.create({ file: fs.createReadStream(file), model: "gpt-4o-transcribe", language: "en", ...more });

const verbose = await ask({ response_format: "verbose_json", timestamp_granularities: ["word"] });
const text = await ask({ response_format: "text" });
let streamed = "";
for await (const event of await ask({ stream: true })) {
  if (event.type === "transcript.text.delta") streamed += event.delta;
}
let refused = null;
try {
  await ask({ model: "gpt-5" });
} catch (error) {
  refused = { name: error.constructor.name, status: error.status, code: error.code };
}
console.log(JSON.stringify({ verbose, text, streamed, refused }));
