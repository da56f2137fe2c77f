import { expect, test } from "vitest";
import type { CanaryWindow, ObservedCanary } from "../../agents/protocol/control.ts";
import { canaryBreach, canaryRouteOf, canaryText, isUnseen, toldOf } from "./canary.ts";
import { desiredOf } from "./desired.ts";
import { nextMigrationStep } from "./migration.ts";
import type { CanarySettings, DeploymentView, MigrationState } from "./snapshot.ts";
import { moving, node, NOW_MS, reportIngress, reportReady, revision, snapshot } from "./testdata/fleet.ts";
import { verifyNeed } from "./verify-task.ts";

const BOTH = [revision(1, ["a", "b"]), revision(2, ["a", "c"])];
const SETTINGS: CanarySettings = { share: 0.1, shadowShare: 0.5, maxErrorRatio: 0.02, maxLatencyMsP99: 50 };
const tried = (state: MigrationState, canaryMigrationId: string | null = "mig_1", more: { cancelRequested?: boolean } = {}): DeploymentView => {
  const one = moving(BOTH, state, more);
  return { ...one, settings: { ...one.settings, canary: SETTINGS, canaryMigrationId } };
};
const window = (failed: number, latencyMsP99: number | null, requests = 100): CanaryWindow => ({ requests, failed, latencyMsP99 });
const told = (windows: CanaryWindow[], more: Partial<ObservedCanary> = {}): ObservedCanary => ({ epoch: 2, requests: 300, failed: 3, windows, shadows: { equal: 10, different: 2, failed: 1, skipped: 0 }, maxRelError: 0.25, ...more });
const decide = (one: DeploymentView, canary?: ObservedCanary, verify: "passed" | null = null) => {
  const [a, ...others] = reportReady([node("a"), node("b"), node("c")], BOTH);
  const need = verifyNeed(one);
  const task = verify && need.kind === "task" ? { taskId: need.task.taskId, state: verify, maxRelError: 0, message: null } : null;
  const nodes = [reportIngress(a!, [1, 2], 1, { verify: task, ...(canary ? { canary } : {}) }), ...others];
  return nextMigrationStep(snapshot(one, nodes), one, NOW_MS - 3_600_000);
};

test("a verified revision stops for its trial when that is wanted of this move, and takes over once promoted", () => {
  expect(decide(tried("verify"), undefined, "passed")).toMatchObject({ action: "step", to: "canary" });
  expect(decide(tried("verify", "mig_other"), undefined, "passed")).toMatchObject({ action: "step", to: "cutover" });
  expect(decide(tried("verify", null), undefined, "passed")).toMatchObject({ action: "step", to: "cutover" });
  // However long it takes.
  expect(decide(tried("canary"))).toMatchObject({ action: "wait" });
  expect(decide(tried("canary", null))).toMatchObject({ action: "step", to: "cutover", reason: "It was promoted." });
  expect(decide(tried("canary", "mig_1", { cancelRequested: true }))).toMatchObject({ action: "turn-back", error: "It was cancelled." });
});

test("ingresses stamp the old epoch and are told the share of the new one, during the trial alone", () => {
  const routeIn = (one: DeploymentView) => desiredOf(snapshot(one, [node("a"), node("b"), node("c")])).get("a")!.ingress[0]!;
  expect(routeIn(tried("canary"))).toMatchObject({ currentEpoch: 1, canary: { epoch: 2, share: 0.1, shadowShare: 0.5, tolerance: 1e-3 }, pipelines: [{ epoch: 1, mode: "open" }, { epoch: 2, mode: "open" }] });
  for (const state of ["verify", "cutover", "drain", "rolling-back"] as const) expect(routeIn(tried(state)).canary).toBeUndefined();
  expect(canaryRouteOf(tried("canary"), [1])).toEqual({});
});

test.each<[what: string, windows: CanaryWindow[], why: RegExp | null]>([
  ["too many failures in three windows", [window(3, 10), window(5, 10), window(4, 10)], /^12 of the last 300 requests.*at gate failed; at most 2 % may/],
  ["a good window between", [window(9, 10), window(2, 10), window(9, 10)], null],
  ["two windows alone", [window(50, 10), window(50, 10)], null],
  ["a slow p99 in three", [window(0, 51), window(0, 80), window(0, 60)], /51\.0 ms, 80\.0 ms, 60\.0 ms.*at most 50 ms/],
  ["one that is not slow", [window(0, 51), window(0, 50), window(0, 60)], null],
  ["one without any answer", [window(0, 51), window(0, null), window(0, 60)], null],
  ["nothing yet", [], null],
])("a breach is %s or not", (_what, windows, why) => {
  const breach = canaryBreach(SETTINGS, undefined, [{ name: "other", canary: told([]) }, { name: "gate", canary: told(windows) }]);
  if (why) expect(breach).toMatch(why);
  else expect(breach).toBeNull();
});

