import { expect, test } from "vitest";
import { type BurstAsked, BurstPlan, MAX_BURST_BYTES } from "./burst-plan.ts";

const MBIT = 125_000;
/** A link that carries so much: what a whole measurement sends, and what it says. */
function measure(bytesPerSecond: number, asked: BurstAsked): { sent: number[]; bandwidth: number | null } {
  const plan = new BurstPlan(asked);
  const sent: number[] = [];
  let again = true;
  while (again) {
    sent.push(plan.bytes);
    again = plan.after({ bytes: plan.bytes, spentMs: (plan.bytes / bytesPerSecond) * 1000 });
  }
  return { sent, bandwidth: plan.bandwidth() };
}
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

test.each([1, 2, 10, 50])("a known link of %d Mbit/s is sent a quarter of a second of it, once", (mbit) => {
  const { sent, bandwidth } = measure(mbit * MBIT, { knownBytesPerSecond: mbit * MBIT, light: false });
  expect(sent).toHaveLength(1);
  expect(sum(sent)).toBeLessThanOrEqual(Math.max(32 * 1024, 0.25 * mbit * MBIT) + 1);
  expect(bandwidth).toBeCloseTo(mbit * MBIT, -2);
});

test("an unknown link of 1 Mbit/s is measured with what takes half a second of it", () => {
  const { sent, bandwidth } = measure(MBIT, { knownBytesPerSecond: null, light: false });
  expect(sum(sent)).toBeLessThan(0.6 * MBIT);
  expect(bandwidth).toBeCloseTo(MBIT, -2);
});

test("a fast link is found from small bursts on, and measured with the largest, three times", () => {
  const { sent, bandwidth } = measure(4000 * MBIT, { knownBytesPerSecond: null, light: false });
  expect(sent.filter((bytes) => bytes === MAX_BURST_BYTES)).toHaveLength(3);
  expect(bandwidth).toBeCloseTo(4000 * MBIT, -4);
  expect(measure(4000 * MBIT, { knownBytesPerSecond: 4000 * MBIT, light: false }).sent).toEqual([MAX_BURST_BYTES, MAX_BURST_BYTES, MAX_BURST_BYTES]);
});

test("a link that has become much wider or narrower than known is measured as it is now", () => {
  expect(measure(400 * MBIT, { knownBytesPerSecond: MBIT, light: false }).bandwidth).toBeCloseTo(400 * MBIT, -4);
  const plan = new BurstPlan({ knownBytesPerSecond: 400 * MBIT, light: false });
  // It ran into its time.
  expect(plan.after({ bytes: 128 * 1024, spentMs: 1000 })).toBe(false);
  expect(plan.bandwidth()).toBeCloseTo(128 * 1024);
});

test("a long way whose TCP opens slowly is measured until it is open", () => {
  const plan = new BurstPlan({ knownBytesPerSecond: null, light: false });
  let window = 14_480;
  let bursts = 0;
  for (let again = true; again; bursts++) {
    // Each round trip beyond the first doubles what is under way.
    let [rounds, under] = [1, window];
    for (; under < plan.bytes; rounds++) under = under * 2 + window;
    window = Math.max(window, Math.min(plan.bytes, window * 2 ** rounds));
    again = plan.after({ bytes: plan.bytes, spentMs: (rounds - 1) * 100 + (plan.bytes / (160 * MBIT)) * 1000 });
  }
  expect(plan.bandwidth()).toBeGreaterThan(0.8 * 160 * MBIT);
  expect(bursts).toBeLessThanOrEqual(12);
});

test("while the node serves by other links one small measurement is made", () => {
  const { sent } = measure(4000 * MBIT, { knownBytesPerSecond: 4000 * MBIT, light: true });
  expect(sent).toEqual([512 * 1024]);
});
