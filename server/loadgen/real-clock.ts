// Owns the time of a real run, and how late this process itself was: what a figure of it can be worth.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createPreciseTimer } from "../../lab/precise-timer.ts";
import type { Clock } from "./issue-queries.ts";
import type { RunRecord } from "./method/run-record.ts";

export function createRealClock(): Clock & { stop(): void } {
  let wake = () => {};
  const timer = createPreciseTimer(() => wake());
  return {
    nowNs: () => Math.round(performance.now() * 1e6),
    wakeAt(atNs, act) {
      wake = act;
      timer.wakeAt(atNs / 1e6);
    },
    stop: () => timer.stop(),
  };
}

const PROBE_MS = 10;
/** libuv's timers are whole milliseconds: a probe may be that late on an idle machine. */
const GRAIN_NS = 1e6;

/** Between start and stop: 99th percentile of how late the event loop was, and in Server also of how late queries were issued. The larger counts. Of a closed loop there is no record. */
export function createLagProbe(): { start(): void; stop(record: RunRecord | null): number } {
  const probe = monitorEventLoopDelay({ resolution: PROBE_MS });
  return {
    start() {
      probe.reset();
      probe.enable();
    },
    stop(record) {
      probe.disable();
      const loopNs = probe.count === 0 ? 0 : Math.max(0, probe.percentile(99) - PROBE_MS * 1e6 - GRAIN_NS);
      if (record?.settings.scenario !== "Server" || record.issuedNs.length === 0) return loopNs;
      const late = record.issuedNs.map((issued, i) => issued - record.scheduledNs[i]!).sort((a, b) => a - b);
      return Math.max(loopNs, late[Math.floor(late.length * 0.99)]!);
    },
  };
}
