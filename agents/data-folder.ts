// Owns the agent's folder: made for its owner only, used by one agent at a time, and the ports it chose remembered in it.
import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AgentError, messageOf } from "./agent-error.ts";
import { writeAtomic } from "./write-atomic.ts";

export type DataFolder = { path: string; release(): Promise<void> };
export type Ports = { dataPort: number; ingressPort: number };

/** @throws AgentError "folder": not writable, or another agent is using it. */
export async function takeDataFolder(path: string): Promise<DataFolder> {
  const lock = join(path, "agent.lock");
  const mine = `${process.pid} ${startOf(process.pid) ?? randomBytes(4).toString("hex")}\n`;
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    for (let attempt = 0; attempt < 3; attempt++) {
      const taken = await writeFile(lock, mine, { flag: "wx", mode: 0o600 }).then(() => true, (error: NodeJS.ErrnoException) => {
        if (error.code === "EEXIST") return false;
        throw error;
      });
      if (taken) return { path, release: () => rm(lock, { force: true }) };
      const [pid, start] = (await readFile(lock, "utf8").catch(() => "")).trim().split(" ");
      if (isAlive(Number(pid), start)) throw new AgentError("folder", `another agent (process ${pid}) is using ${path}: stop it, or give this one a folder of its own with --data`);
      await rm(lock, { force: true });
    }
  } catch (error) {
    if (error instanceof AgentError) throw error;
    throw new AgentError("folder", `cannot use the data folder ${path}: ${messageOf(error)}`);
  }
  throw new AgentError("folder", `cannot lock ${path}: several agents are starting on it`);
}

/** Start time of a process in clock ticks, where the system tells: process ids come round again after a crash or a reboot. */
function startOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

function isAlive(pid: number, start: string | undefined): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = startOf(pid);
  return now === null || start === undefined || now === start;
}

const portsPath = (folder: string) => join(folder, "ports.json");

/** Zeros where nothing is remembered. */
export async function loadPorts(folder: string): Promise<Ports> {
  try {
    const value = JSON.parse(await readFile(portsPath(folder), "utf8")) as Partial<Ports>;
    const port = (number: unknown) => (Number.isInteger(number) && (number as number) > 0 && (number as number) < 65536 ? (number as number) : 0);
    return { dataPort: port(value.dataPort), ingressPort: port(value.ingressPort) };
  } catch {
    return { dataPort: 0, ingressPort: 0 };
  }
}

/** Peers and clients keep these addresses: after a restart without the console they must still be right. */
export async function savePorts(folder: string, ports: Ports): Promise<void> {
  await writeAtomic(portsPath(folder), JSON.stringify(ports));
}
