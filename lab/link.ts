// Program: emulates directed links between nodes on this machine. See lab/README.md for its lines.
//   link.ts --config FILE    reads the file; SIGHUP reads it again; lives until a signal
//   link.ts                  first line of standard input is the config; lives until standard input ends
// Answers {"ports":{…}} once it listens. Later lines of standard input: {"set":{from,to,…}} {"cut":{from,to,how}} {"restore":{from,to}} {"stats":true}
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { type LinkNetwork, type NetworkConfig, startLinkNetwork } from "./link-network.ts";

const { values } = parseArgs({ options: { config: { type: "string" } } });
const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`);
process.stdout.on("error", () => {});
let network: LinkNetwork | null = null;

async function start(config: NetworkConfig): Promise<void> {
  network = await startLinkNetwork(config);
  say({ ports: network.ports, pid: process.pid });
}
function readConfig(path: string): NetworkConfig {
  return JSON.parse(readFileSync(path, "utf8")) as NetworkConfig;
}
async function stop(): Promise<never> {
  await network?.close();
  process.exit(0);
}
function fail(error: unknown): never {
  process.stderr.write(`link: ${(error as Error).message}\n`);
  process.exit(1);
}
async function take(line: string): Promise<unknown> {
  const message = JSON.parse(line);
  if (!network) return start(message as NetworkConfig);
  if (message.set) {
    const { from, to, ...change } = message.set;
    network.set(from, to, change);
  }
  if (message.cut) network.cut(message.cut.from, message.cut.to, message.cut.how);
  if (message.restore) network.restore(message.restore.from, message.restore.to);
  return say(message.stats ? { stats: network.stats() } : { done: true });
}

process.on("SIGTERM", stop).on("SIGINT", stop);
if (values.config) {
  const path = values.config;
  process.on("SIGHUP", () => {
    try {
      network?.apply(readConfig(path));
    } catch (error) {
      process.stderr.write(`link: ${path} is not read again: ${(error as Error).message}\n`);
    }
  });
  await start(readConfig(path)).catch(fail);
}
let queue: Promise<unknown> = Promise.resolve();
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  if (line.trim() === "") return;
  queue = queue.then(() => take(line)).catch((error) => (network ? say({ error: (error as Error).message }) : fail(error)));
});
lines.on("close", () => {
  if (!values.config) void queue.then(stop);
});
