// The TypeScript SDK's client as a judge: `node mcp_client.mjs sse|http URL SECONDS`.
// It opens a session and lists the tools. Prints a JSON object: `works`, and `why` it does not.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [transportName, url, limit] = process.argv.slice(2);
// Resolved from the folder in which npm installed it, which is not this file's.
const require = createRequire(`${process.cwd()}/`);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { Client } = await load("@modelcontextprotocol/sdk/client/index.js");
const { SSEClientTransport } = await load("@modelcontextprotocol/sdk/client/sse.js");
const { StreamableHTTPClientTransport } = await load(
  "@modelcontextprotocol/sdk/client/streamableHttp.js",
);

let step = "initialize";
const started = performance.now();
const finish = (works, why) => {
  const seconds = (performance.now() - started) / 1000;
  console.log(JSON.stringify({ works, why: `${why}`.slice(0, 160), seconds }));
  process.exit(0);
};
setTimeout(() => finish(false, `${step}: no answer in ${limit} s`), limit * 1000);
try {
  const Transport =
    transportName === "sse" ? SSEClientTransport : StreamableHTTPClientTransport;
  const client = new Client({ name: "judge", version: "1" });
  await client.connect(new Transport(new URL(url)));
  step = "tools/list";
  const { tools } = await client.listTools();
  finish(tools.length > 0, `${tools.length} tools`);
} catch (error) {
  finish(false, `${step}: ${error.message}`);
}
