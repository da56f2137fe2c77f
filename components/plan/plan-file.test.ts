import { expect, test } from "vitest";
import { readPlanFile, writePlanFile } from "./plan-file.ts";

const nodes = [{ id: "tn_a", name: "camera" }, { id: "tn_b", name: "server" }];
const placement = [{ from: 0, to: 4, topologyNodeId: "tn_a" }, { from: 4, to: 9, topologyNodeId: "tn_b" }];
const content = { model: { name: "net", digest: "ab", layerCount: 9 }, placement, request: { objective: "latency" as const, avoidNodeIds: ["tn_c"] }, found: null };

test("a plan comes back as it went, a stage a line", () => {
  const text = writePlanFile(content, nodes);
  expect(text).toContain('    {"node":"camera","nodeId":"tn_a","firstLayer":1,"lastLayer":4},\n    {"node":"server"');
  expect(JSON.parse(text)).toMatchObject({ format: "cutplane-plan/1", stages: [{}, {}] });
  expect(readPlanFile(text, nodes, 9)).toEqual({ placement, request: content.request });
});

test("replicas go with it, a stage a line each; a bad one is refused by its number", () => {
  const replicas = [[{ from: 0, to: 9, topologyNodeId: "tn_b" }]];
  const text = writePlanFile({ ...content, replicas }, nodes);
  expect(text).toContain('  "replicas": [\n    [\n      {"node":"server"');
  expect(readPlanFile(text, nodes, 9)).toEqual({ placement, replicas, request: content.request });
  const bad = JSON.stringify({ ...JSON.parse(text), replicas: [[{ node: "nobody", firstLayer: 1, lastLayer: 9 }]] });
  expect(readPlanFile(bad, nodes, 9)).toMatchObject({ problem: expect.stringContaining("Replica 2: Stage 1") });
});

test("in another drawing nodes are found by name", () => {
  expect(readPlanFile(writePlanFile(content, nodes), [{ id: "x", name: "server" }, { id: "y", name: "camera" }], 9)).toMatchObject({ placement: [{ topologyNodeId: "y" }, { topologyNodeId: "x" }] });
});

test.each([
  ["not JSON", "{", /not JSON. Line 1, column 2: a key/],
  ["nothing at all", "null", /format/],
  ["another format", '{"format":"x"}', /format/],
  ["an unknown node", '{"format":"cutplane-plan/1","stages":[{"node":"nobody","firstLayer":1,"lastLayer":2}]}', /nobody/],
  ["no layers", '{"format":"cutplane-plan/1","stages":[{"node":"camera","firstLayer":0,"lastLayer":2}]}', /Stage 1/],
  ["too many layers", '{"format":"cutplane-plan/1","stages":[{"node":"camera","firstLayer":1,"lastLayer":10}]}', /10 layers/],
  ["no stages", '{"format":"cutplane-plan/1"}', /no stages/],
])("refuses %s and says what to do", (_name, text, message) => {
  const read = readPlanFile(text, nodes, 9);
  expect(read).toMatchObject({ problem: expect.stringMatching(message), fix: expect.stringMatching(/./) });
});
