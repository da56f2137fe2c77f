// Owns reading samples that a person gives: JSON lines, each a request and, if known, what its answer must contain.

export type DataRow = { request: Record<string, unknown>; expect?: string };

const MAX_ROWS = 1_000_000;

/** A line is `{"request": {…}, "expect": "text"}`, or the request alone. @throws Error naming the line */
export function readData(text: string, file: string): DataRow[] {
  const rows = text.split("\n").flatMap((line, i) => (line.trim() === "" ? [] : [readRow(line, `${file}, line ${i + 1}`)]));
  if (rows.length === 0) throw new Error(`${file} has no samples: one JSON object a line is expected.`);
  if (rows.length > MAX_ROWS) throw new Error(`${file} has ${rows.length} samples; ${MAX_ROWS} are the limit.`);
  return rows;
}

function readRow(line: string, place: string): DataRow {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new Error(`${place}: not JSON: ${(error as Error).message}`);
  }
  if (!isObject(value)) throw new Error(`${place}: must be a JSON object.`);
  const { request, expect } = value;
  if (request === undefined) return { request: value };
  if (!isObject(request)) throw new Error(`${place}: "request" must be a JSON object.`);
  if (expect !== undefined && typeof expect !== "string") throw new Error(`${place}: "expect" must be a text that the answer contains.`);
  return { request, ...(expect === undefined ? {} : { expect }) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
