import { expect, test } from "vitest";
import { FIRST_TARGET, targetText, type TargetValues, toTarget } from "./load-targets.ts";

const of = (change: Partial<TargetValues>) => toTarget({ ...FIRST_TARGET, ...change });

test("a run is called after what it is of", () => {
  expect(targetText({ target: { kind: "deployment" }, revisionNumber: 3 })).toBe("revision 3");
  expect(targetText({ target: { kind: "node", nodeId: "nod_b", nodeName: "two", planId: "pln_1", othersPerSecond: 0 }, revisionNumber: 3 })).toBe("two by itself");
  expect(targetText({ target: { kind: "node", nodeId: "nod_b", nodeName: "two", planId: "pln_1", othersPerSecond: 12 }, revisionNumber: 3 })).toBe("two by itself, beside 12.0 /s of others");
  expect(targetText({ target: { kind: "url", url: "grpc://10.0.0.7:9000", api: "oip", model: "theirs" }, revisionNumber: 3 })).toBe("theirs at grpc://10.0.0.7:9000");
});

test("fields become a target, and the key is no part of it", () => {
  expect(of({})).toEqual({ target: { kind: "deployment" }, problem: null });
  expect(of({ choice: "nod_b" })).toEqual({ target: { kind: "node", nodeId: "nod_b" }, problem: null });
  const address = { choice: "url", url: " http://peer:8000 ", model: "theirs", key: "secret" };
  expect(of(address)).toEqual({ target: { kind: "url", url: "http://peer:8000", api: "oip", model: "theirs" }, problem: null });
  expect(of({ ...address, shapes: "x=1,4 input.1=2" }).target).toMatchObject({ shapes: { x: [1, 4], "input.1": [2] } });
  expect(of({ ...address, api: "openai-chat", shapes: "left over" }).target).toEqual({ kind: "url", url: "http://peer:8000", api: "openai-chat", model: "theirs" });
});

test.each<[Partial<TargetValues>, RegExp]>([[{ shapes: "x" }, /look like/], [{ shapes: "x=0" }, /look like/], [{ url: "peer" }, /must be one like/], [{ model: " " }, /needs its name/]])("%j: what is wrong is said", (change, words) => {
  expect(of({ choice: "url", url: "http://peer", model: "m", ...change }).problem).toMatch(words);
});
