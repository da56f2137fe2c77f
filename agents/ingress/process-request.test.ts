// Which of a request's steps is told what its processor took, and how often: against a route that answers as the test says.
import { expect, test } from "vitest";
import type { ProcessorTimes } from "../protocol/control.ts";
import type { WireTensor } from "../protocol/tensor.ts";
import { WireError } from "../protocol/wire-error.ts";
import { ClientGone } from "./gone.ts";
import type { InferOptions } from "./infer-options.ts";
import { ModelStatistics } from "./model-statistics.ts";
import { processRequest } from "./process-request.ts";
import { ProcessorRefusal } from "./processor-runner.ts";
import type { RouteRuntime } from "./route-runtime.ts";

const PRE: ProcessorTimes = { waitMs: 2, tookMs: 10 };
const POST: ProcessorTimes = { waitMs: 1, tookMs: 4 };

function routeOf({ steps, failing = -1, decodes = true }: { steps: number; failing?: number; decodes?: boolean }) {
  const asked: InferOptions["processor"][] = [];
  const told: { step: number; post: ProcessorTimes | null }[] = [];
  const released: number[] = [];
  const handedOver: number[] = [];
  let forgotten = 0;
  const statistics = new ModelStatistics();
  const route = {
    route: { processor: { kind: "made-up" }, modelName: "m", limits: { defaultDeadlineMs: 10_000, maxDeadlineMs: 10_000 } },
    processor: {
      ready: true,
      encode: async () => ({ ticket: 7, steps: Array.from({ length: steps }, (): WireTensor[] => []), times: PRE }),
      decode: async () => { if (!decodes) throw new ProcessorRefusal("no answer can be made", 500); return { json: "{}", times: POST }; },
      forget: () => { forgotten++; },
    },
    versionOf: () => "1", statisticsOf: () => statistics,
    infer: async (_inputs: WireTensor[], { processor }: InferOptions) => {
      const step = asked.push(processor) - 1;
      if (step === failing) throw new WireError("run_failed", "no");
      return { outputs: [], epoch: 1, attempts: 1, trace: { requestId: `req_${step}` }, release: () => { released.push(step); }, ...(processor?.isLast ? { tell: (post: ProcessorTimes | null) => { told.push({ step, post }); }, handedOver: () => { handedOver.push(step); } } : {}) };
    },
  } as unknown as RouteRuntime;
  const run = () => processRequest(route, { contentType: "", body: new Uint8Array(), signal: new ClientGone(), deadlineMs: null, receivedAt: performance.now() - 5 });
  return { run, asked, told, released, handedOver, statistics, forgotten: () => forgotten };
}

test("one step has both; of many the first has what was before and the last what is after, each counted once; its latency ends when whoever writes the answer says so", async () => {
  for (const steps of [1, 3]) {
    const { run, asked, told, released, handedOver, statistics, forgotten } = routeOf({ steps });
    const processed = await run();
    expect(processed).toMatchObject({ json: "{}", requestId: `req_${steps - 1}` });
    expect(handedOver).toEqual([]);
    processed.handedOver();
    expect(handedOver).toEqual([steps - 1]);
    expect(asked.map((one) => [one?.pre, one?.isLast])).toEqual(Array.from({ length: steps }, (_, step) => [step === 0 ? PRE : null, step === steps - 1]));
    expect(told).toEqual([{ step: steps - 1, post: POST }]);
    expect(released.length).toBe(steps);
    const { processor_stats, ingress_stats } = statistics.told("m", "1");
    expect(processor_stats).toEqual({ queue: { count: 1, ns: 3e6 }, preprocess: { count: 1, ns: 10e6 }, postprocess: { count: 1, ns: 4e6 } });
    expect(ingress_stats.read!.ns).toBeGreaterThanOrEqual(5e6);
    expect(forgotten()).toBe(0);
  }
});

test("where no answer can be made, or a step fails, what ran is told without it, and the processor's time is not a success's", async () => {
  for (const more of [{ steps: 3, decodes: false }, { steps: 3, failing: 1 }]) {
    const { run, told, released, handedOver, statistics, forgotten } = routeOf(more);
    await expect(run()).rejects.toThrow(/^no/);
    expect(told).toEqual([{ step: 2, post: null }]);
    expect(handedOver).toEqual([]);
    expect(released.length).toBe("failing" in more ? 2 : 3);
    expect(statistics.told("m", "1")).not.toHaveProperty("processor_stats");
    expect(forgotten()).toBe(1);
  }
});
