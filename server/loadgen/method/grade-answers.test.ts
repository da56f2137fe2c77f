import { expect, test } from "vitest";
import { createGrader, type SampleAnswer } from "./grade-answers.ts";
import type { Label } from "./labelled-row.ts";
import { wilsonInterval } from "./wilson-interval.ts";

const answer = (value: unknown): SampleAnswer => ({ ok: true, data: new TextEncoder().encode(JSON.stringify(value)) });
const failed = (problem: string, isRefused = false): SampleAnswer => ({ ok: false, problem, isRefused });
const label = (index: number, name: string | null) => answer({ label: name ?? String(index), top: [{ index, label: name, score: 1 }] });

function grade(labels: Label[], answers: (SampleAnswer | null)[], cutShort: string | null = null) {
  const grader = createGrader(labels, "d1");
  // From the last to the first: order must not count.
  for (const [sample, one] of [...answers.entries()].reverse()) if (one) grader.add(sample, one);
  const report = grader.end(cutShort);
  return { ...report, graded: report.graded! };
}

test("texts: exact but for spaces at the ends; characters otherwise by Levenshtein, of a failed one all", () => {
  const { asked, labelled, correct, interval, graded } = grade(["kitten", " same ", "gone", "x"], [answer({ text: "sitting" }), answer({ text: "same" }), failed("status 500"), answer({ text: "" })]);
  expect([asked, labelled, correct]).toEqual([4, 4, 1]);
  expect(interval).toEqual(wilsonInterval(1, 4));
  expect(graded).toMatchObject({ rule: "text", outcomes: "wrfw", failedCount: 1, refusedCount: 0, unreadableCount: 0, text: { characters: 6 + 4 + 4 + 1, wrongCharacters: 3 + 4 + 1 }, classes: [], wrongCount: 3 });
  expect(graded.wrong).toEqual([{ sample: 0, expected: "kitten", got: "sitting", why: null }, { sample: 2, expected: "gone", got: null, why: "status 500" }, { sample: 3, expected: "x", got: "", why: null }]);
  expect(graded.notes).toEqual(["1 of 4 samples failed and count as wrong. The first: status 500"]);
});

test("classes by name or by index, counted for each, most samples first; one that nobody asked for counts as told", () => {
  const { correct, graded } = grade(["cat", "cat", "dog"], [label(0, "cat"), label(1, "dog"), label(7, "cow")]);
  expect(correct).toBe(1);
  expect(graded).toMatchObject({ rule: "class", text: null, classes: [{ label: "cat", count: 2, right: 1, told: 1 }, { label: "dog", count: 1, right: 0, told: 1 }, { label: "cow", count: 0, right: 0, told: 1 }], classCount: 3 });
  const scores = (...data: number[]) => answer({ outputs: [{ name: "y", datatype: "FP32", shape: [1, data.length], data }] });
  expect(grade([2, 0, 1], [scores(0, 0, 1), scores(0, 1, 0), label(1, "dog")]).graded).toMatchObject({ outcomes: "rwr", wrong: [{ sample: 1, expected: 0, got: "1" }] });
});

test("numbers within single precision, or that of 16 bits", () => {
  const number = (value: number) => answer({ outputs: [{ name: "y", datatype: "FP32", shape: [1], data: [value] }] });
  expect(grade([0.1, 7, 7], [number(Math.fround(0.1)), number(7), number(8)]).graded).toMatchObject({ rule: "number", outcomes: "rrw", classes: [] });
  const half = (value: number): SampleAnswer => ({ ok: true, data: Uint8Array.of(0), told: () => ({ outputs: [{ name: "y", datatype: "FP16", shape: [1], data: [value] }] }) });
  // 0.1 as 16 bits hold it, and another number.
  expect(grade([0.1, 0.1], [half(0.0999755859375), half(0.10107421875)]).graded).toMatchObject({ rule: "number", outcomes: "rw" });
});

test("embeddings by the others of their label, known only at the end", () => {
  const embedding = (...values: number[]) => answer({ embedding: values });
  const grader = createGrader(["a", "a", "b", "b", "b"], "d1");
  for (const [sample, one] of [embedding(1, 0), embedding(2, 0.1), embedding(0, 1), embedding(0.1, 1), embedding(1, 0.1)].entries()) grader.add(sample, one);
  expect(grader.soFar()).toEqual({ total: 5, answered: 5, right: null });
  expect(grader.end(null).graded).toMatchObject({ rule: "embedding", outcomes: "rrrrw", classes: [{ label: "b", count: 3, right: 2, told: 2 }, { label: "a", count: 2, right: 2, told: 3 }], wrong: [{ sample: 4, expected: "b", got: "a" }] });
  expect(grade(["a", "b", "a"], [embedding(1), embedding(1, 2), embedding(2)]).graded).toMatchObject({ outcomes: "uuu", notes: [expect.stringContaining("the embeddings have different lengths")] });
});

test("refusals, and what cannot be compared, count as wrong and are said apart", () => {
  const { correct, labelled, graded } = grade(["a", "b", 3], [failed("status 429: later", true), label(1, null), answer({ text: "three" })]);
  expect([correct, labelled]).toEqual([0, 3]);
  expect(graded).toMatchObject({ rule: null, outcomes: "fuu", failedCount: 1, refusedCount: 1, unreadableCount: 2 });
  expect(graded.notes).toEqual([
    "1 of 3 samples failed and count as wrong. The first: status 429: later", "1 of them was refused (429 or 503; over gRPC RESOURCE_EXHAUSTED or UNAVAILABLE): ask fewer at once, or see what limits requests.",
    "2 answers could not be compared with their labels and count as wrong. The first: the answer's classes have no names: give their index as the label.",
  ]);
});

test("what was not asked is neither right nor wrong, and why is said", () => {
  const { asked, correct, graded } = grade(["a", "b", "c"], [answer({ text: "a" }), null, null], "The run was stopped before its end.");
  expect([asked, correct, graded.outcomes]).toEqual([1, 1, "r--"]);
  expect(graded.text).toEqual({ characters: 1, wrongCharacters: 0 });
  expect(graded.notes).toEqual(["It ended after 1 of 3 samples. The run was stopped before its end."]);
  expect(grade(["a"], [null])).toMatchObject({ asked: 0, interval: null });
});

test("what is kept is bounded: wrong samples, classes, and the length of an answer", () => {
  const { graded } = grade(Array.from({ length: 150 }, (_, at) => at), Array.from({ length: 150 }, (_, at) => label(at + 1, null)));
  expect([graded.wrong.length, graded.wrongCount, graded.classes.length, graded.classCount, graded.outcomes.length]).toEqual([100, 150, 100, 151, 150]);
  const long = grade(["ab"], [answer({ text: "x".repeat(5000) })]).graded;
  expect(long.text).toEqual({ characters: 2, wrongCharacters: 5000 });
  expect(long.wrong[0]!.got).toHaveLength(301);
});
