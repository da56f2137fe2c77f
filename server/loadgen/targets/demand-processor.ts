// Owns asking before a run over HTTP whether there is a processor, ready, whose answers can be held against labels: without one every sample would fail, and count as wrong.
import { GRADED_KINDS, ungradedKind } from "../method/graded-kinds.ts";
import { isObject } from "../method/read-json-line.ts";
import { awaitReady } from "./await-ready.ts";
import { errorWords } from "./error-words.ts";
import { ask, type CallerOptions, createHttpCaller } from "./http-caller.ts";
import { describeFailure } from "./target.ts";

/** @throws Error in words for whoever started the run */
export async function demandProcessor(options: CallerOptions & { model: string }): Promise<void> {
  const { baseUrl, model } = options;
  const caller = createHttpCaller(options);
  try {
    const path = `/v2/models/${encodeURIComponent(`${model}.process`)}`;
    const get = (asked: string) => ask(caller, { method: "GET", path: asked }).catch((error: Error) => { throw new Error(`${baseUrl} does not answer: ${errorWords(error)}. Is it running, and is the address right?`); });
    const reply = await get(path);
    if (reply.status !== 200) throw new Error(`A text, a picture or a sound is for a model with a processor, which Cutplane serves as "${model}.process": ${baseUrl} answers GET ${path} with ${describeFailure(reply.status, reply.body)}`);
    const kind = kindOf(reply.body);
    if (kind !== null && !GRADED_KINDS.includes(kind)) throw new Error(ungradedKind(kind, model));
    await awaitReady(`The processor of "${model}"`, async () => (await get(`${path}/ready`)).status === 200);
  } finally {
    caller.close();
  }
}

/** null = it does not say. */
function kindOf(body: Buffer): string | null {
  let told: unknown;
  try {
    told = JSON.parse(body.toString());
  } catch {
    return null;
  }
  const parameters = isObject(told) ? told.parameters : null;
  return isObject(parameters) && typeof parameters.processor === "string" ? parameters.processor : null;
}
