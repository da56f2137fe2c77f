// Owns measuring a deployment of ours through its processor: raw pictures, texts or sounds in, JSON out.
import type { Label } from "../method/labelled-row.ts";
import { errorWords } from "./error-words.ts";
import { type CallerOptions, createHttpCaller } from "./http-caller.ts";
import { failedAnswer, loadBodies, type Target } from "./target.ts";

export type RawSample = { bytes: Buffer; contentType: string; /** A text the answer must contain. */ expect?: string; label?: Label };

export function openProcessTarget(options: CallerOptions & { model: string; samples: readonly RawSample[] }): Target {
  const caller = createHttpCaller(options);
  const path = `/v2/models/${encodeURIComponent(options.model)}/process`;
  const bodies = new Map<number, RawSample>();
  return {
    name: `${options.baseUrl} ${options.model}, processed`,
    sampleCount: options.samples.length,
    load: (samples) => loadBodies(bodies, samples, (sample) => options.samples[sample]!),
    send(sample, answered) {
      const { bytes, contentType } = bodies.get(sample)!;
      caller.call({ method: "POST", path, headers: { "content-type": contentType }, body: bytes }, (error, reply) => {
        if (!reply) answered({ ok: false, problem: errorWords(error!) });
        else if (reply.status !== 200) answered(failedAnswer(reply.status, reply.body));
        else answered({ ok: true, data: reply.body });
      });
    },
    judge(sample, data) {
      const { expect } = options.samples[sample]!;
      return expect === undefined ? null : Buffer.from(data).toString().includes(expect);
    },
    close: () => caller.close(),
  };
}
