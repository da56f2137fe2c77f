// Benchmark "console-load": a real console with simulated agents (no machine behind them) that report at 1 Hz over mutual TLS, and one browser that
// follows. Shows what the control plane costs and whether its feed stays smooth; says nothing of inference.
// Usage: npm run bench -- console-load [--agents 1000] [--seconds 30]. Needs Linux for the CPU figure.
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { io, type Socket } from "socket.io-client";
import { calibrationFigure } from "./calibration.ts";
import { type Figure, reportBench } from "./report.ts";
import { addressOf, enrolAll, reportEachSecond, startServer, stopServer } from "./simulated-fleet.ts";

/** Linux counts CPU time in hundredths of a second. */
const TICKS_PER_SECOND = 100;
/** Samples are made each second: a gap past this is seen as a stutter. */
const SMOOTH_GAP_MS = 1_500;

const { values } = parseArgs({ options: { agents: { type: "string", default: "1000" }, seconds: { type: "string", default: "30" } } });
const agentCount = Number(values.agents);
const seconds = Number(values.seconds);
const folder = mkdtempSync(path.join(tmpdir(), "cutplane-console-load-"));
const sockets: Socket[] = [];
let server: ChildProcess | null = null;
try {
  server = startServer(folder);
  const url = await addressOf(server);
  const pid = server.pid as number;
  process.stderr.write(`enrolling ${agentCount} simulated agents…\n`);
  const acknowledgedMs: number[] = [];
  const counts = { sent: 0, acknowledged: 0, documents: 0, ended: 0 };
  const agents = await enrolAll(url, agentCount, counts);
  sockets.push(...agents.map((agent) => agent.socket));
  const gapsMs: number[] = [];
  const browser = followAsBrowser(url, gapsMs);
  await pause(3_000);
  process.stderr.write(`measuring for ${seconds} s…\n`);
  gapsMs.length = 0;
  const cpuBefore = cpuSeconds(pid);
  const startedAt = performance.now();
  const stops = agents.map((agent, index) => reportEachSecond(agent, (index / agentCount) * 1000, counts, acknowledgedMs));
  await pause(seconds * 1000);
  const elapsed = (performance.now() - startedAt) / 1000;
  const cores = (cpuSeconds(pid) - cpuBefore) / elapsed;
  for (const stop of stops) stop();
  await pause(2_000);
  const memory = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1000;
  browser.disconnect();
  const figures: Figure[] = [
    calibrationFigure(),
    { figure: "simulated agents, at 1 Hz", value: agentCount, unit: "agents" },
    { figure: "console's CPU, without PostgreSQL", value: cores, unit: "cores", target: { op: "<=", than: 1 } },
    { figure: "console's memory", value: memory, unit: "MB" },
    { figure: "reports taken", value: counts.acknowledged / elapsed, unit: "reports/s" },
    { figure: "reports lost", value: counts.sent - counts.acknowledged, unit: "reports", target: { op: "==", than: 0 } },
    { figure: "connections ended", value: counts.ended, unit: "connections", target: { op: "==", than: 0 } },
    { figure: "report to acknowledgement, p50", value: quantile(acknowledgedMs, 0.5), unit: "ms" },
    { figure: "report to acknowledgement, p99", value: quantile(acknowledgedMs, 0.99), unit: "ms" },
    { figure: "gap between a browser's samples, p99", value: quantile(gapsMs, 0.99), unit: "ms", target: { op: "<=", than: SMOOTH_GAP_MS } },
    { figure: "gap between a browser's samples, longest", value: quantile(gapsMs, 1), unit: "ms" },
  ];
  process.exitCode = reportBench("console-load", figures) ? 0 : 1;
} finally {
  for (const socket of sockets) socket.disconnect();
  if (server) await stopServer(server);
  rmSync(folder, { recursive: true, force: true });
}

function followAsBrowser(url: string, gapsMs: number[]): Socket {
  const socket = io(`${url}/live`, { transports: ["websocket"], forceNew: true });
  let lastAt: number | null = null;
  socket.on("connect", () => socket.emit("follow", { afterSeq: null }));
  socket.on("samples", () => {
    const now = performance.now();
    if (lastAt !== null) gapsMs.push(now - lastAt);
    lastAt = now;
  });
  sockets.push(socket);
  return socket;
}

/** User and system time of the process so far. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
