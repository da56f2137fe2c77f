// Owns making the target that options name.
import { openOipGrpcTarget } from "./targets/oip-grpc-target.ts";
import { openOipTarget } from "./targets/oip-target.ts";
import { openOpenAiTarget, type OpenAiKind } from "./targets/openai-target.ts";
import { openProcessTarget, type RawSample } from "./targets/process-target.ts";
import type { DataRow } from "./targets/read-data.ts";
import type { Target } from "./targets/target.ts";
import { isGrpc, type Options } from "./parse-options.ts";

export type Given = { data: DataRow[] | null; raw: RawSample[] };

/** @throws Error in words for whoever started the run */
export async function openTarget(target: Options["target"], given: Given): Promise<Target> {
  const { api, url, model, key, timeoutMs, insecure, encoding, shapes, maxTokens, sampleCount } = target;
  const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` };
  const caller = { baseUrl: url, timeoutMs, insecure, headers };
  if (api === "process") return openProcessTarget({ ...caller, model, samples: given.raw });
  if (isGrpc(url)) return openOipGrpcTarget({ ...caller, model, shapes, data: given.data, sampleCount });
  if (api === "oip") return openOipTarget({ ...caller, model, encoding, shapes, data: given.data, sampleCount });
  return openOpenAiTarget({ ...caller, kind: api.slice("openai-".length) as OpenAiKind, model, maxTokens, data: given.data, sampleCount });
}
