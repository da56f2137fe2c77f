import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ServedModel, serveModel, WIDTH } from "../../agents/ingress/testdata/served-model.ts";
import { createMetrics } from "./metrics.ts";

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
  expect((await fetch(`${served.url}/v2/models/tiny/infer`, { method: "POST", body: JSON.stringify({ ...JSON.parse(body), parameters: { sequence_id: 7 } }) })).status).toBe(409);
  const ingress = await (await fetch(`${served.url}/metrics`)).text();
  let own = "";
  const metrics = createMetrics({ connected_agents: { help: "Agents with a connection now.", read: () => 1 } });
  await metrics.handler({ url: "/metrics" } as never, { writeHead: () => undefined, end: (text: string) => { own = text; } } as never);
  return toldBy(`${ingress}\n${own}`);
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
      if (names[0]!.startsWith("cutplane_console_")) continue;
      const wanted = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g), ...expr.matchAll(/(\w+)=~/g)].map(([, label]) => label!);
      expect([title, wanted.filter((label) => !known.get(names[0]!)!.has(label))]).toEqual([title, []]);
    }
  }
});

test("no panel lies on another", () => {
  const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) => Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`));
  expect(new Set(cells).size).toBe(cells.length);
});
