// Owns measuring an endpoint that speaks OpenAI's API: chat and text completions as streams, so that the first token's time is known, and embeddings.
// https://platform.openai.com/docs/api-reference; streams are server-sent events that end with "data: [DONE]".
import type { OpenAiKind } from "../method/openai-row.ts";
import { errorWords } from "./error-words.ts";
import { type CallerOptions, type HttpCaller, createHttpCaller } from "./http-caller.ts";
import type { DataRow } from "./read-data.ts";
import { readEmbedding } from "./read-embedding.ts";
import { createSseReader } from "./sse-reader.ts";
import { failedAnswer, loadBodies, type Target } from "./target.ts";

export type OpenAiOptions = CallerOptions & { kind: OpenAiKind; model: string; maxTokens: number; data: readonly DataRow[] | null; sampleCount: number };

const PATHS: Record<OpenAiKind, string> = { chat: "/chat/completions", completions: "/completions", embeddings: "/embeddings" };

export function openOpenAiTarget(options: OpenAiOptions): Target {
  const caller = createHttpCaller(options);
  const bodies = new Map<number, { bytes: Buffer }>();
  return {
    name: `${options.baseUrl} ${options.kind} ${options.model}`,
    sampleCount: options.data?.length ?? options.sampleCount,
    load: (samples) => loadBodies(bodies, samples, (sample) => ({ bytes: Buffer.from(JSON.stringify(requestOf(options, sample))) })),
    send: (sample, answered) => send(caller, options, bodies.get(sample)!.bytes, answered),
    judge(sample, data) {
      const expected = options.data?.[sample]?.expect;
      return expected === undefined ? null : Buffer.from(data).toString().includes(expected);
    },
    close: () => caller.close(),
  };
}

/** What a row leaves out is ours; a row wins, but for how the answer comes. */
function requestOf({ kind, model, maxTokens, data }: OpenAiOptions, sample: number): Record<string, unknown> {
  const text = `Question ${sample}: name ${2 + (sample % 7)} things that begin with the letter ${String.fromCharCode(97 + (sample % 26))}.`;
  if (kind === "embeddings") return { input: text, encoding_format: "base64", model, ...data?.[sample]?.request };
  const prompt = kind === "chat" ? { messages: [{ role: "user", content: text }] } : { prompt: text };
  return { ...prompt, max_tokens: maxTokens, temperature: 0, model, ...data?.[sample]?.request, stream: true, stream_options: { include_usage: true } };
}

function send(caller: HttpCaller, { kind }: OpenAiOptions, body: Buffer, answered: Parameters<Target["send"]>[1]): void {
  const isStream = kind !== "embeddings";
  const reader = createSseReader(() => Math.round(performance.now() * 1e6));
  const headers = { "content-type": "application/json", ...(isStream ? { accept: "text/event-stream" } : {}) };
  caller.call({ method: "POST", path: PATHS[kind], headers, body, onPiece: isStream ? reader.add : undefined }, (error, reply) => {
    if (!reply) return answered({ ok: false, problem: errorWords(error!) });
    if (reply.status !== 200) return answered(failedAnswer(reply.status, reply.body));
    if (!isStream) return answered({ ok: true, data: reply.body, told: () => ({ embedding: readEmbedding(reply.body) }) });
    const { text, firstAtNs, tokens, isWhole, problem } = reader.end();
    if (problem !== null || !isWhole) return answered({ ok: false, problem: problem ?? "the stream ended without [DONE]" });
    answered({ ok: true, data: Buffer.from(text), told: () => ({ text }), ...(firstAtNs === null ? {} : { firstTokenAtNs: firstAtNs, tokenCount: tokens }) });
  });
}