const copies = (equal: number, different: number, failed = 0) => ({ equal, different, failed });
test.each<[what: string, windows: NonNullable<ObservedCanary["shadowWindows"]>, settings: Partial<CanarySettings>, why: RegExp | null]>([
  ["all answered otherwise", [copies(0, 10), copies(0, 12), copies(0, 10)], {}, /^32 of the last 32 copies compared at gate were answered otherwise than by the revision that serves \(largest difference 2\.5e-1\); at most 1 % may\.$/],
  ["a few more than the default", [copies(98, 2), copies(98, 2), copies(98, 2)], {}, /6 of the last 300 copies/],
  ["as many as are allowed", [copies(98, 2), copies(98, 2), copies(98, 2)], { maxDifferentRatio: 0.02 }, null],
  ["chance in the model", [copies(0, 10), copies(0, 10), copies(0, 10)], { maxDifferentRatio: null }, null],
  ["one window between", [copies(0, 10), copies(10, 0), copies(0, 10)], {}, null],
  ["two windows alone", [copies(0, 10), copies(0, 10)], {}, null],
  ["all not answered", [copies(0, 0, 10), copies(0, 0, 10), copies(1, 0, 9)], { maxDifferentRatio: null }, /^29 of the last 30 copies it was sent at gate were not answered; at most 2 % may fail\.$/],
])("a trial by copies alone ends by them: %s", (_what, shadowWindows, settings, why) => {
  const breach = canaryBreach({ ...SETTINGS, share: 0, ...settings }, undefined, [{ name: "gate", canary: told([], { requests: 0, failed: 0, shadowWindows }) }]);
  if (why) expect(breach).toMatch(why);
  else expect(breach).toBeNull();
});

test("a breach turns the move back with its figures; figures of another epoch say nothing; without a bound p99 ends nothing", () => {
  const bad = [window(9, 10), window(9, 10), window(9, 10)];
  expect(decide(tried("canary"), told(bad))).toMatchObject({ action: "turn-back", error: expect.stringContaining("27 of the last 300") });
  expect(decide(tried("canary"), told(bad, { epoch: 1 }))).toMatchObject({ action: "wait" });
  expect(canaryBreach({ ...SETTINGS, maxLatencyMsP99: null }, undefined, [{ name: "gate", canary: told([window(0, 900), window(0, 900), window(0, 900)]) }])).toBeNull();
});

const watched = (state: MigrationState, sinceMs: number, more: { cancelRequested?: boolean; watchMs?: number } = {}): DeploymentView => {
  const one = moving(BOTH, state, { ...more, stateSinceMs: NOW_MS - sinceMs });
  return { ...one, settings: { ...one.settings, canary: { ...SETTINGS, ...(more.watchMs === undefined ? {} : { watchMs: more.watchMs }) }, watchedMigrationId: "mig_1" } };
};
/** Of one that has taken over; `oldState` of the stages that only the revision before it has. */
const decideAfter = (one: DeploymentView, windows: CanaryWindow[], oldState: "ready" | "failed" = "ready") => {
  const [a, b, c] = reportReady([node("a"), node("b"), node("c")], BOTH);
  const left = { ...b!, assignments: b!.assignments.map((each) => ({ ...each, state: oldState })) };
  return nextMigrationStep(snapshot(one, [reportIngress(a!, [1, 2], 2, { canary: told(windows) }), left, c!]), one, NOW_MS);
};

test("what was promoted is watched while the old revision could take its place: beyond the bounds it goes back, or when it is cancelled; then the old one is retired", () => {
  const [good, bad] = [[window(0, 10), window(1, 10), window(0, 10)], [window(9, 10), window(9, 10), window(9, 10)]];
  expect(decideAfter(watched("drain", 20_000), good)).toEqual({ action: "wait", reason: "Revision 2 serves, and is watched for 40 s more while the one before it stands by: 300 requests since its trial began, 3 failed." });
  expect(decideAfter(watched("drain", 20_000), bad)).toMatchObject({ action: "turn-back", error: expect.stringMatching(/^After it took over: 27 of the last 300 requests/) });
  expect(decideAfter(watched("drain", 20_000), [window(0, 60), window(0, 70), window(0, 80)])).toMatchObject({ action: "turn-back", error: expect.stringContaining("99th percentile") });
  expect(decideAfter(watched("drain", 20_000, { cancelRequested: true }), good)).toMatchObject({ action: "turn-back", error: "It was cancelled." });
  for (const over of [watched("drain", 60_000), watched("drain", 20_000, { watchMs: 10_000 }), watched("drain", 20_000, { watchMs: 0 })]) expect(decideAfter(over, bad)).toMatchObject({ action: "step", to: "retire" });
  // There is nothing to go back to.
  expect(decideAfter(watched("drain", 20_000), bad, "failed")).toMatchObject({ action: "step", to: "retire" });
  const other = watched("drain", 20_000);
  expect(decideAfter({ ...other, settings: { ...other.settings, watchedMigrationId: "mig_0" } }, bad)).toMatchObject({ action: "step", to: "retire" });
});

