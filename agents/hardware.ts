// Owns what this machine is, as far as this process may use it: cores under affinity and cgroup quota (v1 and v2), memory under its limit, disk, runtime.
import { readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { createRequire } from "node:module";
import { availableParallelism, cpus, freemem, hostname, totalmem } from "node:os";
import { join } from "node:path";
import type { Hardware } from "./protocol/control.ts";
import { AGENT_VERSION } from "./version.ts";

/** Reads a small text file; null where there is none. A parameter, so that tests bring their own machine. */
export type ReadText = (path: string) => string | null;
export const readSystemFile: ReadText = (path) => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
};

/** Where this process stands in the cgroup tree, by controller; "" is version 2. Folders from the process's own up to the root, nearest first. */
function cgroupFolders(read: ReadText, controller: "" | "cpu" | "memory" | "cpuacct"): string[] {
  const lines = (read("/proc/self/cgroup") ?? "").split("\n").map((line) => line.split(":"));
  const line = lines.find(([id, names]) => (controller === "" ? id === "0" && names === "" : names?.split(",").includes(controller)));
  if (!line) return [];
  const root = controller === "" ? "/sys/fs/cgroup" : `/sys/fs/cgroup/${controller}`;
  const folders: string[] = [];
  // Inside a container the path may be the host's and not exist here; the root then is the container's own group.
  for (let path = line.slice(2).join(":"); path.length > 1; path = path.slice(0, path.lastIndexOf("/"))) folders.push(root + path);
  return [...folders, root];
}

/** Cores of the tightest quota above this process; null = no quota. */
export function quotaCores(read: ReadText): number | null {
  const found: number[] = [];
  for (const folder of cgroupFolders(read, "")) {
    const [quota, period] = (read(join(folder, "cpu.max")) ?? "").trim().split(" ").map(Number);
    if (quota && period && quota > 0 && period > 0) found.push(quota / period);
  }
  for (const folder of cgroupFolders(read, "cpu")) {
    const [quota, period] = [Number(read(join(folder, "cpu.cfs_quota_us"))), Number(read(join(folder, "cpu.cfs_period_us")))];
    if (quota > 0 && period > 0) found.push(quota / period);
  }
  return found.length > 0 ? Math.min(...found) : null;
}

/** Bytes of the tightest memory limit above this process; null = none. Version 1 writes "no limit" as a huge number. */
export function memoryLimitBytes(read: ReadText): number | null {
  const texts = [
    ...cgroupFolders(read, "").map((folder) => read(join(folder, "memory.max"))),
    ...cgroupFolders(read, "memory").map((folder) => read(join(folder, "memory.limit_in_bytes"))),
  ];
  const limits = texts.map((text) => Number(text ?? Number.NaN)).filter((bytes) => bytes > 0 && bytes < 2 ** 53);
  return limits.length > 0 ? Math.min(...limits) : null;
}

/** Bytes in use by this process's own memory cgroup, page cache that can be dropped not counted; null without one. */
function cgroupMemoryUsed(read: ReadText): number | null {
  const inactive = (text: string | null, key: string) => Number(new RegExp(`^${key} (\\d+)$`, "m").exec(text ?? "")?.[1] ?? 0);
  const [v2] = cgroupFolders(read, "");
  const current = v2 ? read(join(v2, "memory.current")) : null;
  if (v2 && current) return Number(current) - inactive(read(join(v2, "memory.stat")), "inactive_file");
  for (const folder of cgroupFolders(read, "memory")) {
    const usage = read(join(folder, "memory.usage_in_bytes"));
    if (usage) return Number(usage) - inactive(read(join(folder, "memory.stat")), "total_inactive_file");
  }
  return null;
}

/** Memory of the node as this process may use it. */
export function memoryNow(read: ReadText): { totalBytes: number; availableBytes: number } {
  const available = Number(/^MemAvailable:\s+(\d+) kB/m.exec(read("/proc/meminfo") ?? "")?.[1] ?? Number.NaN) * 1024;
  const machine = { totalBytes: totalmem(), availableBytes: Number.isNaN(available) ? freemem() : available };
  const limit = memoryLimitBytes(read);
  if (limit === null || limit >= machine.totalBytes) return machine;
  return { totalBytes: limit, availableBytes: Math.max(0, Math.min(machine.availableBytes, limit - (cgroupMemoryUsed(read) ?? 0))) };
}

/** Cores this process may use, fractional under a quota, rounded to hundredths so that the same machine reads the same every time. */
export function usableCores(read: ReadText): number {
  const affinity = availableParallelism();
  const quota = quotaCores(read);
  return Math.round(Math.min(affinity, quota ?? affinity) * 100) / 100;
}

/** Version of the installed onnxruntime-node, without loading it; "none" where it is not installed. */
export function ortVersion(): string {
  try {
    const require = createRequire(import.meta.url);
    return (require("onnxruntime-node/package.json") as { version: string }).version;
  } catch {
    return "none";
  }
}

/** Of the kernel: containers on one machine share it (Linux). */
const BOOT_ID = "/proc/sys/kernel/random/boot_id";

/** `providers` come from a process that loaded the runtime: this one never does. */
export async function readHardware(dataFolder: string, providers: string[], read: ReadText = readSystemFile): Promise<Hardware> {
  const memory = memoryNow(read);
  const disk = await statfs(dataFolder);
  const cores = usableCores(read);
  const cpuModel = (cpus()[0]?.model || /^model name\s*:\s*(.+)$/m.exec(read("/proc/cpuinfo") ?? "")?.[1] || process.arch).replace(/\s+/g, " ").trim();
  const ort = ortVersion();
  const machineId = read(BOOT_ID)?.trim();
  return {
    hostname: hostname(), platform: process.platform, arch: process.arch, cpuModel, cores,
    memoryBytes: memory.totalBytes, memoryAvailableBytes: memory.availableBytes, diskFreeBytes: disk.bavail * disk.bsize,
    providers, deviceClass: `${cpuModel} × ${cores} · ORT ${ort}`,
    nodeVersion: process.versions.node, agentVersion: AGENT_VERSION, ortVersion: ort,
    ...(machineId ? { machineId } : {}),
  };
}
