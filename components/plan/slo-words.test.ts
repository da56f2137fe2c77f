import { expect, test } from "vitest";
import type { PlanRequest } from "../../server/planner/plan-request.ts";
import { askedWords, quantileOptions } from "./slo-words.ts";

test.each<[PlanRequest, string]>([
  [{ objective: "latency" }, "One request at a time: nobody waits."],
  [{ objective: "energy", slo: { quantile: 0.9, latencyMs: 80 } }, "One request at a time: 90 % are answered within 80 ms."],
  [{ objective: "latency", demandPerSecond: 30 }, "30 requests/s that come at random. No node or link may be more than 70 % busy. “Lowest latency” is their mean, waiting included."],
  [{ objective: "latency", demandPerSecond: 30, slo: { quantile: 0.99, latencyMs: 80 } }, "30 requests/s that come at random: 99 % are answered within 80 ms, waiting included. No node or link may be more than 70 % busy. “Lowest latency” is of that share."],
])("what %j means for latency", (request, words) => expect(askedWords(request)).toBe(words));

test("a share that is not among the usual ones stays to be chosen", () => {
  expect(quantileOptions(0.975).map(([value]) => value)).toEqual(["0.5", "0.9", "0.95", "0.975", "0.99", "0.999"]);
});
