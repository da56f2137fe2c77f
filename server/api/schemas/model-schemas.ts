// Owns the API's description of models and profiles.
import { z } from "zod";
import type { Cut, Layer, ModelFacts } from "../../model/model.ts";
import type { ModelSample } from "../../model/model-sample.ts";
import type { ModelRow } from "../../store/models.ts";
import { dataType, dimension, processorFile, processorSpec, sampleTensor, sessionOptions, statePair, tensorSpec } from "./tensor-schemas.ts";

export const modelRowShape = {
  id: z.string(),
  name: z.string(),
  status: z.enum(["ready", "refused"]),
  origin: z.enum(["upload", "bundled", "synthetic"]),
  bytes: z.number().meta({ description: "Of the model file and its external data." }),
  opCount: z.number(),
  layerCount: z.number(),
  legalCutCount: z.number(),
  parameterCount: z.number(),
  noCutReason: z.string().nullable(),
  processorKind: z.string().nullable(),
  createdAt: z.iso.datetime(),
};
export const modelRow = z.object(modelRowShape).meta({ id: "ModelRow" }) satisfies z.ZodType<ModelRow>;

const layer: z.ZodType<Layer> = z
  .object({
    index: z.number(),
    name: z.string(),
    scope: z.array(z.string()),
    kind: z.string(),
    opCount: z.number(),
    opTypes: z.record(z.string(), z.number()),
    opNames: z.array(z.string()),
    parameterCount: z.number(),
    weightBytes: z.number(),
    flops: z.number(),
    tableBytes: z.number().optional().meta({ description: "Of the weights, tables that rows are looked up in." }),
    workspaceBytes: z.number(),
    outputs: z.array(tensorSpec),
    derivedFrom: z.array(z.string()).optional().meta({ description: "Model inputs that what it reads is made from; absent = not known." }),
  })
  .meta({ id: "Layer" });

const cut: z.ZodType<Cut> = z
  .object({
    index: z.number().meta({ description: "After layers[index]." }),
    legal: z.boolean(),
    reason: z.string().nullable(),
    tensors: z.array(z.object({ name: z.string(), dataType, shape: z.array(dimension).nullable(), bytes: z.number(), sizes: z.array(z.number()).nullable().optional().meta({ description: "Concrete sizes at dimensionValues, where known." }), derivedFrom: z.array(z.string()).optional() })),
    bytes: z.number(),
  })
  .meta({ id: "Cut" });

export const modelFacts: z.ZodType<ModelFacts> = z
  .object({
    digest: z.string(),
    fileBytes: z.number(),
    externalFiles: z.array(z.object({ fileName: z.string(), digest: z.string(), bytes: z.number() })),
    opset: z.array(z.object({ domain: z.string(), version: z.number() })),
    irVersion: z.number(),
    producer: z.string(),
    inputs: z.array(tensorSpec),
    outputs: z.array(tensorSpec),
    outputBytes: z.number().optional(),
    states: z.array(statePair),
    opCount: z.number(),
    parameterCount: z.number(),
    weightBytes: z.number(),
    dimensionValues: z.record(z.string(), z.number()),
    layers: z.array(layer),
    cuts: z.array(cut),
    noCutReason: z.string().nullable(),
    warnings: z.array(z.string()),
  })
  .meta({ id: "ModelFacts" });

const sampleKind = z.enum(["picture", "text", "audio", "tensors"]);
const sampleFile = { kind: sampleKind, fileName: z.string(), contentType: z.string(), digest: z.string(), bytes: z.number() };
const modelSample: z.ZodType<ModelSample, ModelSample> = z
  .object({
    ...sampleFile,
    origin: z.enum(["given", "bundled"]),
    tensors: z.array(sampleTensor),
    steps: z.number().meta({ description: "Steps that are compared; more than one for a stream of a model with state." }),
    setAt: z.iso.datetime(),
    setBy: z.string(),
  })
  .meta({ id: "ModelSample" });

export const givenSample = z
  .object({
    form: z.enum(["raw", "tensors"]).meta({ description: "raw = a picture, text or sound for the model's processor; tensors = an Open Inference Protocol request as JSON." }),
    fileName: z.string().min(1).max(255),
    contentType: z.string().min(1).max(200),
    digest: z.string().meta({ description: "Of the answer to PUT /files/sample." }),
    origin: z.enum(["given", "bundled"]).optional(),
  })
  .meta({ id: "GivenSample" });

export const modelDetail = z
  .object({
    ...modelRowShape,
    facts: modelFacts,
    processor: processorSpec.nullable(),
    processorFiles: z.array(processorFile),
    sample: modelSample.nullable(),
    builtInSample: z.object(sampleFile).nullable().meta({ description: "Cutplane's own for what the processor takes: used where the model has no sample." }),
    deployments: z.array(z.object({ id: z.string(), name: z.string() })),
  })
  .meta({ id: "Model" });

export const profileRow = z
  .object({
    id: z.string(),
    nodeId: z.string().nullable(),
    nodeName: z.string().nullable(),
    modelDigest: z.string(),
    deviceClass: z.string(),
    session: sessionOptions,
    kind: z.enum(["estimated", "measured"]),
    layerMs: z.array(z.number()),
    wholeMs: z.number(),
    wholeSdMs: z.number(),
    measuredAt: z.string().nullable(),
    runs: z.number(),
    layerSdMs: z.array(z.number()).optional(),
    wholeP10Ms: z.number().optional(),
    wholeP90Ms: z.number().optional(),
    wholeClockMs: z.number().optional().meta({ description: "Median by the clock: well above wholeMs = other work held the node's cores meanwhile." }),
    agentVersion: z.string().optional(),
    ortVersion: z.string().optional(),
    boundary: z
      .object({ entryMs: z.array(z.number()), exitMs: z.array(z.number()), segmentCount: z.number(), heldOutCount: z.number(), holdOutErrorPercent: z.number().nullable(), sumErrorPercent: z.number().nullable() })
      .optional()
      .meta({ description: "What segments cost beyond their layers, by position, and the mean absolute error over measured segments that the fit did not see." }),
    resident: z
      .array(z.object({ from: z.number(), to: z.number(), bytes: z.number(), source: z.enum(["stage", "profile"]), measuredAt: z.string() }))
      .optional()
      .meta({ description: "Memory of processes that had these layers loaded: stages of deployments at their most, or the measuring process." }),
    basis: z.enum(["reference", "device", "mode"]).optional().meta({ description: "Of an estimate: a reference core, what other models reached on this device class, or this model in another mode there." }),
    stale: z.string().nullable().meta({ description: "Why it is stale; null = fresh, or an estimate." }),
  })
  .meta({ id: "Profile" });
