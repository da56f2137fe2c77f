// Owns one question to an ingress under load: does what its statistics say of where requests' time went add up to what its clients waited? Two sums are held
// against the clients' mean latency: the protocol's parts (what perf_analyzer prints of the server), and the places, segment by segment and link by link.
import { closedLoops, RawConnection, requestBytes } from "./raw-http-load.ts";

type Duration = { count: number; ns: number };
type Place = { queue: Duration; compute: Duration; hand_on: Duration };
type Told = {
  execution_count: number; inference_stats: Record<"success" | "queue" | "compute_input" | "compute_infer" | "compute_output", Duration>;
  batch_stats: { batch_size: number; compute_infer: Duration }[];
  ingress_stats: Record<"receive" | "read" | "queue" | "write", Duration>; processor_stats?: Record<"queue" | "preprocess" | "postprocess", Duration>;
  segment_stats: (Place & { stage: number; node: string })[]; link_stats: { from: string; to: string; network: Duration }[];
};
/**
 * Milliseconds a request; of segments and links, a run. `client`: as those who asked measured it, from the request's first byte written to the answer's last one read.
 * `own`: what such a client waits beside what any request does here: its bytes' way to the ingress and back, and until either process comes to look. It is what a
 * request for nothing (is the server live?) took meanwhile, one every twentieth of a second, and what the ingress saw of the bodies' coming. `batch`: mean items of a run;
 * `items`: of all runs together, by the batches' histogram.
 */
export type TimeSplit = {
  requests: number; client: number; own: number; batch: number; items: number; parts: Record<"queue" | "input" | "infer" | "output", number>;
  ingress: Record<"receive" | "read" | "queue" | "write", number>; /** Null where requests come as tensors. */ processor: Record<"queue" | "preprocess" | "postprocess", number> | null; segments: { queue: number; compute: number; handOn: number }[]; links: number[];
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
export const partsMs = ({ parts }: TimeSplit): number => sum(Object.values(parts));
/** `receive` not among them, so that it is the same time as the parts are of. */
export const placesMs = ({ ingress: { read, queue, write }, processor, segments, links }: TimeSplit): number => read + queue + write + sum(Object.values(processor ?? {})) + sum(segments.map((one) => one.queue + one.compute + one.handOn)) + sum(links);

export async function statisticsOf(url: string, model: string): Promise<Told> {
  return ((await (await fetch(`${url}/v2/models/${model}/stats`)).json()) as { model_stats: [Told] }).model_stats[0];
}

/** `connections` clients, each with one request at a time, for `seconds`; all of them counted, and nobody else asking. */
export async function splitTime(url: string, model: string, body: { json: Buffer; tensors: Buffer }, connections: number, seconds: number): Promise<TimeSplit> {
  const bytes = requestBytes(new URL(url).host, `/v2/models/${model}/infer`, { "inference-header-content-length": body.json.length }, Buffer.concat([body.json, body.tensors]));
  const before = await statisticsOf(url, model);
  const [{ sent }, idleMs] = await Promise.all([closedLoops(url, bytes, connections, seconds), askForNothing(url, seconds)]);
  const after = await statisticsOf(url, model);
  const wrong = sent.find(({ status }) => status !== 200);
  if (wrong) throw new Error(`a request was answered ${wrong.status}`);
  const requests = after.inference_stats.success.count - before.inference_stats.success.count;
  if (requests !== sent.length) throw new Error(`${sent.length} requests were sent, ${requests} are counted`);
  const mean = (to: Duration, from: Duration | undefined) => (to.ns - (from?.ns ?? 0)) / (to.count - (from?.count ?? 0)) / 1e6;
  const part = (name: "queue" | "compute_input" | "compute_infer" | "compute_output") => (after.inference_stats[name].ns - before.inference_stats[name].ns) / requests / 1e6;
  const here = (name: keyof Told["ingress_stats"]) => mean(after.ingress_stats[name], before.ingress_stats[name]);
  const receive = here("receive");
  const { processor_stats: made } = after;
  const processed = (name: "queue" | "preprocess" | "postprocess") => mean(made![name], before.processor_stats?.[name]);
  return {
    requests, own: idleMs + receive, client: sum(sent.map(({ ms }) => ms)) / sent.length, batch: requests / (after.execution_count - before.execution_count),
    items: itemsOf(after) - itemsOf(before),
    parts: { queue: part("queue"), input: part("compute_input"), infer: part("compute_infer"), output: part("compute_output") },
    ingress: { receive, read: here("read"), queue: here("queue"), write: here("write") },
    processor: made ? { queue: processed("queue"), preprocess: processed("preprocess"), postprocess: processed("postprocess") } : null,
    segments: after.segment_stats.map((one, index) => ({ queue: mean(one.queue, before.segment_stats[index]?.queue), compute: mean(one.compute, before.segment_stats[index]?.compute), handOn: mean(one.hand_on, before.segment_stats[index]?.hand_on) })),
    links: linksOf(after, before),
  };
}

/** Of a run: a link is passed by as many frames of one as there are hops on it. */
export function linksOf(after: Pick<Told, "execution_count" | "link_stats">, before: Pick<Told, "execution_count" | "link_stats">): number[] {
  return after.link_stats.map(({ network }, index) => (network.ns - (before.link_stats[index]?.network.ns ?? 0)) / (after.execution_count - before.execution_count) / 1e6);
}

const itemsOf = ({ batch_stats: rows }: Told): number => sum(rows.map(({ batch_size: size, compute_infer: { count } }) => size * count));

/** Mean milliseconds of a request for nothing, one every twentieth of a second. */
export async function askForNothing(url: string, seconds: number): Promise<number> {
  const connection = new RawConnection(url);
  const bytes = Buffer.from(`GET /v2/health/live HTTP/1.1\r\nhost: ${new URL(url).host}\r\n\r\n`);
  const times: number[] = [];
  for (const until = performance.now() + seconds * 1000; performance.now() < until; ) {
    const at = performance.now();
    await connection.send(bytes);
    times.push(performance.now() - at);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  connection.close();
  return sum(times) / times.length;
}
