// Owns the API's description of tensors, sessions and processors.
import { z } from "zod";
import type { ProcessorSpec, SessionOptions, StatePair } from "../../../agents/protocol/control.ts";
import { DATA_TYPES, type TensorSpec } from "../../../agents/protocol/tensor.ts";

export const dataType = z.enum(DATA_TYPES);
export const dimension = z.union([z.number().int(), z.string()]).meta({ description: "A fixed size, or the name of a symbolic dimension; \"\" = dynamic without a name." });
export const tensorSpec: z.ZodType<TensorSpec, TensorSpec> = z.object({ name: z.string(), dataType, shape: z.array(dimension).nullable() }).meta({ id: "TensorSpec" });
export const statePair: z.ZodType<StatePair, StatePair> = z.object({ input: z.string(), output: z.string(), dataType, shape: z.array(z.number().int()) }).meta({ id: "StatePair" });
export const sessionOptions: z.ZodType<SessionOptions, SessionOptions> = z
  .object({ intraOpThreads: z.number().int().min(1).max(256), optimization: z.enum(["disabled", "basic", "extended", "all"]), provider: z.literal("cpu") })
  .meta({ id: "SessionOptions" });
export const processorSpec: z.ZodType<ProcessorSpec, ProcessorSpec> = z.looseObject({ kind: z.string().min(1).max(100) }).meta({ id: "ProcessorSpec", description: "Declared pre- and post-processing; options depend on its kind." });
export const processorFile = z.object({ name: z.string(), digest: z.string(), bytes: z.number() });
export const sampleTensor = z.object({ name: z.string(), dataType, shape: z.array(z.number().int()) });
