import { expect, test } from "vitest";
import { NO_THERMAL, type Thermal } from "../../agents/protocol/thermal.ts";
import { learnThermal, type ThermalCapacity } from "./thermal-capacity.ts";

const told = (celsius: number | null, change: Partial<Thermal> = {}): Thermal => ({ celsius, sensor: celsius === null ? null : "coretemp", clockRatio: 0.5, clockLimitRatio: 1, throttled: false, ...change });
const follow = (...readings: Thermal[]) => readings.reduce<ThermalCapacity | null>((before, one, index) => learnThermal(before, one, index * 2000), null);

test("a temperature is followed with its spread, and a throttled clock shows with the report that tells it", () => {
  const known = follow(told(50), told(52), told(95, { clockLimitRatio: 0.4, throttled: true }));
  expect(known).toMatchObject({ sensor: "coretemp", clockLimitRatio: 0.4, throttled: true, atMs: 4000, celsius: { last: 95, samples: 3 } });
  expect(known?.celsius?.variance).toBeGreaterThan(0);
});

test("what cannot be read any more is not readable, and not what it was or zero", () => {
  expect(follow(told(50), NO_THERMAL)).toEqual({ celsius: null, sensor: null, clockRatio: null, clockLimitRatio: null, throttled: null, atMs: 2000 });
});

test("another sensor begins anew", () => {
  expect(follow(told(50), told(50), told(80, { sensor: "acpitz" }))?.celsius).toMatchObject({ mean: 80, samples: 1, variance: 0 });
});
