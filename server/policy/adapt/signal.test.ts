import { expect, test } from "vitest";
import { seededRandom } from "../../model/seeded-random.ts";
import { addToSignal, NEW_SIGNAL, type Signal, slowdownOf } from "./signal.ts";

/** Standard normal by seed. */
function normals(seed: number): () => number {
  const random = seededRandom(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
/** One sample a second; the second of the first alarm, or null. */
function run(ratioAt: (second: number) => number, seconds: number): { signal: Signal; alarmAt: number | null; cleared: number[] } {
  let signal = NEW_SIGNAL;
  let alarmAt: number | null = null;
  const clearedAt: number[] = [];
  for (let second = 0; second < seconds; second++) {
    const { signal: next, cleared } = addToSignal(signal, ratioAt(second), second * 1000);
    signal = next;
    if (signal.alarm && alarmAt === null) alarmAt = second;
    if (cleared !== null) clearedAt.push(cleared);
  }
  return { signal, alarmAt, cleared: clearedAt };
}

test.each([0.05, 0.1, 0.2])("ten minutes of noise %f are no drift, whatever the bias of the prediction", (noise) => {
  for (let seed = 1; seed <= 40; seed++) {
    const normal = normals(seed);
    const bias = (seed % 5) * 0.1 - 0.2;
    expect(run(() => Math.exp(bias + noise * normal()), 600).alarmAt, `seed ${seed}`).toBeNull();
  }
});

test.each([0.05, 0.1, 0.2])("twice as slow is noticed within three samples most of the time, noise %f", (noise) => {
  const delays = Array.from({ length: 40 }, (_, seed) => {
    const normal = normals(seed + 100);
    return (run((second) => (second >= 100 ? 2 : 1) * Math.exp(noise * normal()), 130).alarmAt ?? 130) - 99;
  }).sort((a, b) => a - b);
  expect(delays[20]).toBeLessThanOrEqual(3);
  expect(delays[39]).toBeLessThanOrEqual(6);
});

test("it ends when it is over, and says how long it lasted; half way back changes nothing", () => {
  const { cleared, signal } = run((second) => (second >= 100 && second < 160 ? 3 : 1), 200);
  expect(cleared).toHaveLength(1);
  expect(cleared[0]).toBeGreaterThan(58_000);
  expect(cleared[0]).toBeLessThan(66_000);
  expect(slowdownOf(signal)).toBeCloseTo(1, 1);
  expect(run((second) => (second < 100 ? 1 : second < 160 ? 3 : 1.9), 220).signal.alarm).not.toBeNull();
});

test("what alarmed while little was known is over as soon as any other", () => {
  let signal: Signal = { ...NEW_SIGNAL, samples: 1, alarm: { sinceMs: 0, level: Math.log(3) } };
  let lasted = 0;
  for (; signal.alarm && lasted < 60; lasted++) signal = addToSignal(signal, 1, lasted * 1000).signal;
  expect(lasted).toBeLessThanOrEqual(4);
});

test("the fifth disturbance is found as soon as the first: steps are not learnt as noise", () => {
  const delays = [0, 0, 0, 0, 0];
  for (let seed = 1; seed <= 40; seed++) {
    const normal = normals(seed);
    let signal = NEW_SIGNAL;
    const add = (level: number) => { signal = addToSignal(signal, level * Math.exp(0.15 * normal()), 0).signal; };
    for (const turn of delays.keys()) {
      for (let second = 0; second < 25; second++) add(1);
      for (let second = 0; second < 12 && signal.alarm === null; second++, delays[turn]! += 1 / 40) add(2.2);
    }
  }
  expect(delays[4]).toBeLessThanOrEqual(delays[0]! + 0.1);
  expect(Math.max(...delays)).toBeLessThanOrEqual(2.65);
});

test("a step in the middle of a second is found with the second after it", () => {
  let late = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const normal = normals(seed);
    late += (run((second) => (second === 60 ? 1.6 : second > 60 ? 12 : 1) * Math.exp(0.12 * normal()), 70).alarmAt ?? 70) > 61 ? 1 : 0;
  }
  expect(late).toBeLessThan(10);
});

test("what is off from the start by more than predictions are is drift; what is off by less is bias", () => {
  expect(run(() => 1.4, 60).signal).toMatchObject({ alarm: null });
  expect(run(() => 3, 60).signal.alarm).not.toBeNull();
});

test("one stall is no evidence, and nonsense is not taken in", () => {
  expect(run((second) => (second === 100 ? 50 : 1), 110).alarmAt).toBeNull();
  for (const ratio of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) expect(addToSignal(NEW_SIGNAL, ratio, 0).signal).toEqual(NEW_SIGNAL);
});
