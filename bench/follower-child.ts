// Owns the socket clients of "console" in a process of their own: what they parse must not hold up the agents' clock or the browser's.
import { io, type Socket } from "socket.io-client";

/** As often as components/canvas/use-autosave.ts. */
const FOLLOW_EVERY_MS = 1_500;
export type FollowerOrder = { url: string; topologyId: string; count: number };
export type FollowerCounts = { gapsMs: number[]; failed: number };

const sockets: Socket[] = [];
const timers: NodeJS.Timeout[] = [];
let counts: FollowerCounts = { gapsMs: [], failed: 0 };

process.on("message", (message: FollowerOrder | "reset" | "tell") => {
  if (message === "reset") counts = { gapsMs: [], failed: 0 };
  else if (message === "tell") process.send?.(counts);
  else follow(message);
});
process.on("disconnect", () => process.exit(0));

function follow({ url, topologyId, count }: FollowerOrder): void {
  const input = encodeURIComponent(JSON.stringify({ 0: { id: topologyId } }));
  const ask = async () => { await fetch(`${url}/trpc/topologies.version?batch=1&input=${input}`).then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(new Error(String(answer.status))))).catch(() => { counts.failed++; }); };
  for (let index = 0; index < count; index++) {
    const socket = io(`${url}/live`, { transports: ["websocket"], forceNew: true });
    let lastAt: number | null = null;
    socket.on("connect", () => socket.emit("follow", { afterSeq: null }));
    socket.on("samples", () => {
      const now = performance.now();
      if (lastAt !== null) counts.gapsMs.push(now - lastAt);
      lastAt = now;
    });
    sockets.push(socket);
    timers.push(setTimeout(() => timers.push(setInterval(() => void ask(), FOLLOW_EVERY_MS)), (index / count) * FOLLOW_EVERY_MS));
  }
}
