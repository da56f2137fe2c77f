import { expect, test } from "vitest";
import { WireError } from "../protocol/wire-error.ts";
import { ANYWHERE, type Destination } from "./batcher.ts";
import { Canary } from "./canary.ts";
import type { InferAnswer } from "./dispatcher.ts";
import type { PipelineRuntime } from "./pipeline-runtime.ts";
import { spreadRequest } from "./spread-requests.ts";

const LINKED = { linked: true } as PipelineRuntime;
/** One request; `epoch`: of who answers. */
function create({ serves, share }: { serves: boolean; share: number }) {
  const canary = new Canary({ epoch: 2, share, shadowShare: 0, tolerance: 1e-3 }, () => 0);
  const asked: Destination[] = [];
  const send = (epoch: number | null, tried: PipelineRuntime | null = LINKED, wanted = ANYWHERE) => spreadRequest<InferAnswer>({
    canary, wanted, serves, goesOn: false, tried, hasRoom: () => true, copy: () => Promise.reject(new Error("no copy is wanted")),
    run: async (to) => { asked.push(to); if (epoch === null) throw new WireError("deadline", "no answer"); return { epoch } as InferAnswer; },
  });
  return { canary, asked, send };
}

test("of what is tried its share counts", async () => {
  const { canary, asked, send } = create({ serves: false, share: 0.5 });
  for (let i = 0; i < 4; i++) await send(2);
  expect(asked.filter(({ isTried }) => isTried)).toHaveLength(2);
  await send(1, null);
  expect(canary.observed()).toMatchObject({ requests: 2, failed: 0 });
});

test("of what has taken over and is watched every request counts: answered, not answered while nothing of it is linked, or by the one before it", async () => {
  const { canary, asked, send } = create({ serves: true, share: 1 });
  await send(2);
  await expect(send(null, null)).rejects.toMatchObject({ code: "deadline" });
  await send(1);
  expect(asked).toEqual([ANYWHERE, ANYWHERE, ANYWHERE]);
  expect(canary.observed()).toMatchObject({ requests: 3, failed: 2 });
});

test("who names a version gets it: of the one that is tried it counts, of the other it does not", async () => {
  const { canary, asked, send } = create({ serves: false, share: 1 });
  const named = [2, 1].map((epoch): Destination => ({ epoch, isTried: false }));
  for (const wanted of named) await send(wanted.epoch, LINKED, wanted);
  expect(asked).toEqual(named);
  expect(canary.observed()).toMatchObject({ requests: 1, failed: 0 });
});
