// Owns a served model for the tests of what clients see: one layer of relu(x·W + b) behind a real ingress and stage.
import type { IngressRoute } from "../../protocol/control.ts";
import type { TensorSpec } from "../../protocol/tensor.ts";
import { observedOf, ready, TestFleet, type IngressChild, type TestNode } from "../../stage/testdata/test-nodes.ts";
import { layPipeline, sendRoute, type TestPipeline } from "../../stage/testdata/test-pipeline.ts";
import type { OtlpSettings } from "../otlp-exporter.ts";
import { tinyLayers } from "../../stage/testdata/tiny-onnx.ts";

export const WIDTH = 4;
export const spec = (name: string): TensorSpec => ({ name, dataType: "float32", shape: ["n", WIDTH] });
export const ROUTE = { currentEpoch: 1, inputs: [spec("v0")], outputs: [spec("v1")] } satisfies Partial<IngressRoute>;

export type ServedModel = { fleet: TestFleet; ingress: IngressChild; node: TestNode; pipeline: TestPipeline; url: string; host: string };

/** A deployment "tiny" in revision 3, epoch 1. */
export async function serveModel(options: { host?: string; httpTls?: { keyPem: string; certificatePem: string }; route?: Partial<IngressRoute>; otlp?: OtlpSettings; sharedMemory?: boolean } = {}): Promise<ServedModel> {
  const fleet = await TestFleet.start();
  const node = await fleet.node("nod_a");
  const ingress = await fleet.ingress(node, options);
  const pipeline = layPipeline(fleet, node, [node], [{ bytes: tinyLayers(0, 1, WIDTH), inputs: [spec("v0")], outputs: [spec("v1")], sends: ["v1"], warmShapes: [{ name: "v0", dataType: "float32", shape: [1, WIDTH] }] }], { epoch: 1, sends: ["v0"] });
  pipeline.pipeline.revisionNumber = 3;
  sendRoute(ingress, [pipeline], { ...ROUTE, ...options.route });
  for (const { child } of pipeline.stages) await child.until("ready", ready);
  await ingress.until("linked", (child) => observedOf(child)[0]?.pipelines[0]?.linked === true);
  const { url } = ingress.last("listening")!;
  return { fleet, ingress, node, pipeline, url, host: new URL(url).host };
}

export const floats = (...values: number[]): Buffer => Buffer.from(new Float32Array(values).buffer);
