// Owns whether a labelled dataset fits a deployment's model: read line by line before anything is asked, so that what is wrong is told with its line.
import { readFile } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { AppError } from "../errors.ts";
import { type Dataset, type DatasetFacts, MAX_DATASET_BYTES, MAX_DATASET_ROWS } from "../loadgen/method/dataset.ts";
import { type LabelledRow, readLabelledRow } from "../loadgen/method/labelled-row.ts";
import { MAX_EMBEDDING_LABELS } from "../loadgen/method/nearest-others.ts";
import { readJsonLine } from "../loadgen/method/read-json-line.ts";
import { type SampleKind, sampleKindOf } from "../model/model-sample.ts";
import { artifactPath, findArtifact } from "../store/artifacts.ts";
import { findModel, type StoredModel } from "../store/models.ts";
import type { Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";

export type CheckedDataset = DatasetFacts & { /** Where its file lies. */ path: string };
type Row = LabelledRow & { place: string };

/** Read between two turns of the event loop: a whole file would hold up everybody else. */
const BYTES_A_TURN = 256 * 1024;
/** Of processors, those whose answers say one thing that a label can be. */
const GRADED_KINDS = ["ctc-text", "image-classify", "image-tensor", "text-classify", "text-embed"];
const SHAPES = 'A line is {"text": "…", "label": …} or {"base64": "…", "label": …} for the model\'s processor, or {"inputs": [{"name", "datatype", "shape", "data"}], "label": …}; a label is a text or a number.';

/** `model`: whose processor or tensors its samples are for; null = an address', of which nothing is known. @throws AppError bad-request naming the line; too-large */
export async function checkDataset(deps: Deps, modelId: string | null, { name, digest }: Dataset): Promise<CheckedDataset> {
  const refuse = (message: string, fix = SHAPES): never => {
    throw new AppError("bad-request", message, { place: "dataset", fix });
  };
  const gone = () => refuse(`The dataset “${name}” was not uploaded, or is gone.`, "Upload it with PUT /api/v1/files/dataset and use the digest of the answer.");
  const path = artifactPath(deps.dataFolder, digest);
  const artifact = await findArtifact(deps.db, digest);
  if (!artifact) return gone();
  if (artifact.bytes > MAX_DATASET_BYTES) throw new AppError("too-large", `“${name}” has more than ${MAX_DATASET_BYTES / 2 ** 20} MiB.`, { place: "dataset", fix: "Split it." });
  const model = modelId === null ? null : await findOrThrow(findModel(deps.db, modelId), "model", modelId);
  const bytes = await readFile(path).catch(gone);
  const counts = new Map<LabelledRow["label"], number>();
  let [sampleCount, first] = [0, null as Row | null];
  try {
    for await (const row of readRows(bytes, name)) {
      first ??= row;
      checkRow(row, first, model);
      if (++sampleCount > MAX_DATASET_ROWS) throw new Error(`“${name}” has more than ${MAX_DATASET_ROWS} samples.`);
      counts.set(row.label, (counts.get(row.label) ?? 0) + 1);
    }
    if (first !== null && first.form === "raw" && model?.processor?.kind === "text-embed") checkEmbedded(name, counts);
  } catch (error) {
    return refuse((error as Error).message);
  }
  if (first === null) return refuse(`“${name}” has no samples.`);
  return { path, sampleCount, form: first.form, labels: typeof first.label === "string" ? "texts" : "numbers", labelCount: counts.size };
}

async function* readRows(bytes: Buffer, name: string): AsyncGenerator<Row> {
  let [number, turnAt] = [0, 0];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at);
    const line = bytes.toString("utf8", at, end < 0 ? bytes.length : end);
    at = end < 0 ? bytes.length : end + 1;
    const place = `“${name}”, line ${++number}`;
    if (line.trim() !== "") yield { ...readLabelledRow(readJsonLine(line, place), place), place };
    if (at - turnAt < BYTES_A_TURN) continue;
    turnAt = at;
    await nextTurn();
  }
}

function checkRow(row: Row, first: Row, model: StoredModel | null): void {
  const { place, label } = row;
  if (row.form !== first.form) throw new Error(`${place}: ${row.form === "raw" ? "it is for a processor, and those before it are tensors" : "it is tensors, and those before it are for a processor"}.`);
  if (typeof label !== typeof first.label) throw new Error(`${place}: its label is a ${typeof label === "string" ? "text" : "number"}, and those before it are not.`);
  if (row.form === "tensors") return checkNames(row.request, model, place);
  if (model === null) throw new Error(`${place}: an address takes tensors: "inputs".`);
  checkProcessed(row, model);
}

/** Types and shapes are the ingress' to judge: it says what is wrong with a sample. */
function checkNames(request: Record<string, unknown>, model: StoredModel | null, place: string): void {
  const takes = model?.facts.inputs.map((input) => input.name) ?? null;
  const strange = (request.inputs as { name: string }[]).find((input) => takes !== null && !takes.includes(input.name));
  if (strange) throw new Error(`${place}: “${model?.name}” has no input "${strange.name}"; it has ${takes?.map((input) => `"${input}"`).join(", ")}.`);
}

function checkProcessed({ place, label, contentType }: Extract<Row, { form: "raw" }>, { name, processor }: StoredModel): void {
  if (processor === null) throw new Error(`${place}: “${name}” has no processor that takes a text or a picture: give tensors, "inputs", or declare one.`);
  const { kind } = processor;
  if (!GRADED_KINDS.includes(kind)) throw new Error(`What the processor ${kind} of “${name}” answers is no text, class or embedding: it cannot be held against a label.`);
  const takes = sampleKindOf(kind);
  const given: SampleKind = contentType.startsWith("text/") ? "text" : contentType.startsWith("audio/") ? "audio" : "picture";
  if (takes !== given) throw new Error(`${place}: it is ${NAMES[given]}, and the processor ${kind} of “${name}” takes ${takes === null ? "something else" : NAMES[takes]}.`);
  if (kind === "ctc-text" && typeof label !== "string") throw new Error(`${place}: the processor ctc-text reads texts: its label must be one, in quotes.`);
}

const NAMES: Record<SampleKind, string> = { picture: "a picture", text: "a text", audio: "a sound", tensors: "tensors" };

/** An embedding is told by the other samples of each label. */
function checkEmbedded(name: string, counts: ReadonlyMap<LabelledRow["label"], number>): void {
  const [alone] = [...counts].find(([, count]) => count < 2) ?? [];
  if (counts.size < 2 || counts.size > MAX_EMBEDDING_LABELS) throw new Error(`“${name}” has ${counts.size} different labels: embeddings are told apart by 2 to ${MAX_EMBEDDING_LABELS}.`);
  if (alone !== undefined) throw new Error(`“${name}” has one sample only of the label ${JSON.stringify(alone)}: an embedding is told by the other samples of its label.`);
}
