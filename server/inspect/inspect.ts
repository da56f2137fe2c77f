// Entry of the inspecting child process: one job by IPC, one result, gone. A hostile model may kill this process and nothing else.
import { readFileSync, writeFileSync } from "node:fs";
import { decodeParityFile, encodeParityFile } from "../../agents/protocol/parity-file.ts";
import { loadProcessor } from "../../agents/processor/load-processor.ts";
import { comparePipeline } from "./compare-pipeline.ts";
import { encodeSample } from "./encode-sample.ts";
import type { InspectJob, InspectResult, ParityJob } from "./jobs.ts";
import { openSession, toOrt } from "./ort-session.ts";

// The parent is gone: nobody waits for the answer.
process.on("disconnect", () => process.exit(0));
process.once("message", (job: InspectJob) => {
  perform(job)
    .catch((error: unknown): InspectResult => ({ ok: false, message: error instanceof Error ? error.message : String(error) }))
    .then((result) => process.send?.(result, undefined, undefined, () => process.exit(0)));
});
process.send?.("ready");

async function perform(job: InspectJob): Promise<InspectResult> {
  if (job.kind === "parity") return compare(job);
  if (job.kind === "processor") return checkProcessor(job);
  if (job.kind === "sample") return { ok: true, kind: "sample", result: await encodeSample(job) };
  const session = await openSession(job.modelPath, { intraOpThreads: 1, optimization: "disabled", provider: "cpu" });
  if (job.kind === "metadata") {
    const values = session.outputMetadata.map((value) => ({ name: value.name, type: value.isTensor ? value.type : "", shape: value.isTensor ? [...value.shape] : [] }));
    return { ok: true, kind: "metadata", values };
  }
  const { inputs } = decodeParityFile(readFileSync(job.inputsPath));
  const outputs = await session.run(Object.fromEntries(inputs.map((tensor) => [tensor.name, toOrt(tensor)])));
  return { ok: true, kind: "run-shapes", seen: Object.entries(outputs).map(([name, tensor]) => ({ name, type: tensor.type, sizes: [...tensor.dims] })) };
}

async function checkProcessor({ spec, files, model }: Extract<InspectJob, { kind: "processor" }>): Promise<InspectResult> {
  const contents = new Map(files.map(({ name, path }) => [name, new Uint8Array(readFileSync(path))]));
  const problem = await loadProcessor(spec, contents, model).then(() => null, (error: Error) => error.message);
  return { ok: true, kind: "processor", problem };
}

async function compare(job: ParityJob): Promise<InspectResult> {
  const whole = await openSession(job.wholePath, job.session);
  const segments = [];
  for (const { path, ...rest } of job.segments) segments.push({ ...rest, session: await openSession(path, job.session) });
  const stateInputs = new Set(job.states.map((state) => state.input));
  const fed = (step: number) => decodeParityFile(readFileSync(job.stepPaths[Math.min(step, job.stepPaths.length - 1)] as string)).inputs.filter((tensor) => !stateInputs.has(tensor.name));
  const { firstOutputs, ...figures } = await comparePipeline({ whole, segments, states: job.states, outputs: job.outputs, steps: job.steps, stepInputs: fed });
  const stateOutputs = new Set(job.states.map((state) => state.output));
  writeFileSync(job.parityPath, encodeParityFile({ inputs: fed(0), outputs: firstOutputs.filter((tensor) => !stateOutputs.has(tensor.name)).map((tensor) => ({ ...tensor })) }));
  return { ok: true, kind: "parity", ...figures };
}

