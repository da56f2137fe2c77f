// Owns sending one request and getting its one answer, or knowing that there was none.
import { Agent, request } from "node:http";

export type Answer = { kind: "answer"; status: number; body: Buffer; /** Bytes of JSON before the binary tensors; null = all JSON. */ jsonBytes: number | null; detail: string } | { kind: "lost"; detail: string };
export type Payload = { path: string; contentType: string; /** Gets the request's id into the body. */ body(id: string): { bytes: Buffer; jsonBytes: number | null } };
export type Sender = { send(payload: Payload, id: string): Promise<Answer>; metadata(): Promise<unknown> };

const MAX_ANSWER_BYTES = 256 * 2 ** 20;
/** The ingress answers at the deadline with an error; one that comes this much later is late. */
export const GRACE_MS = 1_500;
/** On a machine that has no time for anybody an answer may come later than that: late, but not lost. After so long none will come. */
export const LOST_AFTER_MS = 30_000;
const METADATA_MS = 10_000;

/** With several entries, one that says nothing for this long is left for the next one; the request goes by the same name, so that it is served once where it arrives twice. */
const ATTEMPT_MS = 3_000;
const PAUSE_MS = 100;
/** "Not now": another entry may. */
const ELSEWHERE = [429, 503];

/** One entry is asked once. Of several, the next one is asked when one breaks, refuses or is silent, until the deadline. */
export function createSender(options: { urls: readonly string[]; model: string; deadlineMs: number; key: string | null; /** Milliseconds after the deadline. */ lostAfterMs?: number }): Sender {
  const { lostAfterMs = LOST_AFTER_MS } = options;
  const senders = options.urls.map((url) => createOneSender({ ...options, url }));
  const [first] = senders;
  if (!first) throw new Error("no entry to send to");
  if (senders.length === 1) return { send: (payload, id) => first.send(payload, id, options.deadlineMs, lostAfterMs), metadata: first.metadata };
  let preferred = 0;
  return {
    metadata: first.metadata,
    async send(payload, id) {
      const until = performance.now() + options.deadlineMs;
      let answer: Answer = { kind: "lost", detail: "no time" };
      for (let attempt = 0; performance.now() < until; attempt++) {
        const index = (preferred + attempt) % senders.length;
        const leftMs = until - performance.now();
        answer = await senders[index]!.send(payload, id, Math.max(1, Math.min(ATTEMPT_MS, leftMs)), leftMs > ATTEMPT_MS + GRACE_MS ? GRACE_MS : lostAfterMs);
        if (answer.kind === "answer" && !ELSEWHERE.includes(answer.status) && !(answer.status === 504 && performance.now() < until)) {
          preferred = index;
          return answer;
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
      return answer;
    },
  };
}

type OneSender = { /** `patienceMs`: after the deadline. */ send(payload: Payload, id: string, deadlineMs: number, patienceMs: number): Promise<Answer>; metadata(): Promise<unknown> };
function createOneSender(options: { url: string; model: string; key: string | null }): OneSender {
  // Whoever sends bounds what is in flight. A limit here would keep requests back that count as sent, until they are out of time without having left.
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, noDelay: true });
  const base = `/v2/models/${encodeURIComponent(options.model)}`;
  function call(method: string, path: string, { headers, body, untilMs }: { headers: Record<string, string>; body: Buffer | null; untilMs: number }): Promise<Answer> {
    return new Promise((resolve) => {
      const req = request(new URL(path, options.url), { method, agent, headers: { ...headers, ...(options.key ? { authorization: `Bearer ${options.key}` } : {}) } });
      // When this process itself had no time, answers that came long ago lie unread beside the timer that is over: they are read first.
      const giveUp = () => setImmediate(() => { if (!isAnswered) req.destroy(new Error(`no answer within ${Math.round(untilMs)} ms`)); });
      const timer = setTimeout(() => setImmediate(giveUp), untilMs);
      let isAnswered = false;
      const lost = (error: Error) => { clearTimeout(timer); resolve(refusal(error) ?? { kind: "lost", detail: error.message }); };
      req.on("error", lost);
      req.on("response", (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MAX_ANSWER_BYTES) req.destroy(new Error("the answer is too large"));
          chunks.push(chunk);
        });
        response.on("error", lost);
        response.on("end", () => {
          isAnswered = true;
          clearTimeout(timer);
          const whole = Buffer.concat(chunks);
          const header = response.headers["inference-header-content-length"];
          const status = response.statusCode ?? 0;
          resolve({ kind: "answer", status, body: whole, jsonBytes: header === undefined ? null : Number(header), detail: status === 200 ? "" : whole.toString("utf8", 0, 200) });
        });
      });
      req.end(body ?? undefined);
    });
  }
  return {
    send(payload, id, deadlineMs, patienceMs) {
      const { bytes, jsonBytes } = payload.body(id);
      const headers: Record<string, string> = { "content-type": payload.contentType, "content-length": String(bytes.length), "x-request-id": id, "idempotency-key": id, "x-timeout-ms": String(Math.ceil(deadlineMs)) };
      if (jsonBytes !== null) headers["inference-header-content-length"] = String(jsonBytes);
      return call("POST", `${base}/${payload.path}`, { headers, body: bytes, untilMs: deadlineMs + patienceMs });
    },
    async metadata() {
      const answer = await call("GET", base, { headers: {}, body: null, untilMs: METADATA_MS });
      if (answer.kind === "lost") throw new Error(`${options.url} does not answer: ${answer.detail}`);
      if (answer.status !== 200) throw new Error(`${options.url}${base} answered ${answer.status}: ${answer.detail}`);
      return JSON.parse(answer.body.toString());
    },
  };
}

/** Nobody listens there: nothing was accepted, and the system said so. */
function refusal(error: Error): Answer | null {
  return (error as NodeJS.ErrnoException).code === "ECONNREFUSED" ? { kind: "answer", status: 503, body: Buffer.alloc(0), jsonBytes: null, detail: error.message } : null;
}
