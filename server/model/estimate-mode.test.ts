import { expect, test } from "vitest";
import { reachedPace } from "./device-rates.ts";
import { estimateMode } from "./estimate-mode.ts";
import { estimateProfile } from "./estimate-profile.ts";
import type { Layer } from "./model.ts";
import type { Profile } from "./profile.ts";

const layer = (flops: number, weightBytes: number) => ({ flops, weightBytes, workspaceBytes: 0, opCount: 0 }) as Layer;
/** The second layer only reads memory. */
const facts = { digest: "m", layers: [layer(4e9, 1e6), layer(1e6, 800e6)] };
const session = (intraOpThreads: number) => ({ intraOpThreads, optimization: "all" as const, provider: "cpu" as const });
const measured = (threads: number, slower: number): Profile => ({ ...estimateProfile(facts), deviceClass: "d", session: session(threads), kind: "measured", layerMs: estimateProfile(facts).layerMs.map((ms) => ms * slower), measuredAt: "2026-01-01T00:00:00Z", runs: 5 });
const none = new Map<number, never[]>();

test("from one thread to two, computing gains and reading memory does not; it is called an estimate", () => {
  const one = measured(1, 3);
  const two = estimateMode(facts, { deviceClass: "d", session: session(2), measured: [one], paces: none });
  expect(two).toMatchObject({ kind: "estimated", basis: "mode", deviceClass: "d", session: session(2), measuredAt: null });
  expect(two?.layerMs[0]).toBeCloseTo(one.layerMs[0]! / 1.6, 6);
  expect(two?.layerMs[1]).toBeCloseTo(one.layerMs[1]!, 6);
  const four = estimateMode(facts, { deviceClass: "d", session: session(4), measured: [one], paces: none });
  expect(four?.layerMs[0]).toBeCloseTo(one.layerMs[0]! / 1.6 ** 2, 6);
});

test("what other models gained from threads there counts before any rule, and the nearest measured mode before a far one", () => {
  const pace = (slower: number) => [reachedPace("mdl_b", facts, { layerMs: estimateProfile(facts).layerMs.map((ms) => ms * slower) })];
  const paces = new Map([[1, pace(4)], [2, pace(1)]]);
  expect(estimateMode(facts, { deviceClass: "d", session: session(2), measured: [measured(1, 8)], paces })?.layerMs[0]).toBeCloseTo(measured(1, 2).layerMs[0]!, 6);
  const fromTwo = estimateMode(facts, { deviceClass: "d", session: session(4), measured: [measured(1, 100), measured(2, 2)], paces: none });
  expect(fromTwo?.layerMs[0]).toBeCloseTo(measured(2, 2).layerMs[0]! / 1.6, 6);
});

test("a model measured nowhere takes what others reached, a fleet that measured nothing gives nothing", () => {
  const paces = new Map([[1, [reachedPace("mdl_b", facts, { layerMs: [400, 200] })]]]);
  const estimate = estimateMode(facts, { deviceClass: "d", session: session(1), measured: [], paces });
  expect(estimate).toMatchObject({ kind: "estimated", basis: "device" });
  expect(estimate?.layerMs[0]).toBeCloseTo(400, 6);
  expect(estimateMode(facts, { deviceClass: "d", session: session(1), measured: [], paces: none })).toBeNull();
});
