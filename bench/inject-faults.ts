// Owns doing a planned fault to a lab deployment, and undoing it. Every fault is undone before the next one.
import { execFileSync } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync, writeSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { injectFault } from "../lab/faults.ts";
import type { PlannedFault } from "../lab/fault-plan.ts";
import type { SmallDisk } from "../lab/small-disk.ts";
import type { LabDeployment } from "./lab-deployment.ts";

const SLOW_DELAY_MS = 200;
const LOSSY_RATIO = 0.05;
/** Bytes turned over in a cached file of weights. */
const CORRUPT_BYTES = 4096;

export type Targets = { lab: LabDeployment; dataFolderOf(node: string): string; disks: ReadonlyMap<string, SmallDisk> };

/** Resolves when it is undone: what was killed is started again, what was frozen runs. @returns what was done, in words */
export async function strike(fault: PlannedFault, targets: Targets): Promise<string> {
  const { cluster, network } = targets.lab;
  const { node, peer, lastsMs } = fault;
  const agent = cluster.agents.find((one) => one.name === node);
  if (!agent) throw new Error(`there is no agent ${node}`);
  const both = async (act: (from: string, to: string) => Promise<void>) => void (await Promise.all([act(node, peer), act(peer, node)]));
  switch (fault.kind) {
    case "kill-agent":
      await agent.kill("SIGKILL");
      await sleep(lastsMs);
      await agent.restart();
      return `${node}'s agent was killed and started again after ${lastsMs} ms`;
    case "freeze-agent": {
      const family = [agent.pid(), ...descendants(agent.pid())];
      for (const pid of family) injectFault("stop", { pid, marker: "agents/dist" });
      await sleep(lastsMs);
      for (const pid of family) injectFault("continue", { pid, marker: "agents/dist" });
      return `${node} with its stages was frozen for ${lastsMs} ms`;
    }
    case "kill-stage": {
      const stage = descendants(agent.pid()).find((pid) => commandOf(pid).includes("stage.mjs"));
      return stage !== undefined && injectFault("kill", { pid: stage, marker: "agents/dist" }).done ? `a stage on ${node} was killed` : `there was no stage on ${node} to kill`;
    }
    case "cut-link":
    case "reset-link":
      await both((from, to) => network.cut(from, to, fault.kind === "cut-link" ? "hold" : "reset"));
      await sleep(lastsMs);
      await both((from, to) => network.restore(from, to));
      return `the link ${node} – ${peer} was ${fault.kind === "cut-link" ? "held" : "reset"} for ${lastsMs} ms`;
    case "slow-link":
    case "lossy-link":
      await both((from, to) => network.set(from, to, fault.kind === "slow-link" ? { delayMs: SLOW_DELAY_MS } : { lossRatio: LOSSY_RATIO }));
      await sleep(lastsMs);
      await both((from, to) => network.set(from, to, { delayMs: LAB_LINK.delayMs, lossRatio: 0 }));
      return `the link ${node} – ${peer} was ${fault.kind === "slow-link" ? `${SLOW_DELAY_MS} ms long` : `lossy (${LOSSY_RATIO})`} for ${lastsMs} ms`;
    case "corrupt-file": {
      await agent.kill("SIGKILL");
      const file = corrupt(path.join(targets.dataFolderOf(node), "cache", "files"));
      await sleep(lastsMs);
      await agent.restart();
      return file ? `${CORRUPT_BYTES} bytes of ${node}'s weights were turned over, its agent killed and started again after ${lastsMs} ms` : `${node} had no weights to corrupt; its agent was killed`;
    }
    case "fill-disk": {
      const disk = targets.disks.get(node);
      disk?.fill();
      await sleep(lastsMs);
      disk?.free();
      return `${node}'s disk was full for ${lastsMs} ms`;
    }
    case "kill-console":
      await cluster.killConsole("SIGKILL");
      await sleep(lastsMs);
      await cluster.restartConsole();
      return `the console was killed and started again after ${lastsMs} ms`;
    case "kill-database": {
      const postmaster = Number(readFileSync(path.join(cluster.folder, "console", "postgres", "data", "postmaster.pid"), "utf8").split("\n")[0]);
      const done = injectFault("kill", { pid: postmaster, marker: "postgres" });
      return done.done ? "PostgreSQL was killed" : `PostgreSQL could not be killed: ${done.reason}`;
    }
  }
}

/** What the links of a soak are like when they are well. */
export const LAB_LINK = { delayMs: 1, jitterMs: 0.1, bytesPerSecond: 40e6 };

export function descendants(pid: number): number[] {
  const children = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" }).split("\n").map((line) => line.trim().split(/\s+/).map(Number)).filter(([, parent]) => parent === pid).map(([child]) => child as number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\u0000", " ");
  } catch {
    return "";
  }
}

/** In the middle of the first verified range, so that it is no hole that is turned over. */
function corrupt(folder: string): string | null {
  const journal = list(folder).find((name) => name.endsWith(".journal") && statSync(path.join(folder, name)).size > 0);
  const [offset, bytes] = journal ? readFileSync(path.join(folder, journal), "utf8").split("\n").map((line) => line.split(" ").map(Number) as [number, number]).sort((a, b) => b[1] - a[1])[0] ?? [] : [];
  if (!journal || offset === undefined || bytes === undefined || !(bytes > 0)) return null;
  const file = path.join(folder, journal.replace(/\.journal$/, ""));
  const handle = openSync(file, "r+");
  try {
    const block = Buffer.alloc(Math.min(CORRUPT_BYTES, bytes));
    const at = offset + Math.floor((bytes - block.length) / 2);
    readSync(handle, block, 0, block.length, at);
    for (const [index, value] of block.entries()) block[index] = value ^ 0xff;
    writeSync(handle, block, 0, block.length, at);
  } finally {
    closeSync(handle);
  }
  return file;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
