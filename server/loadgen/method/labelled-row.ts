// Owns one line of a labelled dataset: what is sent, and what a right answer says.
import { isObject } from "./read-json-line.ts";

/** A number is the index of a class where the answer is classes. */
export type Label = string | number;
export type LabelledRow = { label: Label } & ({ form: "raw"; bytes: Buffer; contentType: string } | { form: "tensors"; request: Record<string, unknown> });

/** Telling how far a text is from its label takes time with the product of both lengths. */
export const MAX_LABEL_CHARACTERS = 1000;

const BODIES = ["text", "base64", "inputs", "request"] as const;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * `{"text": "…", "label": L}` or `{"base64": "…", "contentType"?, "label": L}` for a processor; `{"inputs": [{name, datatype, shape, data}], "label": L}`, an infer request of the
 * Open Inference Protocol with whatever else it may have, for a model that takes tensors. `place`: what an error begins with. @throws Error
 */
export function readLabelledRow(value: Record<string, unknown>, place: string): LabelledRow {
  const { label: given, ...rest } = value;
  const label = readLabel(given, place);
  const bodies = BODIES.filter((name) => rest[name] !== undefined);
  const [body] = bodies;
  if (body === undefined || bodies.length > 1) throw new Error(`${place}: give "text", "base64" or "inputs", one of them.`);
  if (body === "inputs") return { label, form: "tensors", request: checkTensors(rest, place) };
  const strange = Object.keys(rest).find((name) => name !== body && !(body === "base64" && name === "contentType"));
  if (strange !== undefined) throw new Error(`${place}: "${strange}" has no meaning beside "${body}".`);
  if (body === "request") {
    if (!isObject(rest.request)) throw new Error(`${place}: "request" must be a JSON object.`);
    return { label, form: "tensors", request: checkTensors(rest.request, place) };
  }
  if (typeof rest[body] !== "string" || rest[body] === "") throw new Error(`${place}: "${body}" must be a text that is not empty.`);
  if (body === "text") return { label, form: "raw", bytes: Buffer.from(rest.text as string), contentType: "text/plain" };
  if (!BASE64.test(rest.base64 as string)) throw new Error(`${place}: "base64" is none.`);
  const bytes = Buffer.from(rest.base64 as string, "base64");
  return { label, form: "raw", bytes, contentType: contentTypeOf(rest.contentType, bytes, place) };
}

/** @throws Error */
export function readLabel(label: unknown, place: string): Label {
  if (label === undefined) throw new Error(`${place}: has no "label".`);
  if (typeof label === "number" && Number.isFinite(label)) return label;
  if (typeof label !== "string") throw new Error(`${place}: "label" must be a text or a number.`);
  if ([...label].length > MAX_LABEL_CHARACTERS) throw new Error(`${place}: "label" is longer than ${MAX_LABEL_CHARACTERS} characters.`);
  return label;
}

function contentTypeOf(told: unknown, bytes: Buffer, place: string): string {
  if (told !== undefined) {
    if (typeof told !== "string" || !/^[\w.+-]+\/[\w.+-]+$/.test(told)) throw new Error(`${place}: "contentType" must be one like image/png.`);
    return told;
  }
  const head = bytes.toString("latin1", 0, 4);
  const known = head === "\x89PNG" ? "image/png" : head.startsWith("\xff\xd8\xff") ? "image/jpeg" : head === "RIFF" ? "audio/wav" : null;
  if (known === null) throw new Error(`${place}: it is neither PNG, JPEG nor WAV: give its "contentType".`);
  return known;
}

/** What any endpoint would refuse; whether the model has such inputs is the endpoint's to say. */
function checkTensors(request: Record<string, unknown>, place: string): Record<string, unknown> {
  const { inputs } = request;
  if (!Array.isArray(inputs) || inputs.length === 0) throw new Error(`${place}: "inputs" must be a list of tensors.`);
  for (const [at, input] of inputs.entries()) {
    const { name, datatype, shape, data }: Record<string, unknown> = isObject(input) ? input : {};
    const where = `${place}, input ${at + 1}`;
    if (typeof name !== "string" || typeof datatype !== "string" || !Array.isArray(data)) throw new Error(`${where}: must have "name", "datatype", "shape" and "data".`);
    if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) throw new Error(`${where}: "shape" must be a list of sizes.`);
    const [has, needs] = [data.flat(Number.POSITIVE_INFINITY).length, shape.reduce((product: number, size: number) => product * size, 1)];
    if (has !== needs) throw new Error(`${where}: "${name}" has ${has} values, its shape [${shape.join(", ")}] has ${needs}.`);
  }
  return request;
}
