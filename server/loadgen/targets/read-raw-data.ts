// Owns reading raw samples that a person lists: JSON lines, each a file or a text and, if known, what its answer must contain.
import { readFileSync } from "node:fs";
import path from "node:path";
import type { RawSample } from "./process-target.ts";

const MAX_ROWS = 100_000;
const TYPES: Record<string, string> = { ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".wav": "audio/wav", ".txt": "text/plain" };

/** A line is `{"file": "a.png", "contentType"?, "expect"?}`, the file beside `listFile`, or `{"text": "…", "expect"?}`. @throws Error naming the line */
export function readRawData(listFile: string): RawSample[] {
  const rows = readFileSync(listFile, "utf8").split("\n").flatMap((line, i) => (line.trim() === "" ? [] : [readRow(line, path.dirname(listFile), `${listFile}, line ${i + 1}`)]));
  if (rows.length === 0) throw new Error(`${listFile} has no samples: one JSON object a line is expected.`);
  if (rows.length > MAX_ROWS) throw new Error(`${listFile} has ${rows.length} samples; ${MAX_ROWS} are the limit.`);
  return rows;
}

function readRow(line: string, folder: string, place: string): RawSample {
  const { file, text, contentType, expect } = parse(line, place);
  for (const [name, value] of Object.entries({ file, text, contentType, expect })) if (value !== undefined && typeof value !== "string") throw new Error(`${place}: "${name}" must be a text.`);
  if ((file === undefined) === (text === undefined)) throw new Error(`${place}: give "file" or "text", one of them.`);
  const told = expect === undefined ? {} : { expect: expect as string };
  if (text !== undefined) return { bytes: Buffer.from(text as string), contentType: (contentType as string | undefined) ?? "text/plain", ...told };
  const type = (contentType as string | undefined) ?? TYPES[path.extname(file as string).toLowerCase()];
  if (type === undefined) throw new Error(`${place}: of ${file} the kind is not known: give "contentType".`);
  try {
    return { bytes: readFileSync(path.resolve(folder, file as string)), contentType: type, ...told };
  } catch (error) {
    throw new Error(`${place}: ${file} cannot be read: ${(error as Error).message}`);
  }
}

function parse(line: string, place: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new Error(`${place}: not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`${place}: must be a JSON object.`);
  return value as Record<string, unknown>;
}
