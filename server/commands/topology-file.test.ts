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
  expect(refusal(`${head}    trust: maybe\n`)).toMatch(/line 6, nodes\.tn_a\.trust: must be “trusted” or “untrusted”/);
  expect(refusal("format: cutplane-topology/1\nname: dock\n")).toMatch(/nodes: is missing/);
  expect(refusal("hello")).toMatch(/the file/);
  expect(readTopologyFile('{"format":"cutplane-topology/1","name":"j","nodes":{"n":{"name":"x"}}}').document.nodes[0]?.name).toBe("x");
});
test.each([
  ["nodes: {", /line 1, column 9: a “{” or “\[” before this is not closed.*at the end of the file/],
  ["name: a: b\n", /line 1, column 7: a key with a value stands where only a value may/],
  ["nodes:\n\ttn_a: 1\n", /line 2, column 1: a tab/],
  ["name: a\nname: b\n", /line 2, column 1: the same key is given twice.*“name: b”/],
  ["name: \"a\n", /line 2, column 1: a quote/],
  ["name: @x\n", /line 1, column 7: text begins with a character/],
  ["name: a\n---\nname: b\n", /line 2, column 1: a second document/],
  ["name: *x\n", /refers to something that is not in the file/],
])("%j is not YAML: what, where and what to do, in words of our own", (text, message) => {
  expect(refusal(text)).toMatch(message);
  expect(refusal(text)).not.toMatch(/implicit|flow map|mapping|scalar|token/i);
});
