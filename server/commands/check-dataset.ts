// Owns whether a labelled dataset fits a deployment's model: read line by line before anything is asked, so that what is wrong is told with its line.
import { readFile } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { AppError } from "../errors.ts";
import { type Dataset, type DatasetFacts, MAX_DATASET_BYTES, MAX_DATASET_ROWS } from "../loadgen/method/dataset.ts";
import { embeddedLabelsProblem } from "../loadgen/method/embedded-labels.ts";
import { GRADED_KINDS, ungradedKind } from "../loadgen/method/graded-kinds.ts";
import { type LabelledRow, readLabelledRow } from "../loadgen/method/labelled-row.ts";
import type { UrlApi } from "../loadgen/method/load-target.ts";
import { type OpenAiKind, type OpenAiRow, readOpenAiRow } from "../loadgen/method/openai-row.ts";
import { readJsonLine } from "../loadgen/method/read-json-line.ts";
import { type SampleKind, sampleKindOf } from "../model/model-sample.ts";
import { artifactPath, findArtifact } from "../store/artifacts.ts";
import { findModel, type StoredModel } from "../store/models.ts";
import type { Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";

export type CheckedDataset = DatasetFacts & { /** Where its file lies. */ path: string };
/** Who is asked: a model of ours, or what speaks so at an address, of which nothing else is known. */
export type DatasetAsked = { modelId: string } | { api: UrlApi };
type Row = (LabelledRow | OpenAiRow) & { place: string };

/** Read between two turns of the event loop: a whole file would hold up everybody else. */
const BYTES_A_TURN = 256 * 1024;
const SHAPES = 'A line is {"text": "…", "label": …} or {"base64": "…", "label": …} for the model\'s processor, or {"inputs": [{"name", "datatype", "shape", "data"}], "label": …}; a label is a text or a number.';
const OPENAI_SHAPES = 'A line is {"text": "…", "label": …}, or {"request": {…}, "label": …} with a request of OpenAI\'s API; a label is a text, of embeddings also a number.';

/** @throws AppError bad-request naming the line; too-large */
export async function checkDataset(deps: Deps, asked: DatasetAsked, { name, digest }: Dataset): Promise<CheckedDataset> {
  const openAi = "api" in asked && asked.api !== "oip" ? (asked.api.slice("openai-".length) as OpenAiKind) : null;
  const refuse = (message: string, fix = openAi === null ? SHAPES : OPENAI_SHAPES): never => {
    throw new AppError("bad-request", message, { place: "dataset", fix });
  };
  const gone = () => refuse(`The dataset “${name}” was not uploaded, or is gone.`, "Upload it with PUT /api/v1/files/dataset and use the digest of the answer.");
  const path = artifactPath(deps.dataFolder, digest);
  const artifact = await findArtifact(deps.db, digest);
  if (!artifact) return gone();
  if (artifact.bytes > MAX_DATASET_BYTES) throw new AppError("too-large", `“${name}” has more than ${MAX_DATASET_BYTES / 2 ** 20} MiB.`, { place: "dataset", fix: "Split it." });
  const model = "api" in asked ? null : await findOrThrow(findModel(deps.db, asked.modelId), "model", asked.modelId);
  const bytes = await readFile(path).catch(gone);
  const counts = new Map<Row["label"], number>();
  let [sampleCount, first] = [0, null as Row | null];
  try {
    for await (const row of readRows(bytes, name, openAi)) {
      first ??= row;
      checkRow(row, first, model);
      if (++sampleCount > MAX_DATASET_ROWS) throw new Error(`“${name}” has more than ${MAX_DATASET_ROWS} samples.`);
      counts.set(row.label, (counts.get(row.label) ?? 0) + 1);
    }
    const isEmbedded = openAi === "embeddings" || (first?.form === "raw" && model?.processor?.kind === "text-embed");
    const problem = first !== null && isEmbedded ? embeddedLabelsProblem(`“${name}”`, counts) : null;
    if (problem !== null) throw new Error(problem);
  } catch (error) {
    return refuse((error as Error).message);
  }
  if (first === null) return refuse(`“${name}” has no samples.`);
  return { path, sampleCount, form: first.form, labels: typeof first.label === "string" ? "texts" : "numbers", labelCount: counts.size };
}

async function* readRows(bytes: Buffer, name: string, openAi: OpenAiKind | null): AsyncGenerator<Row> {
  let [number, turnAt] = [0, 0];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at);
    const line = bytes.toString("utf8", at, end < 0 ? bytes.length : end);
    at = end < 0 ? bytes.length : end + 1;
    const place = `“${name}”, line ${++number}`;
    if (line.trim() !== "") yield readRow(readJsonLine(line, place), openAi, place);
    if (at - turnAt < BYTES_A_TURN) continue;
    turnAt = at;
    await nextTurn();
  }
}

function readRow(value: Record<string, unknown>, openAi: OpenAiKind | null, place: string): Row {
  return openAi === null ? { ...readLabelledRow(value, place), place } : { ...readOpenAiRow(value, openAi, place), place };
}

const FORMS: Record<DatasetFacts["form"], string> = { raw: "for a processor", tensors: "tensors", texts: "a text", requests: "a request of its own" };

function checkRow(row: Row, first: Row, model: StoredModel | null): void {
  const { place, label } = row;
  if (row.form !== first.form) throw new Error(`${place}: it is ${FORMS[row.form]}, and what comes before it is ${FORMS[first.form]}.`);
  if (typeof label !== typeof first.label) throw new Error(`${place}: its label is a ${typeof label === "string" ? "text" : "number"}, and those before it are not.`);
  // Of an address nothing is known here: the load generator asks it before it sends a sample.
  if (model === null) return;
  if (row.form === "tensors") checkNames(row.request, model, place);
  else if (row.form === "raw") checkProcessed(row, model, place);
}

/** Types and shapes are the ingress' to judge: it says what is wrong with a sample. */
function checkNames(request: Record<string, unknown>, model: StoredModel, place: string): void {
  const takes = model.facts.inputs.map((input) => input.name);
  const strange = (request.inputs as { name: string }[]).find((input) => !takes.includes(input.name));
  if (strange) throw new Error(`${place}: “${model.name}” has no input "${strange.name}"; it has ${takes.map((input) => `"${input}"`).join(", ")}.`);
}

function checkProcessed({ label, contentType }: Extract<LabelledRow, { form: "raw" }>, { name, processor }: StoredModel, place: string): void {
  if (processor === null) throw new Error(`${place}: “${name}” has no processor that takes a text or a picture: give tensors, "inputs", or declare one.`);
  const { kind } = processor;
  if (!GRADED_KINDS.includes(kind)) throw new Error(ungradedKind(kind, name));
  const takes = sampleKindOf(kind);
  const given: SampleKind = contentType.startsWith("text/") ? "text" : contentType.startsWith("audio/") ? "audio" : "picture";
  if (takes !== given) throw new Error(`${place}: it is ${NAMES[given]}, and the processor ${kind} of “${name}” takes ${takes === null ? "something else" : NAMES[takes]}.`);
  if (kind === "ctc-text" && typeof label !== "string") throw new Error(`${place}: the processor ctc-text reads texts: its label must be one, in quotes.`);
}

const NAMES: Record<SampleKind, string> = { picture: "a picture", text: "a text", audio: "a sound", tensors: "tensors" };
