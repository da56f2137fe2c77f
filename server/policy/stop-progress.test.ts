import { expect, test } from "vitest";
import { stopProgress } from "./stop-progress.ts";
import { deployment, node, NOW_MS, reportReady, revision, snapshot } from "./testdata/fleet.ts";

const one = revision(1, ["a", "b"]);
const stopped = (sinceMs: number, more = {}) => {
  const view = deployment([one], { desired: "stopped", ...more });
  return { ...view, settings: { ...view.settings, stoppedAtMs: NOW_MS - sinceMs } };
};
const nodes = [node("a"), node("b")];
const held = (inFlight: number) => reportReady(nodes, [one], { inFlight });
const progress = (view: ReturnType<typeof stopped>, fleet = nodes) => stopProgress(snapshot(view, fleet), view);

test("while requests are in flight it drains, and can be called off", () => {
  expect(progress(stopped(5_000), held(2))).toMatchObject({ step: "drain", inFlight: 4, cancellable: true, detail: "4 requests in flight.", stages: [{ nodeName: "node a", state: "drains", inFlight: 2 }, { nodeName: "node b", state: "drains", inFlight: 2 }] });
  expect(progress(stopped(0), held(0))).toMatchObject({ step: "drain", detail: expect.stringContaining("Nothing is in flight") });
});
test("a deployment that never served has nothing to go back to", () => expect(progress(stopped(0, { currentRevisionId: null }), held(0)).cancellable).toBe(false));
test("then each node unloads, and is named until it has", () => {
  expect(progress(stopped(5_000), held(0))).toMatchObject({ step: "retire", cancellable: false, detail: "node a, node b still unload." });
  const [a] = held(0);
  expect(progress(stopped(5_000), [a ?? node("a"), node("b")])).toMatchObject({ detail: "node a still unloads.", stages: [{ state: "unloads" }, { state: "unloaded" }] });
  expect(progress(stopped(5_000), nodes)).toMatchObject({ detail: "Every segment is unloaded." });
});
test("a node that is away says nothing of what it holds", () => expect(progress(stopped(5_000), [node("a", { connected: false }), node("b")]).stages[0]?.state).toBe("unknown"));
