import { expect, test } from "vitest";
import { type ConfidenceInput, linkConfidence } from "./link-confidence.ts";

const link: ConfidenceInput = { rttMs: 8, rttSdMs: 0.2, bandwidthBytesPerSecond: 1e7, ageMs: 10_000, bandwidthAgeMs: 60_000, spread: { bandwidthSamples: 5, bandwidthSdBytesPerSecond: 5e5 } };

test.each<[string, Partial<ConfidenceInput>, string]>([
  ["measured often, steady, recent", {}, "high"],
  ["bandwidth never measured", { bandwidthBytesPerSecond: null }, "none"],
  ["measured once", { spread: { bandwidthSamples: 1 } }, "medium"],
  ["of an agent that tells no spread", { spread: undefined }, "medium"],
  ["varying bandwidth", { spread: { bandwidthSamples: 5, bandwidthSdBytesPerSecond: 4e6 } }, "medium"],
  ["varying round trip, and old", { rttSdMs: 4, ageMs: 600_000 }, "low"],
  ["faster in traffic", { spread: { bandwidthSamples: 5, trafficBytesPerSecond: 2e7 } }, "medium"],
  ["slower in traffic, which may share it", { spread: { bandwidthSamples: 5, trafficBytesPerSecond: 2e6 } }, "high"],
])("%s", (_, change, level) => expect(linkConfidence({ ...link, ...change }).level).toBe(level));
