// Owns a collector for tests that takes OTLP/HTTP traces in JSON as strictly as opentelemetry-proto's JSON mapping says, and answers what it is told to.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { OtlpSpan } from "../request-spans.ts";

export type FakeCollector = {
  url: string; spans: OtlpSpan[]; headers: Record<string, string | undefined>[]; resources: Record<string, unknown>[]; /** Of requests that were no OTLP. */ wrong: string[];
  /** Taken one a request; none left = 200. */
  answers: { status: number; headers?: Record<string, string>; body?: object }[];
  close(): Promise<void>;
};

export async function startFakeCollector(): Promise<FakeCollector> {
  const spans: OtlpSpan[] = [];
  const headers: FakeCollector["headers"] = [];
  const resources: FakeCollector["resources"] = [];
  const wrong: string[] = [];
  const answers: FakeCollector["answers"] = [];
  const server = createServer((req, res) => {
    const parts: Buffer[] = [];
    req.on("data", (part: Buffer) => parts.push(part));
    req.on("end", () => {
      headers.push(req.headers as Record<string, string | undefined>);
      const answer = answers.shift() ?? { status: 200 };
      try {
        if (req.method !== "POST" || req.url !== "/v1/traces" || req.headers["content-type"] !== "application/json") throw new Error(`${req.method} ${req.url} ${req.headers["content-type"]}`);
        const read = readTraces(JSON.parse(Buffer.concat(parts).toString()));
        if (answer.status === 200) { spans.push(...read.spans); resources.push(...read.resources); }
        res.writeHead(answer.status, { "content-type": "application/json", ...answer.headers }).end(JSON.stringify(answer.body ?? {}));
      } catch (error) {
        wrong.push((error as Error).message);
        res.writeHead(400).end();
      }
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, headers, resources, wrong, answers,
    close: () => new Promise((done) => { server.close(() => done()); server.closeAllConnections(); }),
  };
}

type Json = Record<string, unknown>;
function demand(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}
const onlyKeys = (value: Json, keys: string[], what: string) => demand(typeof value === "object" && value !== null && Object.keys(value).every((key) => keys.includes(key)), `${what} has ${Object.keys(value ?? {})}`);

function readTraces(body: Json): { spans: OtlpSpan[]; resources: Json[] } {
  onlyKeys(body, ["resourceSpans"], "the body");
  const spans: OtlpSpan[] = [];
  const resources: Json[] = [];
  for (const resourceSpans of body.resourceSpans as Json[]) {
    onlyKeys(resourceSpans, ["resource", "scopeSpans", "schemaUrl"], "resourceSpans");
    resources.push(readAttributes((resourceSpans.resource as Json).attributes as Json[]));
    for (const scopeSpans of resourceSpans.scopeSpans as Json[]) {
      onlyKeys(scopeSpans, ["scope", "spans", "schemaUrl"], "scopeSpans");
      for (const span of scopeSpans.spans as OtlpSpan[]) { checkSpan(span); spans.push(span); }
    }
  }
  return { spans, resources };
}

function checkSpan(span: OtlpSpan): void {
  onlyKeys(span as unknown as Json, ["traceId", "spanId", "parentSpanId", "traceState", "name", "kind", "startTimeUnixNano", "endTimeUnixNano", "attributes", "status"], "a span");
  demand(/^[0-9a-f]{32}$/.test(span.traceId) && /^[0-9a-f]{16}$/.test(span.spanId) && /^([0-9a-f]{16})?$/.test(span.parentSpanId), "ids are not hex");
  demand(span.name !== "" && [1, 2, 3, 4, 5].includes(span.kind) && [0, 1, 2].includes(span.status.code), "name, kind or status");
  demand(/^\d{19}$/.test(span.startTimeUnixNano) && /^\d{19}$/.test(span.endTimeUnixNano) && BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano), "times are not nanoseconds in order");
  readAttributes(span.attributes as unknown as Json[]);
}

export function readAttributes(attributes: Json[]): Json {
  return Object.fromEntries(attributes.map(({ key, value }) => {
    const [[kind, held], ...more] = Object.entries(value as Json) as [[string, unknown]];
    demand(more.length === 0 && ((kind === "stringValue" && typeof held === "string") || (kind === "doubleValue" && typeof held === "number") || (kind === "intValue" && typeof held === "string" && /^-?\d+$/.test(held))), `attribute ${key} is ${JSON.stringify(value)}`);
    return [key, kind === "intValue" ? Number(held) : held];
  }));
}
