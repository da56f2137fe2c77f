import { expect, test } from "vitest";
import { stepState, tourDeployment, type TourFacts, tourStep } from "./tour-step.ts";

const start: TourFacts = { deploymentName: "read-text", isOpen: false, requestsPerSecond: null, hasSeenServing: false, draft: { differs: false, refusal: null }, move: { state: "done", finished: true, error: null }, revision: 1, begunAtRevision: 1 };
const open: TourFacts = { ...start, isOpen: true, requestsPerSecond: 4, hasSeenServing: true };
const at = (facts: TourFacts) => tourStep(facts).at;

test("it begins with opening the deployment, and waits there until requests are seen", () => {
  expect(at(start)).toBe("serve");
  expect(at({ ...start, isOpen: true })).toBe("serve");
  expect(at({ ...start, isOpen: true, requestsPerSecond: 0 })).toBe("serve");
  expect(at({ ...start, isOpen: true, requestsPerSecond: 2 })).toBe("place");
});
test("a draft of one's own is the second step, confirming it the third", () => {
  expect(at(open)).toBe("place");
  expect(at({ ...open, draft: { differs: true, refusal: null } })).toBe("confirm");
  expect(at({ ...open, move: { state: "warm", finished: false, error: null } })).toBe("confirm");
});
test("taking the draft back goes a step back", () => expect(at({ ...open, draft: { differs: false, refusal: null } })).toBe("place"));
test("a draft that could not run says why", () => expect(tourStep({ ...open, draft: { differs: true, refusal: "srv-1 has too little memory." } }).say).toContain("srv-1 has too little memory."));
test("a move that was rolled back is no success", () => {
  const advice = tourStep({ ...open, move: { state: "rolled-back", finished: true, error: "A segment did not load." } });
  expect(advice.at).toBe("place");
  expect(advice.say).toContain("A segment did not load.");
});
test("it is done once a later revision serves, wherever one looks from", () => {
  for (const isOpen of [true, false]) expect(at({ ...open, isOpen, revision: 2 })).toBe("done");
  expect(at({ ...open, revision: 2, begunAtRevision: 2 })).toBe("place");
});
test("the first deployment of a fresh fleet is no move of the user's", () => expect(at({ ...start, isOpen: true, move: { state: "warm", finished: false, error: null } })).toBe("serve"));
test("steps before are done, steps after wait", () => {
  expect((["serve", "place", "confirm"] as const).map((step) => stepState(step, "place"))).toEqual(["done", "now", "next"]);
  expect(stepState("confirm", "done")).toBe("done");
});
test("the oldest running deployment is the one", () => {
  const row = (name: string, createdAt: string, desired = "running", currentRevision: unknown = {}) => ({ name, createdAt, desired, currentRevision });
  expect(tourDeployment([row("new", "2026-02-01"), row("old", "2026-01-01"), row("off", "2025-01-01", "stopped"), row("none", "2025-01-01", "running", null)])?.name).toBe("old");
  expect(tourDeployment([])).toBeNull();
});
