import { expect, test } from "vitest";
import { type NodeFacts, previewNode } from "./preview-node.ts";

const facts: NodeFacts = { name: "gateway", cordoned: false, isDraining: false, online: true, heldSegments: 2, usedBy: ["upright"], stoppedHere: ["words"], drawings: [{ name: "fleet", followsFleet: true }, { name: "dock", followsFleet: false }] };
const empty: NodeFacts = { ...facts, cordoned: true, heldSegments: 0, usedBy: [] };

test("a cordon says that what runs goes on", () => expect(previewNode("cordon", facts)).toMatchObject({ possible: true, losses: [], undo: "Uncordon it.", effects: [expect.anything(), expect.stringContaining("2 segments")] }));
test("uncordoning ends a drain, and says so", () => expect(previewNode("uncordon", { ...empty, isDraining: true }).effects).toContain("The drain that is under way ends where it is."));
test("removing a node in use is refused, with the way out", () => expect(previewNode("remove", facts)).toMatchObject({ possible: false, losses: [], reasons: [{ message: "gateway is in use by upright.", fix: "Drain gateway, or stop upright." }] }));
test("removing while it drains waits", () => expect(previewNode("remove", { ...empty, isDraining: true }).possible).toBe(false));
test("removing names all that is lost, asks for the name, and can't be undone", () => {
  const preview = previewNode("remove", empty);
  expect(preview).toMatchObject({ possible: true, undo: null, typed: "gateway" });
  const said = preview.losses.join("\n");
  for (const part of ["join again", "links in the topology fleet", "node behind its card in the topology dock", "last revision of words"]) expect(said).toContain(part);
});
test("twice the same is refused", () => {
  expect(previewNode("cordon", empty).possible).toBe(false);
  expect(previewNode("uncordon", facts).possible).toBe(false);
});
