// Owns the models that the Triton clients' stock examples ask for, served as deployments behind a real ingress: "simple", batched up to 8,
// "simple_sequence", which sums what one sequence sends, and for image_client "image", whose six classes' scores are its picture's numbers.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { IngressRoute } from "../../protocol/control.ts";
import type { TensorSpec } from "../../protocol/tensor.ts";
import { observedOf, ready, TestFleet } from "../../stage/testdata/test-nodes.ts";
import { layPipeline, LIMITS, type TestPipeline, type TestSegment } from "../../stage/testdata/test-pipeline.ts";
import { tinyOnnx, tinyRunningSum, tinySimple } from "../../stage/testdata/tiny-onnx.ts";

const value = (name: string, shape: TensorSpec["shape"]): TensorSpec => ({ name, dataType: "int32", shape });
const warm = (name: string, shape: number[]) => ({ name, dataType: "int32" as const, shape });
const STATES = [{ input: "sum", output: "sumNext", dataType: "int32" as const, shape: [1, 1] }];
const SIMPLE: TestSegment = {
  bytes: tinySimple(), inputs: [value("INPUT0", ["n", 16]), value("INPUT1", ["n", 16])], outputs: [value("OUTPUT0", ["n", 16]), value("OUTPUT1", ["n", 16])],
  sends: ["OUTPUT0", "OUTPUT1"], warmShapes: [warm("INPUT0", [1, 16]), warm("INPUT1", [1, 16])],
};
const SEQUENCE: TestSegment = {
  bytes: tinyRunningSum("INPUT", "OUTPUT", 1, "int32"), inputs: [value("INPUT", [1, 1]), value("sum", [1, 1])], outputs: [value("OUTPUT", [1, 1]), value("sumNext", [1, 1])],
  sends: ["OUTPUT"], warmShapes: [warm("INPUT", [1, 1]), warm("sum", [1, 1])], states: STATES,
};
const PICTURE: TensorSpec = { name: "data_0", dataType: "float32", shape: ["n", 3, 1, 2] };
const SCORES: TensorSpec = { name: "prob_1", dataType: "float32", shape: ["n", 6] };
const IMAGE: TestSegment = {
  bytes: tinyOnnx([{ type: "Flatten", inputs: ["data_0"], outputs: ["prob_1"] }], [], [{ name: "data_0", shape: ["n", 3, 1, 2] }], [{ name: "prob_1", shape: ["n", 6] }]),
  inputs: [PICTURE], outputs: [SCORES], sends: ["prob_1"], warmShapes: [{ name: "data_0", dataType: "float32", shape: [1, 3, 1, 2] }],
};
/** Of "image", by index. */
export const LABELS = ["cup", "mug", "coffee: black", "", "bowl", "Tür"];

export type SimpleModels = { fleet: TestFleet; url: string; /** With its port. */ host: string };

export async function serveSimpleModels(): Promise<SimpleModels> {
  const fleet = await TestFleet.start();
  const node = await fleet.node("nod_a");
  const ingress = await fleet.ingress(node);
  const lay = (segment: TestSegment, sends: string[]) => {
    const laid = layPipeline(fleet, node, [node], [segment], { epoch: 1, sends });
    laid.pipeline.revisionNumber = 1;
    return laid;
  };
  const simple = lay(SIMPLE, ["INPUT0", "INPUT1"]);
  const sequence = lay(SEQUENCE, ["INPUT"]);
  const image = lay(IMAGE, ["data_0"]);
  const labelsPath = join(fleet.folder, "labels.txt");
  writeFileSync(labelsPath, `${LABELS.join("\n")}\n`);
  const batching = { maxSize: 8, maxDelayMs: 1, preferredSizes: [] };
  const routeOf = (modelName: string, { pipeline }: TestPipeline, { inputs, outputs, states = [] }: TestSegment, more: Partial<IngressRoute> = {}) => ({
    processorPaths: {}, parityPath: null,
    route: { deploymentId: `dep_${modelName}`, modelName, currentEpoch: 1, pipelines: [pipeline], inputs, outputs, states, processor: null, processorFiles: [], limits: LIMITS, keyHashes: [], verify: null, ...more },
  });
  const imageRoute = routeOf("image", image, IMAGE, { batching, processor: { kind: "image-classify", width: 2, height: 1, labelsFile: "labels.txt" }, processorFiles: [{ name: "labels.txt", digest: "", bytes: 1 }] });
  ingress.send({ type: "routes", moved: [], routes: [routeOf("simple", simple, SIMPLE, { batching }), routeOf("simple_sequence", sequence, SEQUENCE), { ...imageRoute, processorPaths: { "labels.txt": labelsPath } }] });
  for (const { stages } of [simple, sequence, image]) for (const { child } of stages) await child.until("ready", ready);
  await ingress.until("all are linked", (child) => observedOf(child).length === 3 && observedOf(child).every(({ pipelines }) => pipelines[0]?.linked === true));
  const { url } = ingress.last("listening")!;
  while ((await fetch(`${url}/v2/models/image.process/ready`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 20));
  return { fleet, url, host: new URL(url).host };
}

export const INPUT0 = Array.from({ length: 16 }, (_, index) => index);
export const int32 = (values: readonly number[]): Buffer => Buffer.from(Int32Array.from(values).buffer);
export const int32Of = (bytes: Uint8Array): number[] => [...new Int32Array(new Uint8Array(bytes).buffer)];

/** What the sequence examples send: a first value, then these, or their negatives. */
export const VALUES = [11, 7, 5, 3, 2, 0, 1];
export const sumsOf = (values: readonly number[]): number[] => values.map((_, index) => values.slice(0, index + 1).reduce((sum, one) => sum + one, 0));
