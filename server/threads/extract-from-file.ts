// Owns extraction from files on disk: parse once, make each segment, hash its ranges.
import { createHash } from "node:crypto";
import { checkSegments } from "../model/check-segments.ts";
import { extractSegment } from "../model/extract.ts";
import { buildGraph } from "../model/graph.ts";
import { ModelRefusal } from "../model/model-refusal.ts";
import { parseModel } from "../model/onnx-proto.ts";
import { type FileSource, openFileSource } from "./file-source.ts";
import type { ExtractJob, Progress, Segment } from "./messages.ts";

const HASH_CHUNK_BYTES = 1024 * 1024;

/** Errors: ModelRefusal. Ranges that cover every layer once, in order, are also checked against the whole. */
export function extractFromFile(job: ExtractJob, onProgress: (progress: Progress) => void): Segment[] {
  const open = new Map<string | null, FileSource>();
  const sourceOf = (file: string | null): FileSource => {
    const known = open.get(file);
    if (known !== undefined) return known;
    const path = file === null ? job.path : job.externalFiles.find((one) => one.fileName === file)?.path;
    if (path === undefined) throw new ModelRefusal("external-missing", `The external data file "${file}" is missing.`, { place: file });
    const source = openFileSource(path);
    open.set(file, source);
    return source;
  };
  const hashed = new Map<string, string>();
  const hashRange = (file: string | null, offset: number, length: number) => {
    const key = `${file} ${offset} ${length}`;
    const known = hashed.get(key);
    if (known !== undefined) return known;
    const hash = createHash("sha256");
    for (let done = 0; done < length; done += HASH_CHUNK_BYTES) hash.update(sourceOf(file).read(offset + done, Math.min(HASH_CHUNK_BYTES, length - done)));
    const digest = hash.digest("hex");
    hashed.set(key, digest);
    return digest;
  };
  try {
    const source = sourceOf(null);
    if (source.size !== job.facts.fileBytes) throw new ModelRefusal("io", "The model file has changed since its import.", { fix: "Import it again." });
    const graph = buildGraph(parseModel(source));
    const segments = job.ranges.map((range, index): Segment => {
      onProgress({ step: "making segments", done: index, total: job.ranges.length });
      const { spec, skeleton } = extractSegment({ source, graph, facts: job.facts, range, hashRange });
      return { skeleton, spec: { ...spec, skeletonDigest: createHash("sha256").update(skeleton).digest("hex") } };
    });
    const whole = job.ranges.every((range, index) => range.from === (job.ranges[index - 1]?.to ?? 0)) && job.ranges.at(-1)?.to === job.facts.layers.length;
    const problems = whole ? checkSegments(graph, segments.map(({ skeleton, spec }) => ({ skeleton, inputs: spec.inputs, outputs: spec.outputs }))) : [];
    if (problems.length > 0) throw new Error(`the segments are not the model: ${problems.slice(0, 3).join("; ")}`);
    return segments;
  } finally {
    for (const source of open.values()) source.close();
  }
}
