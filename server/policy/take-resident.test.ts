import { expect, test } from "vitest";
import { MAX_RECORDS, type ResidentRecord, takeResident } from "./take-resident.ts";

const record = (more: Partial<ResidentRecord> = {}): ResidentRecord => ({ deviceClass: "d", session: { intraOpThreads: 1, optimization: "all", provider: "cpu" }, agentVersion: "1", ortVersion: "2", from: 0, to: 4, bytes: 100, measuredAtMs: 0, ...more });

test("what is new is taken; growth by enough replaces; less only when the old is a day old", () => {
  expect(takeResident([], [record()], 0)).toEqual([record()]);
  expect(takeResident([record()], [record({ bytes: 101, measuredAtMs: 1 })], 1)).toBeNull();
  expect(takeResident([record()], [record({ bytes: 110, measuredAtMs: 1 })], 1)).toEqual([record({ bytes: 110, measuredAtMs: 1 })]);
  expect(takeResident([record()], [record({ bytes: 80, measuredAtMs: 1 })], 1)).toBeNull();
  expect(takeResident([record()], [record({ bytes: 80, measuredAtMs: 1e8 })], 1e8)).toEqual([record({ bytes: 80, measuredAtMs: 1e8 })]);
});

test("another mode, range, machine or version is another record; the oldest go beyond the limit", () => {
  const known = [record()];
  for (const other of [{ from: 1 }, { deviceClass: "e" }, { ortVersion: "3" }, { session: { ...record().session, intraOpThreads: 2 } }]) expect(takeResident(known, [record(other)], 0)).toHaveLength(2);
  const many = Array.from({ length: MAX_RECORDS }, (_, index) => record({ from: index, to: index + 1, measuredAtMs: index }));
  const after = takeResident(many, [record({ from: 5_000, to: 5_001, measuredAtMs: 5_000 })], 5_000);
  expect(after).toHaveLength(MAX_RECORDS);
  expect(after?.some((one) => one.from === 0)).toBe(false);
});
