import { expect, test } from "vitest";
import type { ObservedAssignment, ObservedIngress } from "../../agents/protocol/control.ts";
import { isGone, type Testimony, testimonyOf, type Witness } from "./testimony.ts";

type Said = { linked: boolean; refusedBy?: string[]; unlinkedFrom?: string[] };
/** The stage after it, which dials it. */
const next = (nodeId: string, { linked, refusedBy, unlinkedFrom }: Said, dials = "nod_x"): Witness => ({
  nodeId, ingress: [],
  desired: { ingress: [], assignments: [{ lanes: [{ laneId: "lan_1", upstream: [{ nodeId: dials }] }] }] as never },
  assignments: [{ lanes: [{ laneId: "lan_1", epoch: 1, upstreamLinked: linked, inFlight: 0, ...(refusedBy ? { refusedBy } : {}), ...(unlinkedFrom ? { unlinkedFrom } : {}) }] } as ObservedAssignment],
});
/** Where requests enter, which dials the last stage of each replica. */
const entry = (nodeId: string, ...pipelines: (Said & { last: string })[]): Witness => ({
  nodeId, assignments: [],
  desired: { assignments: [], ingress: [{ deploymentId: "dep", pipelines: pipelines.map(({ last }, index) => ({ epoch: 1, replica: index + 1, last: { nodeId: last } })) }] as never },
  ingress: [{ deploymentId: "dep", pipelines: pipelines.map(({ linked, refusedBy }, index) => ({ epoch: 1, replica: index + 1, linked, inFlight: 0, ...(refusedBy ? { refusedBy } : {}) })) } as ObservedIngress],
});
const refused = { linked: false, refusedBy: ["nod_x"] };

test.each<[string, Witness[], Testimony, boolean]>([
  ["nobody dials it", [], { reached: 0, refused: 0, unclear: 0 }, false],
  ["the one who dials it is refused", [next("nod_b", refused)], { reached: 0, refused: 1, unclear: 0 }, true],
  ["all are refused", [next("nod_b", refused), entry("nod_c", { ...refused, last: "nod_x" })], { reached: 0, refused: 2, unclear: 0 }, true],
  ["one is through: the others' way is broken", [next("nod_b", refused), entry("nod_c", { linked: true, last: "nod_x" })], { reached: 1, refused: 1, unclear: 0 }, false],
  ["a link is cut: no answer is no word", [next("nod_b", { linked: false })], { reached: 0, refused: 0, unclear: 1 }, false],
  ["one hears nothing, the other is refused", [next("nod_b", { linked: false }), entry("nod_c", { ...refused, last: "nod_x" })], { reached: 0, refused: 1, unclear: 1 }, false],
  ["the one who dials it misses another sender alone", [next("nod_b", { linked: false, unlinkedFrom: ["nod_y"] })], { reached: 1, refused: 0, unclear: 0 }, false],
  ["the one who dials it misses it", [next("nod_b", { linked: false, unlinkedFrom: ["nod_x", "nod_y"] })], { reached: 0, refused: 0, unclear: 1 }, false],
  ["another node is refused", [next("nod_b", { linked: false, refusedBy: ["nod_y"] }, "nod_y")], { reached: 0, refused: 0, unclear: 0 }, false],
  ["another replica of an entry is through, elsewhere", [entry("nod_c", { linked: true, last: "nod_y" }, { ...refused, last: "nod_x" })], { reached: 0, refused: 1, unclear: 0 }, true],
  ["its own word does not count", [next("nod_x", refused)], { reached: 0, refused: 0, unclear: 0 }, false],
])("%s", (_, witnesses, expected, gone) => {
  const testimony = testimonyOf("nod_x", witnesses);
  expect(testimony).toEqual(expected);
  expect(isGone(testimony)).toBe(gone);
});
