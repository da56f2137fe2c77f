// Owns how many connections are open at an ingress, and which of them came when there were too many: those are told so when they ask, and end soon.
import type { Socket } from "node:net";
import { Refusal } from "./refusal.ts";

/** Connections at once that are served, of both protocols. */
const MAX_CONNECTIONS = 2048;
/** Beside them, of those that are told there are too many. Being told has an end, too: what comes beyond is closed unheard. */
const MAX_REFUSED = 256;
/** For those to ask, and to hear why not. */
const REFUSED_WITHIN_MS = 5_000;

export class ConnectionLimit {
  readonly #max: number;
  readonly #refusedWithinMs: number;
  #open = 0;
  readonly #over = new WeakSet<object>();

  constructor(max = MAX_CONNECTIONS, refusedWithinMs = REFUSED_WITHIN_MS) {
    this.#max = max;
    this.#refusedWithinMs = refusedWithinMs;
  }

  /** For the listener, which counts those in a TLS handshake too. */
  get mostOpen(): number {
    return this.#max + MAX_REFUSED;
  }

  /** A connection that is ready to be used; counted until it closes. */
  add(socket: Socket): void {
    this.#open++;
    socket.once("close", () => { this.#open--; });
    if (this.#open <= this.#max) return;
    this.#over.add(socket);
    const timer = setTimeout(() => socket.destroy(), this.#refusedWithinMs);
    timer.unref();
    socket.once("close", () => clearTimeout(timer));
  }

  /** It came when there were too many. */
  isOver(socket: object): boolean {
    return this.#over.has(socket);
  }

  refusal(): Refusal {
    return new Refusal(503, "too_many_connections", `${this.#max} connections are open here, which is as many as are served: use one for several requests, ask again, or at another entry of the deployment`, 1);
  }
}
