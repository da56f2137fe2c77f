// Owns the entry of a stage process: messages of the agent's main process in, the stage's state and samples out. Ends with its parent.
import type { Socket } from "node:net";
import { yieldWhileLoading } from "./load-priority.ts";
import type { FromStage, ToStage } from "./messages.ts";
import { Stage } from "./stage.ts";
import { endWithParent } from "../end-with-parent.ts";

const SAMPLE_EVERY_MS = 1000;
/** Changes are told at once, but not more often than this. */
const TELL_CHANGES_AFTER_MS = 20;

const serveAtFullPriority = yieldWhileLoading();
const tell = (message: FromStage): void => { if (process.connected) process.send!(message); };
let stage: Stage | null = null;
let changes: NodeJS.Timeout | null = null;
let cpu = process.cpuUsage();
let sampledAt = performance.now();

function changed(): void {
  if (!changes) changes = setTimeout(() => { changes = null; if (stage) tell({ type: "lanes", lanes: stage.observedLanes() }); }, TELL_CHANGES_AFTER_MS);
}

function sample(): void {
  if (!stage) return;
  const used = process.cpuUsage(cpu);
  const now = performance.now();
  const cpuCores = (used.user + used.system) / 1000 / (now - sampledAt);
  cpu = process.cpuUsage();
  sampledAt = now;
  tell({ type: "sample", samples: stage.samples(), rssBytes: process.memoryUsage.rss(), cpuCores });
  tell({ type: "lanes", lanes: stage.observedLanes() });
}

async function start(message: Extract<ToStage, { type: "start" }>): Promise<void> {
  const { tls, assignment, skeletonPath, dataProxy, inline } = message;
  const none = { loadMs: null, warmMs: null, residentBytes: null, running: null, error: null };
  const before = process.memoryUsage.rss();
  stage = new Stage({ tls, assignment, skeletonPath, dataProxy, inline, changed });
  stage.setLanes(assignment.lanes, assignment.limits);
  try {
    const { loadMs, warmMs } = await stage.load((state) => tell({ type: "state", state, ...none }));
    serveAtFullPriority();
    tell({ type: "state", state: "ready", loadMs, warmMs, residentBytes: Math.max(0, process.memoryUsage.rss() - before), running: stage.running(), error: null });
    changed();
  } catch (error) {
    tell({ type: "state", state: "failed", ...none, error: { code: "load_failed", message: (error as Error).message } });
    setTimeout(() => process.exit(1), 100);
  }
}

process.on("message", (message: ToStage, handle?: unknown) => {
  if (message.type === "start") void start(message);
  else if (message.type === "lanes") stage?.setLanes(message.lanes, message.limits);
  else if (message.type === "metrics") tell({ type: "metrics", askId: message.askId, families: stage?.metrics() ?? [] });
  else if (message.type === "tls") stage?.renew(message.tls);
  else if (message.type === "socket") stage && handle ? stage.handOver(handle as Socket) : (handle as Socket | undefined)?.destroy();
  else if (message.type === "stop") void (stage?.stop(message.graceMs) ?? Promise.resolve()).catch(() => undefined).then(() => { tell({ type: "stopped" }); setTimeout(() => process.exit(0), 50); });
});
setInterval(sample, SAMPLE_EVERY_MS);
tell({ type: "booted" });
endWithParent();
