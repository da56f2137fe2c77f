import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ServedModel, serveModel, WIDTH } from "../../agents/ingress/testdata/served-model.ts";
import { agentMetrics } from "../../agents/agent-metrics.ts";
import { expositionText } from "../../agents/exposition.ts";
import { parseExposition } from "../../agents/testdata/parse-exposition.ts";
import { createMetrics } from "./metrics.ts";

const SAMPLE = { cpuRatio: 0.5, agentCpuCores: 1, memoryUsedBytes: 2e9, agentRssBytes: 1e8, stages: [], ingress: [] };
let served: ServedModel;
beforeAll(async () => { served = await serveModel(); }, 60_000);
afterAll(() => served?.fleet.close());

type Dashboard = { panels: { title: string; gridPos: { x: number; y: number; w: number; h: number }; targets: { expr: string; legendFormat: string }[] }[]; templating: { list: { query: string | { query: string } }[] } };
const dashboard = JSON.parse(readFileSync(new URL("../../docs/grafana-dashboard.json", import.meta.url), "utf8")) as Dashboard;

/** Names as a query may write them, with the labels their rows have. */
function toldBy(text: string): Map<string, Set<string>> {
  const told = new Map<string, Set<string>>();
  for (const [, name, type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) for (const suffix of type === "histogram" ? ["_bucket", "_sum", "_count"] : [""]) told.set(name + suffix, new Set());
  for (const [, name, labels] of text.matchAll(/^([a-z_]+)\{(.*)\} \S+$/gm)) for (const [, label] of labels!.matchAll(/(\w+)="/g)) told.get(name!)?.add(label!);
  return told;
}

async function told(): Promise<Map<string, Set<string>>> {
  const body = JSON.stringify({ inputs: [{ name: "v0", datatype: "FP32", shape: [1, WIDTH], data: [1, 2, 3, 4] }] });
  expect((await fetch(`${served.url}/v2/models/tiny/infer`, { method: "POST", body })).status).toBe(200);
  // One that fails, so that reasons have rows too.
  expect((await fetch(`${served.url}/v2/models/tiny/infer`, { method: "POST", body: JSON.stringify({ inputs: [] }) })).status).toBe(400);
  const ingress = await (await fetch(`${served.url}/metrics`)).text();
  const stage = served.pipeline.stages[0]!.child;
  stage.send({ type: "metrics", askId: 1 });
  await stage.until("its figures", (child) => child.last("metrics") !== undefined);
  const agent = expositionText(agentMetrics({ nodeName: "edge", connected: true, assignments: [], ingress: [], sample: SAMPLE, thermal: { celsius: 61, sensor: "coretemp", clockRatio: 0.5, clockLimitRatio: 1, throttled: false }, fetched: { console: 0, peers: 0, relayed: 0 }, givenBytes: 0 }, { families: stage.last("metrics")!.families, silent: 0 }));
  let own = "";
  const metrics = createMetrics({ connected_agents: { help: "Agents with a connection now.", read: () => 1 } });
  metrics.observe({ url: "/api/v1/models" } as never, { statusCode: 200, once: (_event: string, closed: () => void) => closed() } as never);
  await metrics.handler({ url: "/metrics" } as never, { writeHead: () => undefined, end: (text: string) => { own = text; } } as never);
  for (const text of [ingress, agent, own]) parseExposition(text);
  return toldBy(`${ingress}\n${agent}\n${own}`);
}

test("every query of the dashboard asks for a figure that is told, by labels it has", async () => {
  const known = await told();
  const queries = [...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)), ...dashboard.templating.list.map(({ query }) => (typeof query === "string" ? query : query.query))];
  const asked = queries.flatMap((query) => [...query.matchAll(/\b(cutplane_\w+)/g)].map(([, name]) => name!));
  expect(asked.length).toBeGreaterThan(10);
  expect(asked.filter((name) => !known.has(name))).toEqual([]);
  for (const { title, targets } of dashboard.panels) {
    for (const { expr, legendFormat } of targets) {
      const names = [...expr.matchAll(/\b(cutplane_\w+)/g)].map(([, name]) => name!);
      // What a scrape adds of its own is no label of the text.
      const wanted = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g), ...expr.matchAll(/(\w+)=~/g)].map(([, label]) => label!).filter((label) => label !== "instance");
      expect([title, wanted.filter((label) => !known.get(names[0]!)!.has(label))]).toEqual([title, []]);
    }
  }
});

test("no panel lies on another", () => {
  const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) => Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`));
  expect(new Set(cells).size).toBe(cells.length);
});
