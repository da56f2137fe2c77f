import { expect, test } from "vitest";
import { memoryLimit } from "./memory-limit.ts";

test("a machine's memory less the agent and what predictions may be off by; a drawing says otherwise, an agent's own cap binds both", () => {
  expect(memoryLimit({ drawnBytes: null, machineBytes: 1_180e6, cappedBytes: null })).toBeCloseTo(980e6);
  expect(memoryLimit({ drawnBytes: 500e6, machineBytes: 1_180e6, cappedBytes: null })).toBe(500e6);
  expect(memoryLimit({ drawnBytes: 500e6, machineBytes: 1_180e6, cappedBytes: 300e6 })).toBe(300e6);
  expect(memoryLimit({ drawnBytes: null, machineBytes: 100e6, cappedBytes: null })).toBe(0);
});

test("where nothing is known there is no limit", () => {
  expect(memoryLimit({ drawnBytes: null, machineBytes: null, cappedBytes: null })).toBeNull();
});
