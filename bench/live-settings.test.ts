import { expect, test } from "vitest";
import type { Problem } from "../server/planner/problem.ts";
import { LIVE_SETTINGS, liveTrace, momentOf } from "./live-settings.ts";
import { linkName } from "./play-disturbances.ts";

const MINUTES_10 = 600_000;
const drawn = (count: number) => ({ nodes: Array.from({ length: count }, (_, index) => ({ topologyNodeId: `tn_${index}` })) }) as Problem;

test("six fleets, each dwell time and noise twice, and something happens in each within ten minutes", () => {
  expect(new Set(LIVE_SETTINGS.map(({ scenario }) => scenario.name)).size).toBe(6);
  for (const dwellMs of [15_000, 60_000, 300_000]) expect(LIVE_SETTINGS.filter((one) => one.dwellMs === dwellMs).length, `${dwellMs}`).toBe(2);
  for (const noise of [0.05, 0.1, 0.2]) expect(LIVE_SETTINGS.filter((one) => one.noise === noise).length, `${noise}`).toBe(2);
  for (const setting of LIVE_SETTINGS) expect(liveTrace(setting, drawn(setting.scenario.nodes.length), MINUTES_10).disturbances.length, setting.scenario.name).toBeGreaterThan(0);
});

test("no node is made slower than its quota allows, and every disturbance is done to a node or link of the scenario", () => {
  for (const setting of LIVE_SETTINGS) {
    const { nodes, links } = setting.scenario;
    const trace = liveTrace(setting, drawn(nodes.length), MINUTES_10);
    for (const { fromMs } of trace.disturbances) {
      const moment = momentOf(trace, setting, fromMs);
      expect(moment.nodes.size + moment.links.size).toBe(1);
      for (const [name, times] of moment.nodes) expect((nodes.find((node) => node.name === name)?.cores ?? 0) / times).toBeGreaterThanOrEqual(0.0999);
      for (const name of moment.links.keys()) expect(links.map(({ between }) => linkName(...between))).toContain(name);
    }
  }
});