test("ingresses count every request of what is watched, from its cutover until it is drained", () => {
  const routeIn = (one: DeploymentView) => desiredOf(snapshot(one, [node("a"), node("b"), node("c")])).get("a")!.ingress[0]!;
  for (const state of ["cutover", "drain"] as const) expect(routeIn(watched(state, 0))).toMatchObject({ currentEpoch: 2, canary: { epoch: 2, share: 1, shadowShare: 0 } });
  for (const state of ["retire", "rolling-back"] as const) expect(routeIn(watched(state, 0)).canary).toBeUndefined();
  expect(routeIn(watched("drain", 0, { watchMs: 0 })).canary).toBeUndefined();
});

test("without a bound of its own a trial keeps to what its plan promises the 99th percentile or more; a promise for fewer says nothing of it", () => {
  const slow = [{ name: "gate", canary: told([window(0, 90), window(0, 95), window(0, 91)]) }];
  const open = { ...SETTINGS, maxLatencyMsP99: null };
  expect(canaryBreach(open, { quantile: 0.99, latencyMs: 80 }, slow)).toMatch(/at most 80 ms is what its plan was made for/);
  expect(canaryBreach(open, { quantile: 0.999, latencyMs: 80 }, slow)).toMatch(/at most 80 ms/);
  expect(canaryBreach(open, { quantile: 0.95, latencyMs: 80 }, slow)).toBeNull();
  expect(canaryBreach({ ...SETTINGS, maxLatencyMsP99: 120 }, { quantile: 0.99, latencyMs: 80 }, slow)).toBeNull();
});

test("what was to have requests or copies and had none is unseen; what only stands by is not, and what an entry that is not heard has told says nothing", () => {
  const shadows = { equal: 0, different: 0, failed: 2, skipped: 9 };
  const none = { name: "gate", canary: told([], { requests: 0, shadows }) };
  expect([isUnseen(SETTINGS, []), isUnseen(SETTINGS, [none]), isUnseen({ ...SETTINGS, share: 0 }, [none]), isUnseen({ ...SETTINGS, share: 0, shadowShare: 0 }, [none])]).toEqual([true, true, true, false]);
  expect([isUnseen(SETTINGS, [none, { name: "other", canary: told([], { shadows }) }]), isUnseen(SETTINGS, [{ name: "gate", canary: told([], { requests: 0, shadows: { ...shadows, different: 1 } }) }])]).toEqual([false, false]);
  const [a] = reportReady([node("a")], BOTH);
  const tells = (connected: boolean, epoch = 2) => toldOf(snapshot(tried("canary"), [{ ...reportIngress(a!, [1, 2], 1, { canary: told([], { epoch }) }), connected }]), "dep_1", BOTH[1]!);
  expect([tells(true).map(({ name }) => name), tells(false), tells(true, 1)]).toEqual([["node a"], [], []]);
});

test("the trial in words counts all ingresses, and says of streams that they go whole", () => {
  const FOUR = { number: 4, isStateful: false };
  expect(canaryText(SETTINGS, { ...FOUR, isStateful: true }, [])).toBe("Revision 4 is tried with 10 % of requests, whole streams at a time: 0 so far, 0 failed. No copy was compared yet: steps of streams are not copied.");
  expect(canaryText(SETTINGS, FOUR, [told([]), told([], { maxRelError: 0 })])).toBe("Revision 4 is tried with 10 % of requests: 600 so far, 6 failed. Of 24 compared copies 4 were answered otherwise (largest difference 2.5e-1), 2 not at all.");
  expect(canaryText(SETTINGS, FOUR, [told([], { shadows: { equal: 0, different: 0, failed: 0, skipped: 3 } })])).toContain("No copy was compared yet.");
  expect(canaryText({ ...SETTINGS, shadowShare: 0 }, FOUR, [])).toBe("Revision 4 is tried with 10 % of requests: 0 so far, 0 failed.");
});
