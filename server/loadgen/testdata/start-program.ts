// For tests: a program of the repository as a process of its own, from source.
import { spawn, type ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const root = path.resolve(import.meta.dirname, "../../..");
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

export function startProgram(file: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, ["--import", tsx, path.join(root, file), ...args], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
}

export function ended(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const text = { stdout: "", stderr: "" };
  child.stdout!.on("data", (piece: Buffer) => { text.stdout += piece; });
  child.stderr!.on("data", (piece: Buffer) => { text.stderr += piece; });
  return new Promise((resolve, reject) => child.once("error", reject).once("close", (code) => resolve({ code, ...text })));
}

export function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout!.once("data", (piece: Buffer) => resolve(piece.toString().trim()));
    child.once("close", (code) => reject(new Error(`ended with ${code} before it said anything`)));
  });
}
