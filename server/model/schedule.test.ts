import { expect, test } from "vitest";
import { scheduleOps } from "./schedule.ts";
import { builtGraph } from "./testdata/built-graph.ts";

const names = (ops: Iterable<{ name: string }>) => [...ops].map((op) => op.name);

test("what leads to no output is left out and counted; constants take no position", () => {
  const graph = builtGraph((model) => {
    const x = model.input("x", "float32", [1, 4]);
    model.op("Exp", "dead", [x]);
    const shape = model.op("Shape", "constant", [model.weight("w", [4, 4])]);
    const used = model.op("ConstantOfShape", "alsoConstant", [shape]);
    model.op("MatMul", "y", [x, used], {}, ["y"]);
    model.output("y", "float32", [1, 4]);
  });
  const schedule = scheduleOps(graph, [], () => 16);
  expect(names(schedule.ops)).toEqual(["y"]);
  expect(schedule.deadOps).toBe(1);
});

test("a value lives from the op that makes it to its last reader; an input from before the first op", () => {
  const graph = builtGraph((model) => {
    const x = model.input("x", "float32", [1, 4]);
    const a = model.op("MatMul", "a", [x, model.weight("w1", [4, 4])]);
    const b = model.op("MatMul", "b", [a, model.weight("w2", [4, 4])]);
    const c = model.op("MatMul", "c", [b, model.weight("w3", [4, 4])]);
    model.op("Add", "y", [c, a], {}, ["y"]);
    model.output("y", "float32", [1, 4]);
  });
  const { lives } = scheduleOps(graph, [], () => 16);
  expect(lives.get("x")).toEqual({ madeAt: -1, neededUntil: 0 });
  expect(lives.get("a_output_0")).toEqual({ madeAt: 0, neededUntil: 3 });
  expect(lives.get("b_output_0")).toEqual({ madeAt: 1, neededUntil: 2 });
});

function masked(opType: string) {
  return builtGraph((model) => {
    const ids = model.input("ids", "int64", [1, 8]);
    const x = model.input("x", "float32", [1, 8]);
    const mask = model.op(opType, "mask", [ids], opType === "Cast" ? { to: 1 } : {});
    const a = model.op("MatMul", "a", [x, model.weight("w1", [8, 8])]);
    const am = model.op("Mul", "am", [a, mask]);
    const b = model.op("MatMul", "b", [am, model.weight("w2", [8, 8])]);
    model.op("Mul", "y", [b, mask], {}, ["y"]);
    model.output("y", "float32", [1, 8]);
  });
}

test("a cheap mask of small integer inputs is made again on the other side instead of sent", () => {
  const { recomputed, lives } = scheduleOps(masked("Cast"), [], (value) => (value === "ids" ? 64 : 32));
  expect(names(recomputed)).toEqual(["mask"]);
  expect(lives.get("ids")?.neededUntil).toBeGreaterThanOrEqual(3);
});

test("what gives something else each time, or costs work, is sent", () => {
  for (const opType of ["Bernoulli", "Softmax"]) expect(names(scheduleOps(masked(opType), [], () => 32).recomputed)).toEqual([]);
});

test("an op fed by state alone moves to its reader, so that an early one does not tear a late layer", () => {
  const graph = builtGraph((model) => {
    const h = model.input("h", "float32", [1, 4]);
    const x = model.input("x", "float32", [1, 4]);
    const squeezed = model.op("Abs", "early", [h]);
    const a = model.op("MatMul", "a", [x, model.weight("w1", [4, 4])]);
    const b = model.op("MatMul", "b", [a, model.weight("w2", [4, 4])]);
    model.op("Add", "late", [b, squeezed], {}, ["hN"]);
    model.output("hN", "float32", [1, 4]);
  });
  const state = { input: "h", output: "hN", dataType: "float32" as const, shape: [1, 4] };
  expect(names(scheduleOps(graph, [state], () => 16).ops)).toEqual(["a", "b", "early", "late"]);
  expect(names(scheduleOps(graph, [], () => 16).ops)).toEqual(["early", "a", "b", "late"]);
});
