// Owns a sample's way to tensors, in the inspecting child process: through the model's processor as an ingress would, or as a request of
// tensors. What it makes is checked against the model's inputs, by name and shape.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BadRequest, checkInputs, parseInfer } from "../../agents/ingress/oip.ts";
import { loadProcessor } from "../../agents/processor/load-processor.ts";
import { ProcessorError } from "../../agents/processor/processor-error.ts";
import { encodeParityFile } from "../../agents/protocol/parity-file.ts";
import type { WireTensor } from "../../agents/protocol/tensor.ts";
import type { SampleJob, SampleResult } from "./jobs.ts";

/** Never throws for what is wrong with the sample or with the processor's declaration. */
export async function encodeSample(job: SampleJob): Promise<SampleResult> {
  try {
    const steps = liveliest(job.processor === null ? [tensorsOf(job.path)] : await process(job), job.maxSteps);
    if (steps.length === 0) return { refusal: "it makes no input at all" };
    const states = new Set(job.model.states.map((state) => state.input));
    for (const tensors of steps) checkInputs(tensors, job.model.inputs, states);
    const bytes = steps.flat().reduce((sum, tensor) => sum + tensor.data.length, 0);
    if (bytes > job.maxTensorBytes) return { refusal: `its tensors (${steps[0]?.map(shapeText).join(", ")}${steps.length > 1 ? `, ${steps.length} steps` : ""}) take ${bytes} bytes, at most ${job.maxTensorBytes} are kept` };
    const stepPaths = steps.map((inputs, index) => {
      const path = join(job.folder, `step-${index}.bin`);
      writeFileSync(path, encodeParityFile({ inputs, outputs: [] }));
      return path;
    });
    return { refusal: null, stepPaths, tensors: (steps[0] as WireTensor[]).map(({ name, dataType, shape }) => ({ name, dataType, shape })) };
  } catch (error) {
    if (error instanceof ProcessorError || error instanceof BadRequest) return { refusal: error.message };
    throw error;
  }
}

/** Throws BadRequest. */
function tensorsOf(path: string): WireTensor[] {
  const { tensors, shared } = parseInfer(readFileSync(path), null);
  if (shared.length > 0) throw new BadRequest(`input "${shared[0]!.name}": a sample holds its values, a region of shared memory does not last as long`);
  return tensors;
}

/** Consecutive steps from the first that is not like the very first: recordings begin with silence, on which every model agrees. */
function liveliest(steps: WireTensor[][], most: number): WireTensor[][] {
  const isLikeFirst = (step: WireTensor[]) => step.every((tensor, index) => Buffer.compare(tensor.data, steps[0]?.[index]?.data ?? new Uint8Array()) === 0);
  const start = steps.findIndex((step) => !isLikeFirst(step));
  const from = Math.max(0, Math.min(start, steps.length - most));
  return steps.slice(from, from + most);
}

async function process({ path, processor, model }: SampleJob): Promise<WireTensor[][]> {
  const { spec, contentType, files } = processor as NonNullable<SampleJob["processor"]>;
  const loaded = await loadProcessor(spec, new Map(files.map((file) => [file.name, new Uint8Array(readFileSync(file.path))])), model);
  return (await loaded.encode({ contentType, body: new Uint8Array(readFileSync(path)) })).steps;
}

function shapeText({ name, dataType, shape }: WireTensor): string {
  return `"${name}" ${dataType} [${shape.join(", ")}]`;
}
