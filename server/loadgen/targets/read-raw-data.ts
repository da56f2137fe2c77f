// Owns reading raw samples that a person lists: JSON lines, each a file or a text and, if known, what its answer must contain, or its label.
import { readFileSync } from "node:fs";
import path from "node:path";
import { readLabel, readLabelledRow } from "../method/labelled-row.ts";
import { readJsonLine } from "../method/read-json-line.ts";
import type { RawSample } from "./process-target.ts";

const MAX_ROWS = 100_000;
const TYPES: Record<string, string> = { ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".wav": "audio/wav", ".txt": "text/plain" };

/** A line is `{"file": "a.png", "contentType"?, "expect"?}`, the file beside `listFile`, `{"text": "…", "expect"?}`, or one of a labelled dataset's, which may name a file too. @throws Error naming the line */
export function readRawData(listFile: string): RawSample[] {
  const rows = readFileSync(listFile, "utf8").split("\n").flatMap((line, i) => (line.trim() === "" ? [] : [readRow(line, path.dirname(listFile), `${listFile}, line ${i + 1}`)]));
  if (rows.length === 0) throw new Error(`${listFile} has no samples: one JSON object a line is expected.`);
  if (rows.length > MAX_ROWS) throw new Error(`${listFile} has ${rows.length} samples; ${MAX_ROWS} are the limit.`);
  return rows;
}

function readRow(line: string, folder: string, place: string): RawSample {
  const value = readJsonLine(line, place);
  const { file, text, contentType, expect, label } = value;
  if (label !== undefined && file === undefined) {
    const row = readLabelledRow(value, place);
    if (row.form === "tensors") throw new Error(`${place}: tensors are not for --api process, which takes what its processor takes: "text", "base64" or "file".`);
    return { bytes: row.bytes, contentType: row.contentType, label: row.label };
  }
  for (const [name, given] of Object.entries({ file, text, contentType, expect })) if (given !== undefined && typeof given !== "string") throw new Error(`${place}: "${name}" must be a text.`);
  if ((file === undefined) === (text === undefined)) throw new Error(`${place}: give "file" or "text", one of them.`);
  const told = { ...(expect === undefined ? {} : { expect: expect as string }), ...(label === undefined ? {} : { label: readLabel(label, place) }) };
  if (text !== undefined) return { bytes: Buffer.from(text as string), contentType: (contentType as string | undefined) ?? "text/plain", ...told };
  const type = (contentType as string | undefined) ?? TYPES[path.extname(file as string).toLowerCase()];
  if (type === undefined) throw new Error(`${place}: of ${file} the kind is not known: give "contentType".`);
  try {
    return { bytes: readFileSync(path.resolve(folder, file as string)), contentType: type, ...told };
  } catch (error) {
    throw new Error(`${place}: ${file} cannot be read: ${(error as Error).message}`);
  }
}
