import { expect, test } from "vitest";
import { createSteadyClock, MAX_CAUGHT_UP_MS } from "./clock.ts";

const START_MS = Date.UTC(2026, 0, 1);

/** Both of the machine's clocks, moved by hand. */
function fakeMachine() {
  const machine = { wallMs: START_MS, steadyMs: 500, pass(ms: number): void { machine.wallMs += ms; machine.steadyMs += ms; }, set(byMs: number): void { machine.wallMs += byMs; } };
  return { machine, clock: createSteadyClock(() => machine.wallMs, () => machine.steadyMs) };
}

test("it is the machine's clock as long as that goes evenly", () => {
  const { machine, clock } = fakeMachine();
  for (const ms of [0, 1, 999, 86_400_000]) {
    machine.pass(ms);
    expect(clock.now()).toBe(machine.wallMs);
  }
});

test.each([["forward", 20_000], ["back", -20_000], ["forward as far as it is made up for", MAX_CAUGHT_UP_MS - 1_000], ["back as far", 1_000 - MAX_CAUGHT_UP_MS]])("a clock set %s passes no limit at once, never goes back, and is caught up with", (_way, byMs) => {
  const { machine, clock } = fakeMachine();
  const before = clock.now();
  machine.set(byMs);
  expect(clock.now()).toBe(before);
  let last = before;
  for (let second = 1; second <= 10; second++) {
    machine.pass(1_000);
    const now = clock.now();
    expect(now - last).toBeGreaterThanOrEqual(899);
    expect(now - last).toBeLessThanOrEqual(1_101);
    last = now;
  }
  for (let second = 0; second < Math.abs(byMs) / 100; second++) {
    machine.pass(1_000);
    clock.now();
  }
  expect(clock.now()).toBe(machine.wallMs);
});

test("who slept for hours reads the time that it is, and those who wait are told by how much it jumped", () => {
  const { machine, clock } = fakeMachine();
  const jumps: number[] = [];
  const stop = clock.onJump(({ byMs }) => jumps.push(byMs));
  machine.set(8 * 3600_000);
  expect(clock.now()).toBe(machine.wallMs);
  machine.set(-24 * 3600_000);
  machine.pass(1_000);
  expect(clock.now()).toBe(machine.wallMs);
  expect(jumps).toEqual([8 * 3600_000, -24 * 3600_000]);
  stop();
  machine.set(3600_000);
  clock.now();
  expect(jumps).toHaveLength(2);
});
