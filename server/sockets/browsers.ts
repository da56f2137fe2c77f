// The browsers' door: Socket.io namespace /live. A browser says which event it saw last; it gets everything after it, then what happens, without a
// gap. Samples are made once a second for everybody and dropped for who can't keep up; events are never dropped: who falls too far behind is
// disconnected, and replays when it comes back.
//
//   connected ──"follow" {afterSeq}──▶ replaying (pages from the database; what happens meanwhile waits) ──▶ following
import type { IncomingMessage, Server as HttpServer } from "node:http";
import type { Server as HttpsServer } from "node:https";
import { type Namespace, Server, type Socket } from "socket.io";
import type { Actor, Deps } from "../commands/deps.ts";
import { listenProgress } from "../commands/run-operation.ts";
import type { OtherConsole, StoredEvent } from "../events/catalogue.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { samplesOf, wholeSamples } from "../live/live-samples.ts";
import { predictedLatencyMs } from "../live/predicted-latency.ts";
import { eventHeadSeq, listEvents } from "../store/events.ts";

export const MAX_BROWSERS = 500;
/** A "follow" is some bytes. */
const MAX_MESSAGE_BYTES = 16 * 1024;
const REPLAY_PAGE = 500;
/** A browser that was away for longer starts from here: nobody reads more lines back, and pages load their own state. */
export const MAX_REPLAY_EVENTS = 5_000;
/** Packets waiting on a socket: past the first, samples and progress are left out; past the second, the browser is let go. */
export const DROP_SAMPLES_AT = 8;
export const DISCONNECT_AT = 2_000;
const SAMPLES_INTERVAL_MS = 1_000;
/** Who just came need not look at empty places until the next tick; many that come at once still share one packet. */
const WHOLE_AFTER_MS = 50;
/** Follows of one connection; each replays. */
const MAX_FOLLOWS = 10;

type Follower = { socket: Socket; state: "idle" | "replaying" | "following"; lastSeq: number; waiting: StoredEvent[]; needsWhole: boolean; follows: number };
export type BrowserOptions = {
  /** Why a connection is refused, or null. Default: `deps.actorOf` where there is one. */
  refuse?: (request: IncomingMessage) => Promise<string | null>;
  /** Where a page may go on when this console does not answer, the best first. Default: nowhere. */
  others?: () => OtherConsole[];
};
export type BrowserDeps = Deps & { actorOf?(headers: IncomingMessage["headers"]): Promise<Actor | null> };
export type BrowserSockets = { close(): Promise<void>; count(): number };

