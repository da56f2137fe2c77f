// Owns making the target that options name.
import { demandProcessor } from "./targets/demand-processor.ts";
import { hideKey } from "./targets/hide-key.ts";
import { isLinkLocal, lookupElsewhere } from "./targets/link-local.ts";
import { openOipGrpcTarget } from "./targets/oip-grpc-target.ts";
import { openOipTarget } from "./targets/oip-target.ts";
import { openOpenAiTarget } from "./targets/openai-target.ts";
import { openProcessGrpcTarget } from "./targets/process-grpc-target.ts";
import { openProcessTarget, type RawSample } from "./targets/process-target.ts";
import type { DataRow } from "./targets/read-data.ts";
import type { Target } from "./targets/target.ts";
import { isGrpc, openAiKindOf, type Options } from "./parse-options.ts";

export type Given = { data: DataRow[] | null; raw: RawSample[] };

/** What it says never has the key in it. @throws Error in words for whoever started the run */
export async function openTarget(options: Options["target"], given: Given): Promise<Target> {
  const { key, url, noLinkLocal } = options;
  if (noLinkLocal && isLinkLocal(hostOf(url))) throw new Error(`${url} is a link-local address, which is not called.`);
  const hide = (text: string) => hideKey(text, key);
  try {
    const target = await open(options, given);
    if (key === null) return target;
    return { ...target, name: hide(target.name), send: (sample, answered) => target.send(sample, (answer) => answered(answer.ok ? answer : { ...answer, problem: hide(answer.problem) })) };
  } catch (error) {
    throw new Error(hide((error as Error).message));
  }
}

async function open({ api, url, model, key, timeoutMs, insecure, noLinkLocal, encoding, shapes, maxTokens, sampleCount }: Options["target"], given: Given): Promise<Target> {
  const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` };
  const caller = { baseUrl: url, timeoutMs, insecure, headers, ...(noLinkLocal ? { lookup: lookupElsewhere } : {}) };
  if (api === "process" && isGrpc(url)) return openProcessGrpcTarget({ ...caller, model, samples: given.raw });
  if (api === "process") {
    if (given.raw.some(({ label }) => label !== undefined)) await demandProcessor({ ...caller, model });
    return openProcessTarget({ ...caller, model, samples: given.raw });
  }
  if (isGrpc(url)) return openOipGrpcTarget({ ...caller, model, shapes, data: given.data, sampleCount });
  const kind = openAiKindOf(api);
  if (kind === null) return openOipTarget({ ...caller, model, encoding, shapes, data: given.data, sampleCount });
  return openOpenAiTarget({ ...caller, kind, model, maxTokens, data: given.data, sampleCount });
}

/** As it is called: only of http does a URL's reader know that 0xa9fea9fe is an address. */
function hostOf(url: string): string {
  const asHttp = url.replace(/^grpc(s?):/i, "http$1:");
  return URL.canParse(asHttp) ? new URL(asHttp).hostname.replace(/^\[|\]$/g, "") : "";
}
