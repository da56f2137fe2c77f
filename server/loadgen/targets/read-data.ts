// Owns reading samples that a person gives: JSON lines, each a request and, if known, what its answer must contain, or its label.
import { type Label, readLabelledRow } from "../method/labelled-row.ts";
import { type OpenAiKind, readOpenAiRow } from "../method/openai-row.ts";
import { isObject, readJsonLine } from "../method/read-json-line.ts";

/** `text`: what the request was made of, where the line has a text and no request. */
export type DataRow = { request: Record<string, unknown>; expect?: string; label?: Label; text?: string };

const MAX_ROWS = 1_000_000;

/** A line is `{"request": {…}, "expect": "text"}`, the request alone, or one of a labelled dataset's: with tensors, or of OpenAI's API a text or a request. `openAi`: null = the Open Inference Protocol is spoken. @throws Error naming the line */
export function readData(text: string, file: string, openAi: OpenAiKind | null = null): DataRow[] {
  const rows = text.split("\n").flatMap((line, i) => (line.trim() === "" ? [] : [readRow(line, openAi, `${file}, line ${i + 1}`)]));
  if (rows.length === 0) throw new Error(`${file} has no samples: one JSON object a line is expected.`);
  if (rows.length > MAX_ROWS) throw new Error(`${file} has ${rows.length} samples; ${MAX_ROWS} are the limit.`);
  return rows;
}

function readRow(line: string, openAi: OpenAiKind | null, place: string): DataRow {
  const value = readJsonLine(line, place);
  if (value.label !== undefined && openAi !== null) {
    const { request, label, text } = readOpenAiRow(value, openAi, place);
    return { request, label, ...(text === null ? {} : { text }) };
  }
  if (value.label !== undefined) {
    const row = readLabelledRow(value, place);
    if (row.form === "raw") throw new Error(`${place}: a text or a picture is for --api process; this API takes tensors: "inputs".`);
    return { request: row.request, label: row.label };
  }
  const { request, expect } = value;
  if (request === undefined) return { request: value };
  if (!isObject(request)) throw new Error(`${place}: "request" must be a JSON object.`);
  if (expect !== undefined && typeof expect !== "string") throw new Error(`${place}: "expect" must be a text that the answer contains.`);
  return { request, ...(expect === undefined ? {} : { expect }) };
}
