// Owns what an answer says, of what it is compared with its label by: a text, a class, a number, or an embedding. Answers are those of the Open Inference Protocol
// (one output), of Cutplane's processors (agents/processor/README.md), and, in the processors' form, texts and embeddings of others.
import { isObject } from "./read-json-line.ts";

export type AnswerValue =
  | { kind: "text"; text: string }
  /** `index`, `name`: null = no class was sure enough, or it has no name. */
  | { kind: "class"; index: number | null; name: string | null }
  /** `tolerance`: how far, as a share, its type may be from what it says; absent = single precision's. */
  | { kind: "number"; value: number; tolerance?: number }
  | { kind: "embedding"; values: Float32Array }
  | { kind: "unreadable"; why: string };

/** Half of the last place of what 16 bits hold: 11 and 8 binary digits. */
const COARSE: Record<string, number> = { FP16: 2 ** -11, BF16: 2 ** -8 };

/** `told`: what `data` says, where it is not JSON itself. */
export function readAnswer(data: Uint8Array, told?: () => unknown): AnswerValue {
  let answer: unknown;
  try {
    answer = told ? told() : JSON.parse(new TextDecoder().decode(data));
  } catch (error) {
    return unreadable(told ? (error as Error).message : "the answer is not JSON");
  }
  if (!isObject(answer)) return unreadable("the answer is no JSON object");
  const { top, label, text, embedding, outputs } = answer;
  if (Array.isArray(top)) return readTop(top, label);
  if (typeof text === "string") return { kind: "text", text };
  if (Array.isArray(embedding)) return { kind: "embedding", values: Float32Array.from(embedding as number[]) };
  if (!Array.isArray(outputs)) return unreadable("the answer has neither a text, labels, an embedding nor outputs");
  if (outputs.length !== 1) return unreadable(`the answer has ${outputs.length} outputs: name one in the request's "outputs"`);
  return readTensor(isObject(outputs[0]) ? outputs[0] : {});
}

/** `label` is null where the best one's score is below the least that its processor takes. */
function readTop([best]: unknown[], label: unknown): AnswerValue {
  if (!isObject(best) || typeof best.index !== "number") return unreadable("the answer's labels are empty");
  return label === null ? { kind: "class", index: null, name: null } : { kind: "class", index: best.index, name: typeof best.label === "string" ? best.label : null };
}

/** One value is a text or a number; a row of numbers is scores, and the highest one's place is the class. */
function readTensor({ name, datatype, shape, data, values }: Record<string, unknown>): AnswerValue {
  const given = data ?? values;
  if (!Array.isArray(given) || !Array.isArray(shape)) return unreadable(`output "${name}" came without its values: leave binary data out of the request`);
  const flat = given.flat(Number.POSITIVE_INFINITY) as unknown[];
  if (flat.length === 1) {
    const [only] = flat;
    if (typeof only === "string") return { kind: "text", text: only };
    if (typeof only !== "number" && typeof only !== "boolean") return unreadable(`output "${name}" is no number`);
    const tolerance = COARSE[String(datatype)];
    return { kind: "number", value: Number(only), ...(tolerance === undefined ? {} : { tolerance }) };
  }
  if (flat.some((value) => typeof value === "string")) return unreadable(`output "${name}" has ${flat.length} texts, one is needed`);
  if (shape.slice(0, -1).some((size) => size !== 1)) return unreadable(`output "${name}" has shape [${shape.join(", ")}]: one row of scores is needed, or one value`);
  let best: number | null = null;
  // What is no number comes as null.
  for (const [at, value] of flat.entries()) if (typeof value === "number" && (best === null || value > (flat[best] as number))) best = at;
  return best === null ? unreadable(`output "${name}" has no numbers`) : { kind: "class", index: best, name: null };
}

const unreadable = (why: string): AnswerValue => ({ kind: "unreadable", why });
