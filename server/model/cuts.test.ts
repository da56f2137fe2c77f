import { expect, test } from "vitest";
import { crossingAt, cutsAt, positionsOf } from "./cuts.ts";
import { scheduleOps } from "./schedule.ts";
import { valueBytes, type ValueTable } from "./shapes.ts";
import { builtGraph, valuesOf } from "./testdata/built-graph.ts";

/** a → b → c, and a again beside c. */
const graph = builtGraph((model) => {
  const x = model.input("x", "float32", [1, 4]);
  const a = model.op("MatMul", "a", [x, model.weight("w1", [4, 8])]);
  const b = model.op("MatMul", "b", [a, model.weight("w2", [8, 2])]);
  const c = model.op("MatMul", "c", [b, model.weight("w3", [2, 8])]);
  model.op("Add", "y", [c, a], {}, ["y"]);
  model.output("y", "float32", [1, 8]);
});
const SIZES = { x: [1, 4], a_output_0: [1, 8], b_output_0: [1, 2], c_output_0: [1, 8], y: [1, 8] };
const scheduleFor = (values: ValueTable, states: Parameters<typeof scheduleOps>[1] = []) => scheduleOps(graph, states, (name) => valueBytes(values.get(name)));

test("the bytes at a position are those of every value that is still needed after it", () => {
  const values = valuesOf(SIZES);
  const schedule = scheduleFor(values);
  expect(positionsOf(schedule, values)).toEqual([{ bytes: 32, reason: null }, { bytes: 32 + 8, reason: null }, { bytes: 32 + 32, reason: null }]);
  expect([0, 1, 2].map((position) => crossingAt(schedule, position).sort())).toEqual([["a_output_0"], ["a_output_0", "b_output_0"], ["a_output_0", "c_output_0"]]);
});

test("a cut's tensors are what crosses there, with the same bytes", () => {
  const values = valuesOf(SIZES);
  const schedule = scheduleFor(values);
  const positions = positionsOf(schedule, values);
  const cuts = cutsAt(schedule, values, [0, 1, 2], positions);
  for (const [index, cut] of cuts.entries()) {
    expect(cut).toMatchObject({ index, legal: true, reason: null, bytes: positions[index]?.bytes });
    expect(cut.tensors.map((tensor) => tensor.name).sort()).toEqual(crossingAt(schedule, index).sort());
  }
});

test("a value that can't be sent makes illegal exactly the places it would cross, by its name", () => {
  const values = valuesOf(SIZES, { b_output_0: { sizes: [1, 2], notWire: "a sequence" } });
  const positions = positionsOf(scheduleFor(values), values);
  expect(positions.map((one) => one.reason === null)).toEqual([true, false, true]);
  expect(positions[1]?.reason).toContain('"b_output_0" would cross');
});

test("state is not torn: its readers and its writer stay on one side", () => {
  const recurrent = builtGraph((model) => {
    const x = model.input("x", "float32", [1, 4]);
    const h = model.input("h", "float32", [1, 4]);
    const a = model.op("MatMul", "a", [x, model.weight("w1", [4, 4])]);
    const b = model.op("Add", "reads", [a, h]);
    const c = model.op("MatMul", "writes", [b, model.weight("w2", [4, 4])], {}, ["hN"]);
    model.op("MatMul", "y", [c, model.weight("w3", [4, 4])], {}, ["y"]);
    model.output("y", "float32", [1, 4]);
    model.output("hN", "float32", [1, 4]);
  });
  const values = valuesOf({ x: [1, 4], h: [1, 4], a_output_0: [1, 4], reads_output_0: [1, 4], hN: [1, 4], y: [1, 4] });
  const state = { input: "h", output: "hN", dataType: "float32" as const, shape: [1, 4] };
  const positions = positionsOf(scheduleOps(recurrent, [state], () => 16), values);
  expect(positions.map((one) => one.reason === null)).toEqual([true, false, true]);
  expect(positions[1]?.reason).toContain('tear the state "h" → "hN"');
});
