import { expect, test } from "vitest";
import { AppError } from "../errors.ts";
import { checkTopology } from "../topology/check-topology.ts";
import { TEMPLATES } from "../topology/templates.ts";
import { readTopologyFile, writeTopologyFile } from "./topology-file.ts";

const refusal = (text: string): string => {
  try {
    readTopologyFile(text);
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
  return "";
};
const byId = <T extends { id: string }>(items: T[]) => [...items].sort((a, b) => (a.id < b.id ? -1 : 1));

for (const { name, document, layout } of TEMPLATES) {
  test(`${name} has no mistakes and comes back from its file`, () => {
    expect(checkTopology(document)).toEqual([]);
    const text = writeTopologyFile({ name, document, layout });
    const back = readTopologyFile(text);
    expect(back).toEqual({ name, layout, document: { ...document, nodes: byId(document.nodes), links: byId(document.links), zones: byId(document.zones) } });
    expect(writeTopologyFile(back)).toBe(text);
  });
}
test("the order of drawing and fractions of a pixel make no difference in git", () => {
  const { name, document, layout } = TEMPLATES[0] as (typeof TEMPLATES)[number];
  const shuffled = { ...document, nodes: [...document.nodes].reverse(), links: [...document.links].reverse() };
  const noisy = Object.fromEntries(Object.entries(layout).reverse().map(([id, { x, y }]) => [id, { x: x + 0.2, y: y - 0.2 }]));
  expect(writeTopologyFile({ name, document: shuffled, layout: noisy })).toBe(writeTopologyFile({ name, document, layout }));
  expect(writeTopologyFile({ name, document, layout })).toContain("at: [400, 0]");
});
test("mistakes are named by line and path", () => {
  const head = "format: cutplane-topology/1\nname: dock\nnodes:\n  tn_a:\n    name: a\n";
  expect(refusal(`${head}    speed: fast\n`)).toMatch(/line 6, nodes\.tn_a\.speed/);
  expect(refusal(`${head}    colour: red\n`)).toMatch(/line 6, nodes\.tn_a\.colour/);
  expect(refusal(`${head}links:\n  l:\n    from: tn_a\n    to: tn_b\n`)).toMatch(/line 9, links\.l\.to: there is no node “tn_b”/);
  expect(refusal(`${head}  tn_a:\n    name: b\n`)).toMatch(/line 6/);
  expect(refusal("nodes: {")).toMatch(/line 1/);
  expect(refusal("hello")).toMatch(/the file/);
  expect(readTopologyFile('{"format":"cutplane-topology/1","name":"j","nodes":{"n":{"name":"x"}}}').document.nodes[0]?.name).toBe("x");
});
