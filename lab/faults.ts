// Program: ends, stops or continues one process, but only the one that is meant.
//   faults.ts kill --pid 123 --marker data/demo/cam-1         SIGKILL; "stop" freezes it, "continue" thaws it, "term" asks it to end
// Answers {"done":true} or {"done":false,"reason":…}. The marker must be part of the process's command line: process ids come round again.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

export const FAULTS = { kill: "SIGKILL", term: "SIGTERM", stop: "SIGSTOP", continue: "SIGCONT" } as const;
export type FaultResult = { done: true } | { done: false; reason: string };

export function injectFault(fault: keyof typeof FAULTS, target: { pid: number; marker: string }): FaultResult {
  if (!Number.isInteger(target.pid) || target.pid <= 1) return { done: false, reason: `${target.pid} is no process id` };
  if (target.marker.length < 3) return { done: false, reason: "a marker of three characters or more is needed" };
  try {
    const commandLine = readFileSync(`/proc/${target.pid}/cmdline`, "utf8").replaceAll("\u0000", " ");
    if (!commandLine.includes(target.marker)) return { done: false, reason: `process ${target.pid} is another program: its command line lacks "${target.marker}"` };
    process.kill(target.pid, FAULTS[fault]);
    return { done: true };
  } catch (error) {
    return { done: false, reason: (error as Error).message };
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { pid: { type: "string" }, marker: { type: "string", default: "" } } });
  const fault = positionals[0] as keyof typeof FAULTS;
  const result = fault in FAULTS ? injectFault(fault, { pid: Number(values.pid), marker: values.marker }) : { done: false, reason: `use one of ${Object.keys(FAULTS).join(", ")}` };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
