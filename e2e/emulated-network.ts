// Owns an emulated network between the agents of a cluster: a program of the lab of its own, told by lines what its links are like. Needs no root.
import { spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "./free-port.ts";

const root = path.resolve(import.meta.dirname, "..");
const ANSWER_TIMEOUT_MS = 20_000;

export type LinkCharacter = { delayMs?: number; jitterMs?: number; bytesPerSecond?: number | null; lossRatio?: number };
export type EmulatedLink = LinkCharacter & { from: string; to: string };
export type EmulatedNetwork = {
  /** What an agent is started with, so that its data connections go through. */
  agentArguments(name: string): string[];
  set(from: string, to: string, change: LinkCharacter): Promise<void>;
  /** "hold" is a broken wire: bytes wait until it is restored. "reset" ends connections and refuses new ones. */
  cut(from: string, to: string, how: "hold" | "reset"): Promise<void>;
  restore(from: string, to: string): Promise<void>;
  /** Bytes that arrived over each directed link since the beginning. */
  stats(): Promise<{ from: string; to: string; bytes: number }[]>;
  stop(): void;
};

/** Every pair of nodes, both ways, alike. */
export function meshOf(names: readonly string[], character: LinkCharacter): EmulatedLink[] {
  return names.flatMap((from) => names.filter((to) => to !== from).map((to) => ({ from, to, ...character })));
}

export async function startEmulatedNetwork(names: readonly string[], links: readonly EmulatedLink[], seed = 1): Promise<EmulatedNetwork> {
  const dataPorts = new Map<string, number>();
  for (const name of names) dataPorts.set(name, await freePort());
  const child = spawn(process.execPath, ["--import", "tsx", "lab/link.ts"], { cwd: root, stdio: ["pipe", "pipe", "inherit"] });
  const waiting: { resolve(answer: Record<string, unknown>): void; reject(error: Error): void }[] = [];
  let ended = false;
  createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.resolve(JSON.parse(line)));
  child.once("exit", (code) => {
    ended = true;
    for (const one of waiting.splice(0)) one.reject(new Error(`the emulated network ended with ${code}`));
  });
  child.stdin.on("error", () => {});
  // Answers come in the order of the questions.
  const ask = async (line: unknown): Promise<Record<string, unknown>> => {
    if (ended) throw new Error("the emulated network has ended");
    let timer: NodeJS.Timeout | undefined;
    const answer = await new Promise<Record<string, unknown>>((resolve, reject) => {
      waiting.push({ resolve, reject });
      timer = setTimeout(() => reject(new Error("the emulated network does not answer")), ANSWER_TIMEOUT_MS);
      child.stdin.write(`${JSON.stringify(line)}\n`);
    }).finally(() => clearTimeout(timer));
    if (typeof answer.error === "string") throw new Error(`the emulated network refused ${JSON.stringify(line)}: ${answer.error}`);
    return answer;
  };
  const nodes = names.map((name) => ({ name, host: "127.0.0.1", port: dataPorts.get(name) }));
  const { ports } = (await ask({ seed, nodes, proxies: names.map((node) => ({ node, port: 0 })), links })) as { ports: Record<string, number> };
  return {
    agentArguments: (name) => ["--data-port", String(dataPorts.get(name)), "--advertise", `127.0.0.1:${dataPorts.get(name)}`, "--data-proxy", `http://127.0.0.1:${ports[name]}`],
    set: async (from, to, change) => void (await ask({ set: { from, to, ...change } })),
    cut: async (from, to, how) => void (await ask({ cut: { from, to, how } })),
    restore: async (from, to) => void (await ask({ restore: { from, to } })),
    stats: async () => (await ask({ stats: true })).stats as { from: string; to: string; bytes: number }[],
    stop: () => void child.stdin.end(),
  };
}
