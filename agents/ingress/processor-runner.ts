// Owns one route's processor: its thread, whether it is loaded, and the calls in flight to it.
import { pathToFileURL } from "node:url";
import type { Worker } from "node:worker_threads";
import type { OutputLabels, Processor } from "../processor/processor.ts";
import type { ProcessorTimes } from "../protocol/control.ts";
import type { WireTensor } from "../protocol/tensor.ts";
import { startThreadOf } from "../stage/start-thread.ts";
import type { LocalIngressRoute } from "../stage/messages.ts";
import type { FromProcessor, ToProcessor } from "./processor-worker.ts";

/** Encodes and decodes waiting for the thread; more are refused, so that photographs do not pile up in memory. */
const MAX_CALLS = 64;

/** A processor's refusal, with the HTTP status it stands for. */
export class ProcessorRefusal extends Error {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}
type Call = { resolve(message: FromProcessor): void; reject(error: Error): void };
type WithoutId<T> = T extends { id: number } ? Omit<T, "id"> : never;

export class ProcessorRunner {
  /** Why it cannot be used; null = usable, or none declared. */
  problem: string | null = null;
  accepts: string[] = [];
  labels: OutputLabels | null = null;
  pictures: Processor["pictures"] | null = null;
  #ready = false;
  #worker: Worker | null = null;
  #wanted = "";
  #nextId = 1;
  readonly #calls = new Map<number, Call>();

  get ready(): boolean {
    return this.#ready;
  }

  get notReadyBecause(): string {
    return this.problem ?? "the processor is still loading";
  }

  /** Loads what the route declares, once its files are here; nothing happens when nothing changed. */
  async update({ route, processorPaths }: LocalIngressRoute): Promise<void> {
    const missing = route.processorFiles.filter((file) => !(file.name in processorPaths));
    const wanted = JSON.stringify([route.processor, processorPaths, route.inputs, route.outputs, missing.length]);
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    this.stop();
    this.problem = null;
    this.labels = this.pictures = null;
    if (!route.processor) return;
    if (missing.length > 0) { this.problem = `the processor waits for ${missing.map((file) => file.name).join(", ")}`; return; }
    this.#start();
    try {
      const { inputs, outputs, states } = route;
      const loaded = await this.#call({ type: "load", spec: route.processor, paths: processorPaths, model: { inputs, outputs, states } });
      if (wanted !== this.#wanted) return;
      const { accepts, labels, pictures } = loaded as Extract<FromProcessor, { type: "loaded" }>;
      Object.assign(this, { accepts, labels, pictures });
      this.#ready = true;
    } catch (error) {
      if (wanted === this.#wanted) this.problem = `the processor cannot be used: ${(error as Error).message}`;
    }
  }

  #start(): void {
    // The entry of this process is the entry of the thread as well: it looks where it runs.
    const worker = startThreadOf(pathToFileURL(process.argv[1]!), null);
    this.#worker = worker;
    const ended = (error: Error) => {
      if (this.#worker !== worker) return;
      this.problem = `the processor's thread ended: ${error.message}`;
      this.#wanted = "";
      this.stop();
    };
    worker.on("error", ended);
    worker.on("exit", (code) => ended(new Error(`exit ${code}`)));
    worker.on("message", (message: FromProcessor) => {
      const call = this.#calls.get(message.id);
      this.#calls.delete(message.id);
      if (message.type === "error") call?.reject(new ProcessorRefusal(message.message, message.status));
      else call?.resolve(message);
    });
  }

  #call(message: WithoutId<ToProcessor>, id = this.#nextId++): Promise<FromProcessor> {
    const worker = this.#worker;
    if (!worker) return Promise.reject(new ProcessorRefusal(this.problem ?? "the model has no processor", 503));
    if (this.#calls.size >= MAX_CALLS) return Promise.reject(new ProcessorRefusal("the processor is busy", 429));
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      worker.postMessage({ ...message, id });
    });
  }

  /** Rejects with ProcessorRefusal. `ticket` goes to `decode`, or to `forget`. */
  async encode(contentType: string, body: Uint8Array): Promise<{ ticket: number; steps: WireTensor[][]; times: ProcessorTimes }> {
    const ticket = this.#nextId++;
    const askedAt = performance.now();
    const { steps, tookMs } = (await this.#call({ type: "encode", contentType, body }, ticket)) as Extract<FromProcessor, { type: "encoded" }>;
    return { ticket, steps, times: timesOf(askedAt, tookMs) };
  }

  /** The answer as JSON text. */
  async decode(ticket: number, outputs: WireTensor[][]): Promise<{ json: string; times: ProcessorTimes }> {
    const askedAt = performance.now();
    const { json, tookMs } = (await this.#call({ type: "decode", outputs }, ticket)) as Extract<FromProcessor, { type: "decoded" }>;
    return { json, times: timesOf(askedAt, tookMs) };
  }

  forget(ticket: number): void {
    this.#worker?.postMessage({ type: "decode", id: ticket, outputs: null } satisfies ToProcessor);
  }

  stop(): void {
    const worker = this.#worker;
    this.#worker = null;
    this.#ready = false;
    for (const { reject } of this.#calls.values()) reject(new ProcessorRefusal("the processor is being replaced", 503));
    this.#calls.clear();
    void worker?.terminate();
  }
}

/** What it did not take on its thread it waited: behind others, and on the way there and back. */
function timesOf(askedAt: number, tookMs: number): ProcessorTimes {
  return { waitMs: Math.max(0, performance.now() - askedAt - tookMs), tookMs };
}
