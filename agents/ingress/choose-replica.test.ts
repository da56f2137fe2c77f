import { expect, test } from "vitest";
import { chooseReplica } from "./choose-replica.ts";

const one = (outstanding: number, rate = 1, linked = true) => ({ outstanding, rate, linked });

test.each([
  ["fewest outstanding", [one(3), one(1), one(2)], -1, 1],
  ["of equals the first", [one(1), one(1)], -1, 0],
  ["a replica twice as fast takes twice as many", [one(3, 2), one(2, 1)], -1, 0],
  ["an idle slow one only before it would end last", [one(0, 1), one(1, 4)], -1, 1],
  ["one that is not linked takes none", [one(0, 9, false), one(50)], -1, 1],
  ["not the one that has just refused it", [one(0), one(9)], 0, 1],
  ["that one, where no other is linked", [one(0), one(9, 1, false)], 0, 0],
  ["none is linked", [one(0, 1, false), one(9, 1, false)], 0, -1],
  ["there is none", [], -1, -1],
])("%s", (_name, replicas, except, index) => {
  expect(chooseReplica(replicas, except)).toBe(index);
});

test("under steady work of which each replica ends its rate, all stay within one request of their share", () => {
  const rates = [5, 2, 1];
  const replicas = rates.map((rate) => one(0, rate));
  for (let sent = 0; sent < 80; sent++) (replicas[chooseReplica(replicas)] as { outstanding: number }).outstanding++;
  for (const { outstanding, rate } of replicas) expect(Math.abs(outstanding - (80 * rate) / 8)).toBeLessThanOrEqual(1);
});
