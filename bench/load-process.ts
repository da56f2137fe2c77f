// Owns the load of a benchmark: lab/load.ts as a process of its own, so that what is measured does not share its event loop.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Served } from "./move-windows.ts";

const root = path.resolve(import.meta.dirname, "..");

export type LoadCounts = { sent: number; equal: number; failed: number; lost: number; different: number; duplicated: number; heldBack: number; /** Of equal, failed and different: long after the deadline. */ late: number; /** The load itself, at most, milliseconds. */ sentLateMs: number; details: string[] };
export type RunningLoad = {
  /** The arrivals begin anew from this seed. */
  arrivals(seed: number): void;
  /** So many more, at once. */
  sendNow(count: number): void;
  /** Waits for what is under way. */
  end(): Promise<{ counts: LoadCounts; served: Served[] }>;
  kill(): void;
};
/** One input with the answer it must get; tensors as lab/load-cases.ts reads them. */
export type ToldTensor = { name: string; datatype: string; shape: number[]; base64: string };
export type LoadProcessOptions = { /** Entries; the next one is asked when one breaks. */ urls: string[]; model: string; casesFile: string; perSecond: number; seed: number; deadlineMs: number };

export async function startLoadProcess({ urls, model, casesFile, perSecond, seed, deadlineMs }: LoadProcessOptions): Promise<RunningLoad> {
  const folder = mkdtempSync(path.join(tmpdir(), "cutplane-load-"));
  const record = path.join(folder, "served.jsonl");
  const words = [...urls.flatMap((url) => ["--url", url]), "--model", model, "--cases", casesFile, "--rate", String(perSecond), "--arrivals", "poisson", "--seed", String(seed), "--record", record, "--deadline", String(deadlineMs)];
  const child = spawn(process.execPath, ["--import", "tsx", path.join(root, "lab/load.ts"), ...words], { cwd: root, stdio: ["pipe", "pipe", "inherit"] });
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const lines = createInterface({ input: child.stdout });
  let last = "";
  await new Promise<void>((resolve, reject) => {
    lines.once("line", () => resolve());
    child.once("exit", (code) => reject(new Error(`the load could not start: it ended with ${code}`)));
  });
  lines.on("line", (line) => { last = line; });
  const forget = () => rmSync(folder, { recursive: true, force: true });
  return {
    arrivals: (next) => void child.stdin.write(`arrivals ${next}\n`),
    sendNow: (count) => void child.stdin.write(`now ${count}\n`),
    async end() {
      child.stdin.write("end\n");
      await closed;
      try {
        const served = readFileSync(record, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line) as Served);
        return { counts: JSON.parse(last) as LoadCounts, served };
      } finally {
        forget();
      }
    },
    kill() {
      child.kill("SIGKILL");
      forget();
    },
  };
}
