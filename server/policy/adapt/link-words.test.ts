import { expect, test } from "vitest";
import type { NodeView } from "../snapshot.ts";
import { deployment, node, reportIngress, reportReady, revision, snapshot } from "../testdata/fleet.ts";
import { linkWords } from "./link-words.ts";

type Lane = { upstreamLinked: boolean; unlinkedFrom?: string[]; refusedBy?: string[] };
/** Requests enter at a and c, stages on a2 and b; each entry's pipeline is linked where `through` says so. */
const two = revision(1, ["a2", "b"], ["a", "c"]);
function words(first: Lane, { second = { upstreamLinked: true }, through = { a: true, c: true }, change = {} }: { second?: Lane; through?: Record<string, boolean>; change?: Record<string, Partial<NodeView>> } = {}): Record<string, boolean> {
  const nodes = reportReady(["a", "a2", "b", "c"].map((id) => node(id)), [two]).map((each): NodeView => {
    const told = each.nodeId === "a2" ? first : each.nodeId === "b" ? second : null;
    const linked = through[each.nodeId];
    const said = told ? { ...each, assignments: each.assignments.map((one) => ({ ...one, lanes: one.lanes.map((lane) => ({ ...lane, ...told })) })) } : each;
    const entry = linked === undefined ? said : reportIngress(said, [1], 1, { pipelines: [{ epoch: 1, linked, inFlight: 0 }], error: linked ? null : "the first stage has not connected" });
    return { ...entry, ...change[each.nodeId] };
  });
  const view = deployment([two]);
  return Object.fromEntries(linkWords(snapshot(view, nodes), view, two));
}

test("each entry that the first stage is through to, and each way on and back", () => {
  expect(words({ upstreamLinked: true })).toEqual({ "a>a2": true, "c>a2": true, "a2>b": true, "b>a": true, "b>c": true });
});

test("of two entries the one that the first stage names is not linked, the other is", () => {
  expect(words({ upstreamLinked: false, unlinkedFrom: ["c"] }, { through: { a: true, c: false } })).toMatchObject({ "a>a2": true, "c>a2": false, "b>a": true });
});

test("an agent that does not say which is believed of all, and of one that refuses", () => {
  expect(words({ upstreamLinked: false })).toEqual({ "a2>b": true, "b>a": true, "b>c": true });
  expect(words({ upstreamLinked: false, refusedBy: ["c"] })).toMatchObject({ "c>a2": false });
  expect(words({ upstreamLinked: false, refusedBy: ["c"] })).not.toHaveProperty("a>a2");
});

test("of an entry that is lost nothing is said, of the other one it is", () => {
  const said = words({ upstreamLinked: false, unlinkedFrom: ["c"] }, { change: { c: { presence: "lost", connected: false } } });
  expect(said).toEqual({ "a>a2": true, "a2>b": true, "b>a": true });
});

test("an entry that does not have the pipeline yet cannot be dialled", () => {
  expect(words({ upstreamLinked: false, unlinkedFrom: ["c"] }, { change: { c: { ingress: [] } } })).not.toHaveProperty("c>a2");
});

test("the way back is cut where all before it are through, and not where the trouble is further up", () => {
  expect(words({ upstreamLinked: true }, { through: { a: false, c: true } })).toMatchObject({ "b>a": false, "b>c": true });
  const broken = words({ upstreamLinked: true }, { second: { upstreamLinked: false }, through: { a: false, c: false } });
  expect(broken).toEqual({ "a>a2": true, "c>a2": true, "a2>b": false });
});
