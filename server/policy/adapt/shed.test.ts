import { expect, test } from "vitest";
import { MAX_UTILISATION } from "../../planner/plan-request.ts";
import { judgeShed, LIFT_AFTER_MS, NEW_SHED, type Shed, SHED_AFTER_MS, type ShedLook } from "./shed.ts";

/** 20 requests a second at most. */
const CARRIES = 20 * MAX_UTILISATION;
type Part = { seconds: number } & Partial<Omit<ShedLook, "nowMs" | "seconds">>;

/** Second by second; what is decided holds from then on. */
function follow(parts: Part[]): { changes: (Shed & { atSecond: number })[]; admitPerSecond: number | null } {
  let [memory, admitPerSecond, second] = [NEW_SHED, null as number | null, 0];
  const changes: (Shed & { atSecond: number })[] = [];
  for (const { seconds, demand = 10, carries = CARRIES, isBurning = false, scaled = { verdict: "no-better" as const }, ...rest } of parts) {
    for (let k = 0; k < seconds; k++) {
      second++;
      const answeredPerSecond = rest.answeredPerSecond ?? Math.min(demand ?? 0, admitPerSecond ?? Number.POSITIVE_INFINITY, 20);
      const judged = judgeShed(memory, { nowMs: second * 1_000, seconds: 1, demand, answeredPerSecond, carries, admitPerSecond, isBurning, scaled });
      memory = judged.memory;
      if (!judged.shed) continue;
      admitPerSecond = judged.shed.admitPerSecond;
      changes.push({ ...judged.shed, atSecond: second });
    }
  }
  return { changes, admitPerSecond };
}

test("more than anything carries, for a while: what can be answered in time is let in; it ends when far fewer have come for a while", () => {
  const { changes } = follow([{ seconds: 20 }, { seconds: 60, demand: 40 }, { seconds: 60, demand: 8 }]);
  expect(changes.map((one) => one.admitPerSecond)).toEqual([expect.closeTo(17), null]);
  expect(changes[0]?.atSecond).toBeGreaterThanOrEqual(20 + SHED_AFTER_MS / 1_000);
  expect(changes[1]?.atSecond).toBeGreaterThanOrEqual(80 + LIFT_AFTER_MS / 1_000);
  expect(changes[0]?.reason).toContain("40.0 requests/s come");
});

test("a burst, what is carried, and what another replica would carry are no reason", () => {
  expect(follow([{ seconds: 5, demand: 40 }, { seconds: 20 }, { seconds: 5, demand: 40 }]).changes).toEqual([]);
  expect(follow([{ seconds: 200, demand: 18 }]).changes).toEqual([]);
  for (const verdict of ["act", "demand-waits", "limit"] as const) expect(follow([{ seconds: 60, demand: 40, scaled: { verdict } }]).changes).toEqual([]);
  expect(follow([{ seconds: 60, demand: 40, carries: null }]).changes).toEqual([]);
});

test("what is answered in time although it was predicted not to be is let in", () => {
  expect(follow([{ seconds: 60, demand: 40, answeredPerSecond: 40 }]).changes).toEqual([]);
  const burning = follow([{ seconds: 60, demand: 40, answeredPerSecond: 39, isBurning: true }]).changes;
  expect(burning[0]?.admitPerSecond).toBeGreaterThan(30);
  expect(burning).toHaveLength(1);
});

test("between the two it stays, and follows what runs", () => {
  expect(follow([{ seconds: 40, demand: 40 }, { seconds: 200, demand: 16 }, { seconds: 200, demand: 30 }]).changes).toHaveLength(1);
  const grown = follow([{ seconds: 40, demand: 40 }, { seconds: 40, demand: 40, carries: 2 * CARRIES }]);
  expect(grown.changes.map((one) => one.admitPerSecond)).toEqual([expect.closeTo(17), expect.closeTo(34)]);
});
