// Owns the requests a prediction is held against: single ones for latency, a fixed number in flight for throughput. Every answer is compared.
import { Agent, request } from "node:http";

export type RequestInput = { name: string; dataType: "float32" | "int64"; shape: number[] };

/** Thrown away: connections, caches, a lane that has never run. */
const WARM_REQUESTS = 5;
const FASTEST_SHARE = 0.1;
const REQUEST_TIMEOUT_MS = 60_000;
/** Of a full pipeline, before counting begins: what waits at the bottleneck has to build up. */
const FILL_MS = 500;

export type Sender = {
  /** Milliseconds of single requests, one after the other, from the first byte sent to the last byte of the answer: the median, and the fastest tenth's slowest. `between` runs after each one that counts. */
  latencyMs(count: number, between: () => Promise<void>): Promise<{ median: number; fastest: number }>;
  /** Answers per second with `inFlight` under way, over `durationMs`. */
  throughputPerSecond(options: { inFlight: number; durationMs: number }): Promise<number>;
  close(): void;
};

export function createSender(url: string, modelName: string, inputs: readonly RequestInput[]): Sender {
  const bodies = inputs.map(bytesOf);
  const head = Buffer.from(JSON.stringify({
    inputs: inputs.map(({ name, dataType, shape }, index) => ({ name, datatype: dataType === "int64" ? "INT64" : "FP32", shape, parameters: { binary_data_size: bodies[index]?.length ?? 0 } })),
    parameters: { binary_data_output: true },
  }));
  const body = Buffer.concat([head, ...bodies]);
  const agent = new Agent({ keepAlive: true });
  let first: Buffer | null = null;
  const one = () => new Promise<void>((resolve, reject) => {
    const headers = { "content-type": "application/octet-stream", "inference-header-content-length": head.length, "content-length": body.length };
    const outgoing = request(`${url}/v2/models/${modelName}/infer`, { method: "POST", agent, timeout: REQUEST_TIMEOUT_MS, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => {
        const answer = Buffer.concat(parts);
        if (response.statusCode !== 200) return reject(new Error(`${response.statusCode} ${answer.toString("utf8").slice(0, 300)}`));
        const tensors = answer.subarray(Number(response.headers["inference-header-content-length"]));
        first ??= tensors;
        if (!tensors.equals(first)) return reject(new Error("an answer differs from the first one"));
        resolve();
      });
      response.on("error", reject);
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer in ${REQUEST_TIMEOUT_MS} ms`)));
    outgoing.on("error", reject);
    outgoing.end(body);
  });
  return {
    async latencyMs(count, between) {
      const times: number[] = [];
      for (let sent = 0; sent < WARM_REQUESTS + count; sent++) {
        const startedAt = performance.now();
        await one();
        if (sent < WARM_REQUESTS) continue;
        times.push(performance.now() - startedAt);
        await between();
      }
      times.sort((a, b) => a - b);
      return { median: ((times[(times.length - 1) >> 1] ?? 0) + (times[times.length >> 1] ?? 0)) / 2, fastest: times[Math.floor(times.length * FASTEST_SHARE)] ?? 0 };
    },
    async throughputPerSecond({ inFlight, durationMs }) {
      const startedAt = performance.now();
      const finishedAt: number[] = [];
      const worker = async () => {
        while (performance.now() - startedAt < FILL_MS + durationMs) {
          await one();
          finishedAt.push(performance.now());
        }
      };
      await Promise.all(Array.from({ length: inFlight }, worker));
      // From one completion to another, so that no fraction of a request is gained or lost at the ends.
      const counted = finishedAt.filter((at) => at >= startedAt + FILL_MS && at <= startedAt + FILL_MS + durationMs).sort((a, b) => a - b);
      const spanMs = (counted.at(-1) ?? 0) - (counted[0] ?? 0);
      return spanMs > 0 ? ((counted.length - 1) * 1000) / spanMs : 0;
    },
    close: () => agent.destroy(),
  };
}

function bytesOf(input: RequestInput): Buffer {
  return Buffer.from(valuesOf(input).buffer);
}

/** The same values every time: waves for floats, small ids for integers. */
export function valuesOf({ dataType, shape }: RequestInput): BigInt64Array<ArrayBuffer> | Float32Array<ArrayBuffer> {
  const count = shape.reduce((product, size) => product * size, 1);
  return dataType === "int64" ? BigInt64Array.from({ length: count }, (_, index) => BigInt(1 + (index % 50))) : Float32Array.from({ length: count }, (_, index) => Math.sin(index / 7) * Math.cos(index / 131));
}
