// Owns whether a processor's declaration can be loaded with its files, before it is taken. It is tried as an ingress would load it, in a process of
// its own: a tokenizer's file may be anything.
import type { ProcessorSpec } from "../../agents/protocol/control.ts";
import { AppError } from "../errors.ts";
import { runInspect } from "../inspect/run-inspect.ts";
import { ModelRefusal } from "../model/model-refusal.ts";
import { artifactPath } from "../store/artifacts.ts";
import type { ProcessorFile, StoredModel } from "../store/models.ts";
import type { Deps } from "./deps.ts";

/** The largest tokenizers load in two seconds. */
const LOAD_TIMEOUT_MS = 30_000;

/** @throws AppError bad-request that says which option must change, and how */
export async function checkProcessor(deps: Deps, model: StoredModel, spec: ProcessorSpec, files: ProcessorFile[]): Promise<void> {
  const { inputs, outputs, states } = model.facts;
  const paths = files.map(({ name, digest }) => ({ name, path: artifactPath(deps.dataFolder, digest) }));
  const { problem } = await runInspect({ kind: "processor", spec, files: paths, model: { inputs, outputs, states } }, { weightBytes: 0, timeoutMs: LOAD_TIMEOUT_MS }).catch((error: unknown) => {
    if (!(error instanceof ModelRefusal)) throw error;
    return { problem: "its files take too much time or memory to load" };
  });
  if (problem === null) return;
  throw new AppError("bad-request", `The processor can't be used: ${problem}.`, { place: "processor", fix: "The kinds and their options are in agents/processor/README.md." });
}
