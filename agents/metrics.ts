// Owns what this node's processor and memory are doing: reads the operating system once a second, adds what the stages and the ingress counted.
import { cpus } from "node:os";
import { join } from "node:path";
import { memoryNow, quotaCores, type ReadText, readSystemFile, usableCores } from "./hardware.ts";
import { measureIdlePace } from "./idle-pace.ts";
import type { IngressSample, NodeSample, StageSample } from "./protocol/control.ts";
import type { Thermal } from "./protocol/thermal.ts";

/** What one child process reported last, of its last second. */
export type ChildSample = { stages?: StageSample[]; ingress?: IngressSample[]; rssBytes: number; cpuCores: number };

export type Sampler = { sample(children: readonly ChildSample[]): NodeSample };

/** Times are cumulative, milliseconds of one core. Under a quota the node is its cgroup; else it is the machine. */
type CpuReading = { atMs: number; busyMs: number; capacityMs: number | null; agentMs: number };

/** Of the samples of an idle node: a probe holds a core for some hundredths of a second. */
const IDLE_PACE_EVERY = 2;

export function createSampler(options: { read?: ReadText; nowMs?: () => number; pace?: () => number; /** A reading that was not told yet. */ thermal?: () => Thermal | null } = {}): Sampler {
  const read = options.read ?? readSystemFile;
  const nowMs = options.nowMs ?? (() => performance.now());
  const cores = usableCores(read);
  const underQuota = quotaCores(read) !== null;
  const pace = options.pace ?? measureIdlePace;
  let idleSamples = 0;
  let last = readCpu(read, nowMs, underQuota);
  return {
    sample(children) {
      const now = readCpu(read, nowMs, underQuota);
      const elapsedMs = Math.max(1, now.atMs - last.atMs);
      const capacityMs = now.capacityMs !== null && last.capacityMs !== null ? now.capacityMs - last.capacityMs : elapsedMs * cores;
      const cpuRatio = capacityMs > 0 ? Math.min(1, Math.max(0, (now.busyMs - last.busyMs) / capacityMs)) : 0;
      const ownCores = (now.agentMs - last.agentMs) / elapsedMs;
      last = now;
      const memory = memoryNow(read);
      const isServing = children.some((child) => child.stages?.some((stage) => stage.done > 0 || stage.queueLength > 0));
      idleSamples = isServing ? 0 : idleSamples + 1;
      const thermal = options.thermal?.() ?? null;
      return {
        cpuRatio: round(cpuRatio, 3),
        agentCpuCores: round(children.reduce((sum, child) => sum + child.cpuCores, ownCores), 3),
        memoryUsedBytes: memory.totalBytes - memory.availableBytes,
        memoryAvailableBytes: memory.availableBytes,
        agentRssBytes: children.reduce((sum, child) => sum + child.rssBytes, process.memoryUsage.rss()),
        coresNow: usableCores(read),
        ...(idleSamples > 0 && idleSamples % IDLE_PACE_EVERY === 0 ? { idlePace: round(pace(), 3) } : {}),
        ...(thermal ? { thermal } : {}),
        stages: children.flatMap((child) => child.stages ?? []),
        ingress: children.flatMap((child) => child.ingress ?? []),
      };
    },
  };
}

function readCpu(read: ReadText, nowMs: () => number, underQuota: boolean): CpuReading {
  const own = process.cpuUsage();
  const agentMs = (own.user + own.system) / 1000;
  const group = underQuota ? cgroupCpuMs(read) : null;
  if (group !== null) return { atMs: nowMs(), busyMs: group, capacityMs: null, agentMs };
  let busyMs = 0;
  let capacityMs = 0;
  for (const { times } of cpus()) {
    const busy = times.user + times.nice + times.sys + times.irq;
    busyMs += busy;
    capacityMs += busy + times.idle;
  }
  return { atMs: nowMs(), busyMs, capacityMs, agentMs };
}

/** Processor time of this process's cgroup, milliseconds; null where it cannot be read. */
function cgroupCpuMs(read: ReadText): number | null {
  for (const line of (read("/proc/self/cgroup") ?? "").split("\n")) {
    const [id, names, ...path] = line.split(":");
    if (id === "0" && names === "") {
      const usec = /^usage_usec (\d+)$/m.exec(read(join("/sys/fs/cgroup", path.join(":"), "cpu.stat")) ?? "")?.[1];
      if (usec) return Number(usec) / 1000;
    }
    if (names?.split(",").includes("cpu")) {
      const nanoseconds = read(join("/sys/fs/cgroup/cpuacct", path.join(":"), "cpuacct.usage")) ?? read(join("/sys/fs/cgroup/cpu", path.join(":"), "cpuacct.usage"));
      if (nanoseconds) return Number(nanoseconds) / 1e6;
    }
  }
  return null;
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
