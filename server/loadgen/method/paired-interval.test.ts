import { expect, test } from "vitest";
import { pairedInterval } from "./paired-interval.ts";
import { wilsonInterval } from "./wilson-interval.ts";

const Z2 = 1.959964 ** 2;

test.each([1, 10, 500])("no sample of %i judged otherwise: the interval is z² / (n + z²) to both sides", (count) => {
  const { low, high } = pairedInterval(0, 0, count);
  expect(high).toBeCloseTo(Z2 / (count + Z2), 10);
  expect(low).toBeCloseTo(-high, 10);
});

test.each([[3, 40], [5, 100], [10, 200], [30, 100]])("%i of %i gained and none lost: Wilson's, but for a lower end that leaves room for losses", (gained, count) => {
  const { low, high } = pairedInterval(gained, 0, count);
  const wilson = wilsonInterval(gained, count);
  expect(high).toBeCloseTo(wilson.high, 8);
  // There (b − nΔ)² = z² (b − (n − b)Δ − nΔ²).
  const [a, b, c] = [count ** 2 + Z2 * count, -(2 * gained * count - Z2 * (count - gained)), gained ** 2 - Z2 * gained];
  const leavesRoom = wilson.low < gained / (2 * count - gained);
  expect(low).toBeCloseTo(leavesRoom ? (-b - Math.sqrt(b * b - 4 * a * c)) / (2 * a) : wilson.low, 8);
});

test("it has 0 in it exactly where McNemar's test does not reject, and turns with the sign", () => {
  for (const count of [20, 100]) {
    for (let gained = 0; gained <= 15; gained++) {
      for (let lost = 0; lost <= 5; lost++) {
        const { low, high } = pairedInterval(gained, lost, count);
        const rejects = gained + lost > 0 && (gained - lost) ** 2 / (gained + lost) > Z2;
        expect(low > 0 || high < 0, `${gained} gained, ${lost} lost of ${count}`).toBe(rejects);
        const turned = pairedInterval(lost, gained, count);
        expect(turned.low).toBeCloseTo(-high, 9);
        expect(turned.high).toBeCloseTo(-low, 9);
        expect(low).toBeLessThanOrEqual((gained - lost) / count);
        expect(high).toBeGreaterThanOrEqual((gained - lost) / count);
      }
    }
  }
});

test("all gained, or all lost: bounded by 1", () => {
  const { low, high } = pairedInterval(5, 0, 5);
  expect(high).toBeCloseTo(1, 9);
  expect(low).toBeGreaterThan(0);
  expect(pairedInterval(0, 5, 5).low).toBeCloseTo(-1, 9);
});
