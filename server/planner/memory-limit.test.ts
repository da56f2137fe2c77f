import { expect, test } from "vitest";
import { memoryLimit } from "./memory-limit.ts";

test("a machine's memory less the agent and what predictions may be off by; a drawing says otherwise, an agent's own cap binds both", () => {
  expect(memoryLimit({ drawnBytes: null, machineBytes: 1_180e6, cappedBytes: null, usableBytes: null })).toBeCloseTo(980e6);
  expect(memoryLimit({ drawnBytes: 500e6, machineBytes: 1_180e6, cappedBytes: null, usableBytes: null })).toBe(500e6);
  expect(memoryLimit({ drawnBytes: 500e6, machineBytes: 1_180e6, cappedBytes: 300e6, usableBytes: null })).toBe(300e6);
  expect(memoryLimit({ drawnBytes: null, machineBytes: 100e6, cappedBytes: null, usableBytes: null })).toBe(0);
});

test("where nothing is known there is no limit", () => {
  expect(memoryLimit({ drawnBytes: null, machineBytes: null, cappedBytes: null, usableBytes: null })).toBeNull();
});

test("what others hold of the machine is not for stages, also where more is drawn", () => {
  expect(memoryLimit({ drawnBytes: null, machineBytes: 8_180e6, cappedBytes: null, usableBytes: 1_180e6 })).toBeCloseTo(980e6);
  expect(memoryLimit({ drawnBytes: 4_000e6, machineBytes: 8_180e6, cappedBytes: null, usableBytes: 1_180e6 })).toBeCloseTo(980e6);
  expect(memoryLimit({ drawnBytes: 500e6, machineBytes: 8_180e6, cappedBytes: null, usableBytes: 1_180e6 })).toBe(500e6);
});
