// Owns the thread a processor runs on: decoding a photograph takes longer than serving a request, and must not hold up the others.
import { readFile } from "node:fs/promises";
import { parentPort } from "node:worker_threads";
import { loadProcessor } from "../processor/load-processor.ts";
import { ProcessorError, type ProcessorErrorCode } from "../processor/processor-error.ts";
import type { OutputLabels, Processor, ProcessorModel } from "../processor/processor.ts";
import type { ProcessorSpec } from "../protocol/control.ts";
import type { WireTensor } from "../protocol/tensor.ts";

export type ToProcessor =
  | { type: "load"; id: number; spec: ProcessorSpec; paths: Record<string, string>; model: ProcessorModel }
  | { type: "encode"; id: number; contentType: string; body: Uint8Array }
  /** Of the encode with the same id; `outputs: null` = it came to nothing, forget it. */
  | { type: "decode"; id: number; outputs: WireTensor[][] | null };
/** `tookMs`: on this thread, by its own clock. */
export type FromProcessor =
  | { type: "loaded"; id: number; accepts: string[]; labels: OutputLabels | null; pictures: Processor["pictures"] | null }
  | { type: "encoded"; id: number; steps: WireTensor[][]; tookMs: number }
  | { type: "decoded"; id: number; json: string; tookMs: number }
  | { type: "error"; id: number; message: string; code: ProcessorErrorCode | null; status: number };

/** Serves messages until the thread is ended by its owner. */
export function runProcessorWorker(): void {
  const port = parentPort!;
  const contexts = new Map<number, unknown>();
  let processor: Processor | null = null;

  async function perform(message: ToProcessor): Promise<FromProcessor | null> {
    const { id } = message;
    if (message.type === "load") {
      const files = new Map<string, Uint8Array>();
      for (const [name, path] of Object.entries(message.paths)) files.set(name, await readFile(path));
      processor = await loadProcessor(message.spec, files, message.model);
      const { accepts, labels = null, pictures = null } = processor;
      return { type: "loaded", id, accepts, labels, pictures };
    }
    if (!processor) throw new Error("the processor is not loaded");
    const beganAt = performance.now();
    if (message.type === "encode") {
      const { steps, context } = await processor.encode({ contentType: message.contentType, body: message.body });
      contexts.set(id, context);
      return { type: "encoded", id, steps, tookMs: performance.now() - beganAt };
    }
    const context = contexts.get(id);
    contexts.delete(id);
    if (message.outputs === null) return null;
    const json = JSON.stringify(await processor.decode(message.outputs, context));
    return { type: "decoded", id, json, tookMs: performance.now() - beganAt };
  }

  port.on("message", (message: ToProcessor) => {
    perform(message).then(
      (answer) => { if (answer) port.postMessage(answer); },
      (error: Error) => {
        const known = error instanceof ProcessorError;
        port.postMessage({ type: "error", id: message.id, message: error.message, code: known ? error.code : null, status: known ? error.status : 500 } satisfies FromProcessor);
      },
    );
  });
}
