// Owns how an ingress ends: its listener closes at once, what was let in is answered, and whoever asks again on a connection that is still open is told
// (by the protocols' own code) to come again elsewhere or later. A kept-alive connection closes with its next answer, and not under a request that is on its way.
import type { ServerResponse } from "node:http";
import { type Server, Server as NetServer } from "node:net";

/** For the next request of clients that keep a connection: those that send more rarely find it closed, as after any idle time. */
const LAST_CALLERS_MS = 500;
const LOOK_EVERY_MS = 10;

export type Draining = {
  server: Server;
  /** HTTP answers that are not finished. */
  open: ReadonlySet<ServerResponse>;
  /** Requests let in and not answered, of both protocols. */
  busy(): boolean;
  graceMs: number;
};

/** Resolves when all is answered and nobody asks any more, after `graceMs` at most. */
export async function drain({ server, open, busy, graceMs }: Draining): Promise<void> {
  // HTTP's own way to close ends idle connections at once, some of them while a request is on its way to them.
  NetServer.prototype.close.call(server);
  for (const res of open) closeAfter(res);
  const until = performance.now() + graceMs;
  let quietSince: number | null = null;
  while (performance.now() < until) {
    if (busy() || open.size > 0) quietSince = null;
    else quietSince ??= performance.now();
    if (quietSince !== null && (performance.now() - quietSince >= LAST_CALLERS_MS || (await connectionsOf(server)) === 0)) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** The answer says that its connection closes; one that has begun has said already that it stays. */
export function closeAfter(res: ServerResponse): void {
  if (!res.headersSent) res.shouldKeepAlive = false;
}

const connectionsOf = (server: Server): Promise<number> => new Promise((resolve) => server.getConnections((error, count) => resolve(error ? 0 : count)));
