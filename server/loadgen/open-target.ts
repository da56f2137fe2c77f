// Owns making the target that options name.
import type { Answer } from "./issue-queries.ts";
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

/** A shorter one stands in answers by coincidence. */
const MIN_KEY_KNOWN = 8;

export type Given = { data: DataRow[] | null; raw: RawSample[] };

/** What it says never has the key in it: not in a failure's words, nor in an answer that is graded, which is kept. @throws Error in words for whoever started the run */
export async function openTarget(options: Options["target"], given: Given): Promise<Target> {
  const { key, url, noLinkLocal } = options;
  if (noLinkLocal && isLinkLocal(hostOf(url))) throw new Error(`${url} is a link-local address, which is not called.`);
  const hide = (text: string) => hideKey(text, key);
  try {
    const target = await open(options, given);
    if (key === null) return target;
    const isKept = key.length >= MIN_KEY_KNOWN && [...(given.data ?? []), ...given.raw].some(({ label }) => label !== undefined);
    const hidden = (answer: Answer): Answer => {
      if (!answer.ok) return { ...answer, problem: hide(answer.problem) };
      return isKept && answer.data && bufferOf(answer.data).includes(key) ? { ok: false, problem: "the answer repeats the key that it was asked with" } : answer;
    };
    return { ...target, name: hide(target.name), send: (sample, answered) => target.send(sample, (answer) => answered(hidden(answer))) };
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

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

/** As it is called: only of http does a URL's reader know that 0xa9fea9fe is an address. */
function hostOf(url: string): string {
  const asHttp = url.replace(/^grpc(s?):/i, "http$1:");
  return URL.canParse(asHttp) ? new URL(asHttp).hostname.replace(/^\[|\]$/g, "") : "";
}
