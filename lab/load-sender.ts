// Owns sending one request and getting its one answer, or knowing that there was none.
import { Agent, request } from "node:http";

export type Answer = { kind: "answer"; status: number; body: Buffer; /** Bytes of JSON before the binary tensors; null = all JSON. */ jsonBytes: number | null; detail: string } | { kind: "lost"; detail: string };
export type Payload = { path: string; contentType: string; /** Gets the request's id into the body. */ body(id: string): { bytes: Buffer; jsonBytes: number | null } };
export type Sender = { send(payload: Payload, id: string): Promise<Answer>; metadata(): Promise<unknown> };

const MAX_ANSWER_BYTES = 256 * 2 ** 20;
/** The ingress answers at the deadline with an error; this much later nothing will come. */
const GRACE_MS = 1500;

export function createSender(options: { url: string; model: string; deadlineMs: number; key: string | null }): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: 256, noDelay: true });
  const base = `/v2/models/${encodeURIComponent(options.model)}`;
  function call(method: string, path: string, headers: Record<string, string>, body: Buffer | null): Promise<Answer> {
    return new Promise((resolve) => {
      const req = request(new URL(path, options.url), { method, agent, headers: { ...headers, ...(options.key ? { authorization: `Bearer ${options.key}` } : {}) } });
      const timer = setTimeout(() => req.destroy(new Error(`no answer ${GRACE_MS} ms after the deadline`)), options.deadlineMs + GRACE_MS);
      const lost = (error: Error) => { clearTimeout(timer); resolve({ kind: "lost", detail: error.message }); };
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
    send(payload, id) {
      const { bytes, jsonBytes } = payload.body(id);
      const headers: Record<string, string> = { "content-type": payload.contentType, "content-length": String(bytes.length), "x-request-id": id, "x-timeout-ms": String(options.deadlineMs) };
      if (jsonBytes !== null) headers["inference-header-content-length"] = String(jsonBytes);
      return call("POST", `${base}/${payload.path}`, headers, bytes);
    },
    async metadata() {
      const answer = await call("GET", base, {}, null);
      if (answer.kind === "lost") throw new Error(`${options.url} does not answer: ${answer.detail}`);
      if (answer.status !== 200) throw new Error(`${options.url}${base} answered ${answer.status}: ${answer.detail}`);
      return JSON.parse(answer.body.toString());
    },
  };
}
