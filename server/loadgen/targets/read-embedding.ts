// Owns the one embedding of an answer of OpenAI's API, as numbers or as base64 of floats of 32 bits, little-endian: whichever the endpoint sends.
import { isObject } from "../method/read-json-line.ts";

const FLOAT_BYTES = 4;

/** @throws Error in words: none, or several */
export function readEmbedding(body: Buffer): number[] {
  const data = readData(body);
  if (data.length !== 1) throw new Error(`the answer has ${data.length} embeddings, one is needed`);
  const embedding = isObject(data[0]) ? data[0].embedding : undefined;
  if (Array.isArray(embedding) && embedding.length > 0 && embedding.every((value) => typeof value === "number")) return embedding;
  const bytes = Buffer.from(typeof embedding === "string" ? embedding : "", "base64");
  if (bytes.length === 0 || bytes.length % FLOAT_BYTES !== 0) throw new Error("the answer's embedding is neither numbers nor base64 of floats");
  return Array.from({ length: bytes.length / FLOAT_BYTES }, (_, at) => bytes.readFloatLE(at * FLOAT_BYTES));
}

function readData(body: Buffer): unknown[] {
  let answer: unknown;
  try {
    answer = JSON.parse(body.toString());
  } catch {
    throw new Error("the answer is not JSON");
  }
  if (!isObject(answer) || !Array.isArray(answer.data)) throw new Error('the answer has no "data", where its embedding would be');
  return answer.data;
}
