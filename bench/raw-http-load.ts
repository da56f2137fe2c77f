// Owns load by HTTP/1 that costs its sender little: request bytes made once, answers told apart by their content-length. In closed loops, or at a rate
// whose arrivals wait for nobody.
import { connect, type Socket } from "node:net";

/** `retryAfterSeconds`: null where the answer names no time to come again. Status 0 = the connection broke. */
export type Answered = { status: number; retryAfterSeconds: number | null };
export type Sent = Answered & { ms: number };

export function requestBytes(host: string, path: string, headers: Record<string, string | number>, body: Buffer): Buffer {
  const head = Object.entries({ host, ...headers, "content-length": body.length }).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${head}\r\n`), body]);
}

/** One keep-alive connection, one request at a time. */
export class RawConnection {
  readonly #socket: Socket;
  #answer: Buffer = Buffer.alloc(0);
  #waiting: { resolve(answered: Answered): void; reject(error: Error): void } | null = null;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#socket = connect(Number(port), hostname);
    this.#socket.setNoDelay(true);
    this.#socket.on("data", (part) => this.#read(part));
    this.#socket.on("error", (error) => this.#waiting?.reject(error)).on("close", () => this.#waiting?.reject(new Error("the connection was closed")));
  }

  send(bytes: Buffer): Promise<Answered> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(bytes);
    });
  }

  #read(part: Buffer): void {
    this.#answer = this.#answer.length === 0 ? part : Buffer.concat([this.#answer, part]);
    const end = this.#answer.indexOf("\r\n\r\n");
    if (end < 0) return;
    const head = this.#answer.toString("latin1", 0, end);
    const bytes = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (this.#answer.length < end + 4 + bytes) return;
    this.#answer = Buffer.alloc(0);
    const status = Number(head.slice(9, 12));
    const retryAfter = status === 200 ? undefined : /\r\nretry-after: (\d+)/i.exec(head)?.[1];
    this.#waiting?.resolve({ status, retryAfterSeconds: retryAfter === undefined ? null : Number(retryAfter) });
  }

  close(): void {
    this.#waiting = null;
    this.#socket.destroy();
  }
}

/** `connections` closed loops for `seconds`. */
export async function closedLoops(url: string, bytes: Buffer, connections: number, seconds: number): Promise<{ perSecond: number; sent: Sent[] }> {
  const open = Array.from({ length: connections }, () => new RawConnection(url));
  const sent: Sent[] = [];
  const startedAt = performance.now();
  const until = startedAt + seconds * 1000;
  await Promise.all(open.map(async (connection) => {
    while (performance.now() < until) {
      const at = performance.now();
      const answered = await connection.send(bytes);
      sent.push({ ...answered, ms: performance.now() - at });
    }
  }));
  const elapsed = (performance.now() - startedAt) / 1000;
  for (const connection of open) connection.close();
  return { perSecond: sent.filter(({ status }) => status === 200).length / elapsed, sent };
}

/** Arrivals every 1 / `perSecond`, each on a connection of its own or a free one; latency counts from when it was due. */
export async function openArrivals(url: string, bytes: Buffer, perSecond: number, seconds: number): Promise<{ sent: Sent[]; seconds: number }> {
  const free: RawConnection[] = [];
  const all: RawConnection[] = [];
  const sent: Sent[] = [];
  const pending = new Set<Promise<void>>();
  const startedAt = performance.now();
  const count = Math.floor(perSecond * seconds);
  for (let index = 0; index < count; index++) {
    const dueAt = startedAt + (index / perSecond) * 1000;
    const waitMs = dueAt - performance.now();
    if (waitMs > 0.5) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const connection = free.pop() ?? new RawConnection(url);
    if (!all.includes(connection)) all.push(connection);
    const one = connection.send(bytes).then((answered) => { free.push(connection); return answered; }, (): Answered => ({ status: 0, retryAfterSeconds: null })).then((answered) => { sent.push({ ...answered, ms: performance.now() - dueAt }); pending.delete(one); });
    pending.add(one);
  }
  await Promise.all(pending);
  for (const connection of all) connection.close();
  return { sent, seconds: (performance.now() - startedAt) / 1000 };
}
