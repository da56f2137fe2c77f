// Owns the samples the product brings itself, one for each kind of thing a processor takes, and where their files lie.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { SampleKind } from "../model/model-sample.ts";

export type BuiltInSample = { kind: SampleKind; fileName: string; contentType: string; path: string; digest: string; bytes: number };

const FILES = {
  picture: { fileName: "picture.png", contentType: "image/png" },
  text: { fileName: "sentence.txt", contentType: "text/plain" },
  audio: { fileName: "speech.wav", contentType: "audio/wav" },
} as const;
/** Read once: they do not change while the console runs. */
const known = new Map<keyof typeof FILES, BuiltInSample>();

export function builtInSample(kind: Exclude<SampleKind, "tensors">): BuiltInSample {
  const sample = known.get(kind) ?? describe(kind);
  known.set(kind, sample);
  return sample;
}

/** From source this file lies in server/inspect, built in dist: the files lie in server/demo either way. */
function describe(kind: keyof typeof FILES): BuiltInSample {
  const folder = new URL(import.meta.url.endsWith(".ts") ? "../demo/" : "../server/demo/", import.meta.url);
  const path = fileURLToPath(new URL(FILES[kind].fileName, folder));
  const bytes = readFileSync(path);
  return { kind, ...FILES[kind], path, digest: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length };
}
