import { expect, test, vi } from "vitest";
import type { Placement, Plan } from "../planner/plan.ts";
import type { StoredPlan } from "../store/plans.ts";
import { saveParity } from "./check-plan-parity.ts";
import { inheritParity } from "./inherit-parity.ts";

vi.mock("./check-plan-parity.ts", () => ({ saveParity: vi.fn() }));

const placed = (cut: number, ...nodes: [string, string]): Placement => [{ from: 0, to: cut, topologyNodeId: nodes[0] }, { from: cut, to: 4, topologyNodeId: nodes[1] }];
const plan = (placement: Placement, ...replicas: Placement[]) => ({ placement, ...(replicas.length > 0 ? { replicas: replicas.map((one) => ({ placement: one })) } : {}) }) as Plan;
const equal = { parity: { status: "equal", maxRelError: 1e-7, tolerance: 1e-5, perOutput: [], inputs: "fixed", checkedAt: "" }, parityFile: { digest: "d", bytes: 5 } } as never;

test.each<[string, Plan, Plan, never, boolean]>([
  ["the same cuts on other nodes", plan(placed(2, "a", "b")), plan(placed(2, "a", "c")), equal, true],
  ["other cuts", plan(placed(2, "a", "b")), plan(placed(3, "a", "c")), equal, false],
  ["one of its replicas is cut otherwise", plan(placed(2, "a", "b")), plan(placed(2, "a", "b"), placed(1, "c", "d")), equal, false],
  ["each replica is cut as one that runs", plan(placed(2, "a", "b"), placed(1, "c", "d")), plan(placed(1, "c", "e")), equal, true],
  ["what runs is not proved itself", plan(placed(2, "a", "b")), plan(placed(2, "a", "c")), { parity: { status: "pending" }, parityFile: null } as never, false],
])("%s", async (_, running, next, revision, expected) => {
  vi.mocked(saveParity).mockClear();
  expect(await inheritParity({} as never, { id: "pln", revision: 2, plan: next } as unknown as StoredPlan, { plan: running, revision }, "test")).toBe(expected);
  expect(vi.mocked(saveParity).mock.calls.map(([, , parity, file]) => [parity.status, file?.digest])).toEqual(expected ? [["equal", "d"]] : []);
});
