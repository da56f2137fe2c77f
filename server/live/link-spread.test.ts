import { expect, test } from "vitest";
import type { LinkSpread } from "../topology/topology.ts";
import { addProbe, addTransfer } from "./link-spread.ts";

const at = "2026-01-01T00:00:00.000Z";

test("probes are counted, and their mean and spread follow what they say", () => {
  let spread: LinkSpread = {};
  for (const bandwidth of [10e6, 12e6, 8e6, 11e6, 9e6]) spread = addProbe(spread, bandwidth, at);
  expect(spread).toMatchObject({ bandwidthSamples: 5, bandwidthAt: at });
  expect(spread.bandwidthMeanBytesPerSecond).toBeCloseTo(10e6, -5);
  expect(spread.bandwidthSdBytesPerSecond).toBeGreaterThan(1e6);
  expect(spread.bandwidthSdBytesPerSecond).toBeLessThan(2e6);
  expect(addProbe(spread, null, "later")).toEqual(spread);
  for (let probe = 0; probe < 40; probe++) spread = addProbe(spread, 2e6, at);
  expect(spread.bandwidthMeanBytesPerSecond).toBeCloseTo(2e6, -4);
});

test("the fastest large frame tells the link, small ones nothing", () => {
  expect(addTransfer(undefined, { bytes: 1000, receiveMs: 0.1 }, at)).toBeUndefined();
  let spread = addTransfer(undefined, { bytes: 1e6, receiveMs: 100 }, at);
  spread = addTransfer(spread, { bytes: 1e6, receiveMs: 400 }, at);
  expect(spread?.trafficBytesPerSecond).toBeGreaterThan(9.5e6);
  for (let frame = 0; frame < 300; frame++) spread = addTransfer(spread, { bytes: 1e6, receiveMs: 400 }, at);
  expect(spread?.trafficBytesPerSecond).toBeLessThan(2.6e6);
});
