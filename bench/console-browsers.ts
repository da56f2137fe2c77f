// Owns fifty browsers for "console": one is real, the others are socket clients that follow the feed and ask for the drawing's version as an open canvas does.
// A client parses what it gets and draws nothing; the console cannot tell the difference.
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { io, type Socket } from "socket.io-client";
import { quantile } from "./quantile.ts";
import type { Figure } from "./report.ts";

/** As often as components/canvas/use-autosave.ts. */
const FOLLOW_EVERY_MS = 1_500;
/** Samples are made each second: a gap past this is seen as a stutter. */
const SMOOTH_GAP_MS = 1_500;
/** Linux counts CPU time in hundredths of a second. */
const TICKS_PER_SECOND = 100;
const SETTLE_MS = 3_000;

export type Followers = { figures(): Figure[]; stop(): void };

/** Opens `count` of them, and waits until they are on. */
export async function openFollowers(canvas: { url: string; topologyId: string; serverPid: number }, count: number): Promise<Followers> {
  const sockets: Socket[] = [];
  const gapsMs: number[] = [];
  const timers: NodeJS.Timeout[] = [];
  const input = encodeURIComponent(JSON.stringify({ 0: { id: canvas.topologyId } }));
  let failed = 0;
  const ask = async () => { await fetch(`${canvas.url}/trpc/topologies.version?batch=1&input=${input}`).then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(new Error(String(answer.status))))).catch(() => { failed++; }); };
  for (let index = 0; index < count; index++) {
    const socket = io(`${canvas.url}/live`, { transports: ["websocket"], forceNew: true });
    let lastAt: number | null = null;
    socket.on("connect", () => socket.emit("follow", { afterSeq: null }));
    socket.on("samples", () => {
      const now = performance.now();
      if (lastAt !== null) gapsMs.push(now - lastAt);
      lastAt = now;
    });
    sockets.push(socket);
    timers.push(setTimeout(() => timers.push(setInterval(() => void ask(), FOLLOW_EVERY_MS)), (index / count) * FOLLOW_EVERY_MS));
  }
  await pause(SETTLE_MS);
  gapsMs.length = 0;
  failed = 0;
  const [startedAt, before] = [performance.now(), cpuSeconds(canvas.serverPid)];
  return {
    figures: () => {
      const after = cpuSeconds(canvas.serverPid);
      return [
        { figure: `samples to ${count} socket clients beside the browser, gap, p99 of ${gapsMs.length}`, value: quantile(gapsMs, 0.99), unit: "ms", target: { op: "<=", than: SMOOTH_GAP_MS } },
        { figure: "answers to the socket clients that failed", value: failed, unit: "answers", target: { op: "==", than: 0 } },
        ...(before === null || after === null ? [] : [{ figure: `console's CPU with ${count + 1} browsers, without PostgreSQL`, value: (after - before) / ((performance.now() - startedAt) / 1000), unit: "cores" }]),
      ];
    },
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
      for (const socket of sockets) socket.disconnect();
    },
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