export function attachBrowsers(httpServer: HttpServer | HttpsServer, deps: BrowserDeps, options: BrowserOptions = {}): BrowserSockets {
  const others = options.others ?? (() => []);
  const refuse = options.refuse ?? (async (request) => (deps.actorOf && (await deps.actorOf(request.headers)) === null ? "A credential is needed." : null));
  // Next's own upgrades (its development reload) share the server.
  const io = new Server(httpServer, { destroyUpgrade: false, serveClient: false, maxHttpBufferSize: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  const followers = new Map<string, Follower>();
  const namespace = io.of("/live");

  namespace.use((socket, next) => {
    if (followers.size >= MAX_BROWSERS) return next(new Error("The console shows itself to as many browsers as it can."));
    refuse(socket.request).then(
      (why) => (why === null ? next() : next(new Error(why))),
      () => next(new Error("The console can't check credentials right now.")),
    );
  });
  namespace.on("connection", (socket) => {
    const follower: Follower = { socket, state: "idle", lastSeq: 0, waiting: [], needsWhole: true, follows: 0 };
    followers.set(socket.id, follower);
    socket.on("disconnect", () => followers.delete(socket.id));
    socket.on("follow", (raw: unknown, acknowledge?: unknown) => {
      socket.emit("consoles", others());
      follow(deps, follower, raw, acknowledge).then(() => ticker.wholeSoon(), (error) => {
        deps.log.warn({ err: error }, "a browser could not follow");
        // It comes back by itself and says again what it has seen.
        socket.disconnect(true);
      });
    });
  });

  const unlistenEvents = deps.publisher.listen((event) => {
    for (const follower of followers.values()) {
      if (follower.state === "following") sendEvent(follower, event);
      else if (follower.state === "replaying") keepWaiting(follower, event);
    }
  });
  const unlistenProgress = listenProgress((progress) => {
    for (const follower of followers.values()) if (follower.state === "following" && backlogOf(follower) < DROP_SAMPLES_AT) follower.socket.emit("progress", progress);
  });
  const ticker = startSamples(deps, namespace, followers);
  const stopOthers = tellOthers(namespace, others);
  return {
    count: () => followers.size,
    async close() {
      ticker.stop();
      stopOthers();
      unlistenEvents();
      unlistenProgress();
      namespace.disconnectSockets(true);
      io.engine.close();
    },
  };
}

async function follow(deps: Deps, follower: Follower, raw: unknown, acknowledge: unknown): Promise<void> {
  const wanted = (raw as { afterSeq?: unknown } | null)?.afterSeq;
  follower.follows++;
  if (follower.state === "replaying" || follower.follows > MAX_FOLLOWS) return;
  follower.state = "replaying";
  follower.waiting = [];
  follower.needsWhole = true;
  const headSeq = await eventHeadSeq(deps.db);
  const isKnown = typeof wanted === "number" && Number.isSafeInteger(wanted) && wanted >= 0 && wanted <= headSeq;
  let seq = isKnown ? Math.max(wanted, headSeq - MAX_REPLAY_EVENTS) : headSeq;
  follower.lastSeq = seq;
  if (typeof acknowledge === "function") acknowledge({ headSeq });
  while (seq < headSeq && follower.socket.connected) {
    const page = await listEvents(deps.db, { afterSeq: seq, limit: REPLAY_PAGE });
    if (page.length === 0) break;
    for (const event of page) sendEvent(follower, event);
    seq = page.at(-1)?.seq ?? headSeq;
    await drained(follower);
  }
  for (const event of follower.waiting) sendEvent(follower, event);
  follower.waiting = [];
  follower.state = "following";
}

/** In order and once: what the replay has sent already is not sent again. */
function sendEvent(follower: Follower, event: StoredEvent): void {
  if (event.seq <= follower.lastSeq) return;
  follower.lastSeq = event.seq;
  follower.socket.emit("event", event);
  if (backlogOf(follower) > DISCONNECT_AT) follower.socket.disconnect(true);
}

function keepWaiting(follower: Follower, event: StoredEvent): void {
  follower.waiting.push(event);
  if (follower.waiting.length > DISCONNECT_AT) follower.socket.disconnect(true);
}

/** Packets not yet handed to the network. */
function backlogOf(follower: Follower): number {
  const { writeBuffer } = follower.socket.conn as unknown as { writeBuffer?: unknown[] };
  return writeBuffer?.length ?? 0;
}

async function drained(follower: Follower): Promise<void> {
  for (let wait = 0; wait < 200 && follower.socket.connected && backlogOf(follower) > 0; wait++) await new Promise((resolve) => setTimeout(resolve, 25));
}

/** One tick a second: who is new or was left out gets the whole picture, the rest one shared delta. `wholeSoon` does not keep the new waiting. */
function startSamples(deps: Deps, namespace: Namespace, followers: Map<string, Follower>): { stop(): void; wholeSoon(): void } {
  const fleet = liveFleet(deps.db);
  const predictions = new Map<string, number | null>();
  const predictionOf = (revisionId: string | null): number | null => {
    if (revisionId === null) return null;
    if (!predictions.has(revisionId)) {
      predictions.set(revisionId, null);
      predictedLatencyMs(deps.db, revisionId).then(
        (value) => predictions.set(revisionId, value),
        () => predictions.delete(revisionId),
      );
    }
    return predictions.get(revisionId) ?? null;
  };
  /** To all of them at once: the packet is then written out once, not once a browser. */
  const tellWhole = () => {
    const ids = [];
    for (const follower of followers.values()) {
      if (follower.state !== "following" || !follower.needsWhole || backlogOf(follower) >= DROP_SAMPLES_AT) continue;
      follower.needsWhole = false;
      ids.push(follower.socket.id);
    }
    if (ids.length > 0) namespace.to(ids).emit("samples", wholeSamples(fleet, predictionOf, deps.clock.now()));
    return new Set(ids);
  };
  let soon: ReturnType<typeof setTimeout> | null = null;
  const timer = setInterval(() => {
    const { nodes, links } = fleet.touched;
    fleet.touched = { nodes: new Set(), links: new Set() };
    const told = tellWhole();
    const delta: string[] = [];
    for (const follower of followers.values()) {
      if (follower.state !== "following" || told.has(follower.socket.id)) continue;
      if (backlogOf(follower) >= DROP_SAMPLES_AT) follower.needsWhole = true;
      else if (!follower.needsWhole) delta.push(follower.socket.id);
    }
    if (delta.length > 0) namespace.to(delta).emit("samples", samplesOf(fleet, { nodes, links }, predictionOf, deps.clock.now()));
  }, SAMPLES_INTERVAL_MS);
  timer.unref();
  return {
    stop() {
      clearInterval(timer);
      if (soon !== null) clearTimeout(soon);
    },
    wholeSoon() {
      soon ??= setTimeout(() => {
        soon = null;
        tellWhole();
      }, WHOLE_AFTER_MS).unref();
    },
  };
}

/** Again to all of them when one came or went. @returns how to stop */
function tellOthers(namespace: Namespace, others: () => OtherConsole[]): () => void {
  let told = JSON.stringify(others());
  const timer = setInterval(() => {
    const now = others();
    const text = JSON.stringify(now);
    if (text !== told) namespace.emit("consoles", now);
    told = text;
  }, SAMPLES_INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}
