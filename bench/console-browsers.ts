// Owns fifty browsers for "console": one is real, the others are socket clients that follow the feed and ask for the drawing's version as an open canvas does.
// A client parses what it gets and draws nothing; the console cannot tell the difference.
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { FollowerCounts, FollowerOrder } from "./follower-child.ts";
import { quantile } from "./quantile.ts";
import type { Figure } from "./report.ts";

/** Samples are made each second: a gap past this is seen as a stutter. */
const SMOOTH_GAP_MS = 1_500;
/** Linux counts CPU time in hundredths of a second. */
const TICKS_PER_SECOND = 100;
const SETTLE_MS = 3_000;

export type Followers = { figures(): Promise<Figure[]>; stop(): void };

/** Opens `count` of them, and waits until they are on. */
export async function openFollowers(canvas: { url: string; topologyId: string; serverPid: number }, count: number): Promise<Followers> {
  const child = fork(path.join(import.meta.dirname, "follower-child.ts"), [], { serialization: "advanced", execArgv: process.execArgv });
  child.send({ url: canvas.url, topologyId: canvas.topologyId, count } satisfies FollowerOrder);
  await pause(SETTLE_MS);
  child.send("reset");
  const [startedAt, before] = [performance.now(), cpuSeconds(canvas.serverPid)];
  return {
    figures: async () => {
      const after = cpuSeconds(canvas.serverPid);
      const answer = once(child, "message");
      child.send("tell");
      const [{ gapsMs, failed }] = (await answer) as [FollowerCounts];
      return [
        { figure: `samples to ${count} socket clients beside the browser, gap, p99 of ${gapsMs.length}`, value: quantile(gapsMs, 0.99), unit: "ms", target: { op: "<=", than: SMOOTH_GAP_MS } },
        { figure: "answers to the socket clients that failed", value: failed, unit: "answers", target: { op: "==", than: 0 } },
        ...(before === null || after === null ? [] : [{ figure: `console's CPU with ${count + 1} browsers, without PostgreSQL`, value: (after - before) / ((performance.now() - startedAt) / 1000), unit: "cores" }]),
      ];
    },
    stop: () => child.disconnect(),
  };
}

/** User and system time of the process so far; null where there is no /proc. */
function cpuSeconds(pid: number): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return null;
  }
}
