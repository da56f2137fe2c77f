import { expect, test } from "vitest";
import { type DeploymentFacts, previewDeployment } from "./preview-deployment.ts";

const running: DeploymentFacts = {
  name: "upright", desired: "running", currentRevision: 2, migration: null, requestsPerSecond: 20.4, inFlight: 3,
  stages: [{ nodeName: "cam", from: 0, to: 20, memoryBytes: 120e6 }, { nodeName: "server", from: 20, to: 60, memoryBytes: 130e6 }],
  ingressUrls: ["http://127.0.0.1:9000/"], revisionCount: 2, keyCount: 1, target: { number: 1, missing: [], entries: null },
};
const stopped: DeploymentFacts = { ...running, desired: "stopped", requestsPerSecond: null, inFlight: null, stages: [] };
const moving: DeploymentFacts = { ...running, migration: { state: "warm", toRevision: 3 } };

test("a stop names the address, what is in flight, what is freed and who loses", () => {
  const preview = previewDeployment("stop", moving);
  expect(preview).toMatchObject({ possible: true, typed: "upright", losses: ["About 20 requests a second get no answer until it is started again."] });
  const said = preview.effects.join("\n");
  for (const part of ["http://127.0.0.1:9000/", "3 requests in flight finish", "move to revision 3 (warm) ends", "2 segments on cam, server", "250 MB"]) expect(said).toContain(part);
});

test("a stop of something nobody calls says so", () => expect(previewDeployment("stop", { ...running, requestsPerSecond: 0, inFlight: 0 }).losses[0]).toContain("Whoever calls it"));

test.each([
  ["stop", stopped, "is stopped already"],
  ["start", running, "runs already"],
  ["start", { ...stopped, target: null }, "has no revision"],
  ["start", { ...stopped, target: { number: 1, missing: [{ name: "server", why: "has left the fleet" }], entries: null } }, "needs server, which has left the fleet"],
  ["roll-back", stopped, "is stopped"],
  ["roll-back", moving, "is being moved (warm)"],
  ["roll-back", { ...running, target: null }, "no earlier revision"],
  ["roll-back", { ...running, target: { number: 1, missing: [], entries: null, way: { way: "none", said: "Nothing would serve for 4.0 s: it is not allowed to pause.", fix: "Allow it." } } }, "not allowed to pause"],
  ["delete", running, "is not stopped"],
] as const)("%s is refused: it %s", (action, facts, why) => {
  const preview = previewDeployment(action, facts as DeploymentFacts);
  expect(preview.possible).toBe(false);
  expect(preview.reasons[0]?.message).toContain(why);
  expect(preview.losses).toEqual([]);
});

test("a roll back in steps says so; one that pauses loses the time", () => {
  const by = (way: "hand-over" | "pause", said: string) => previewDeployment("roll-back", { ...running, target: { number: 1, missing: [], entries: null, way: { way, said, fix: null } } });
  expect(by("hand-over", "It goes there in 2 steps.")).toMatchObject({ possible: true, losses: [], effects: [expect.stringContaining("in 2 steps"), "Nothing in flight is lost."] });
  const paused = by("pause", "Nothing serves for 4.0 s.");
  expect(paused).toMatchObject({ possible: true, losses: ["Nothing serves for 4.0 s."] });
  expect(paused.effects.join()).not.toContain("keeps serving");
});

test("a roll back loses nothing and says how to go back", () => expect(previewDeployment("roll-back", running)).toMatchObject({ possible: true, losses: [], typed: null, undo: expect.stringContaining("revision 2") }));

test("a roll back to a revision that is entered elsewhere names the address that is lost", () => {
  const preview = previewDeployment("roll-back", { ...running, target: { number: 1, missing: [], entries: { current: ["server"], restored: ["cam"] } } });
  expect(preview.losses).toEqual(["The address of upright at server: from cutover on requests enter at cam, as revision 1 had it. Who still asks at the old one is told so for seven days, while its agent runs; what was let in before is answered."]);
});

test("deleting names the revisions and keys that go, and can't be undone", () => {
  const preview = previewDeployment("delete", stopped);
  expect(preview).toMatchObject({ possible: true, undo: null, typed: "upright" });
  expect(preview.losses).toEqual(["2 revisions: it can't be started or rolled back any more.", "1 key of its clients opens nothing any more."]);
});
