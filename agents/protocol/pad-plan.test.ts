import { expect, test } from "vitest";
import { type BatchPadding, planPadding } from "./pad-plan.ts";
import type { DataType, TensorSpec } from "./tensor.ts";

const spec = (name: string, dataType: DataType, shape: TensorSpec["shape"]): TensorSpec => ({ name, dataType, shape });
const IDS = spec("ids", "int64", ["batch", "sequence"]);
const MASK = spec("mask", "int64", ["batch", "sequence"]);
const HIDDEN = spec("hidden", "float32", ["batch", "sequence", 8]);
const PADDING: BatchPadding = { dimensions: [{ name: "sequence", lengths: [64, 16] }], values: [{ input: "ids", value: 1 }, { input: "mask", value: 0 }] };

test("which axes are filled in, with what, and which are cut back", () => {
  const { plan } = planPadding(PADDING, [IDS, MASK, spec("scale", "float32", ["batch"])], [HIDDEN, spec("pooled", "float32", ["batch", 8])]);
  expect(plan!.dimensions).toEqual([{ name: "sequence", lengths: [16, 64] }]);
  expect([...plan!.inputs]).toEqual([["ids", { value: 1, axes: [{ axis: 1, dimension: 0 }] }], ["mask", { value: 0, axes: [{ axis: 1, dimension: 0 }] }]]);
  expect([...plan!.outputs]).toEqual([["hidden", [{ axis: 1, dimension: 0 }]]]);
});

const padding = (dimensions: BatchPadding["dimensions"], values: BatchPadding["values"] = PADDING.values): BatchPadding => ({ dimensions, values });
const sequence = { name: "sequence", lengths: [] };
test.each<[what: string, padding: BatchPadding, inputs: TensorSpec[], outputs: TensorSpec[], place: string, why: RegExp]>([
  ["nothing named", padding([]), [IDS, MASK], [HIDDEN], "dimensions", /no dimension is named/],
  ["a dimension that the model has not", padding([{ name: "tokens", lengths: [] }]), [IDS, MASK], [HIDDEN], "dimensions.0", /named "tokens"/],
  ["the batch", padding([{ name: "batch", lengths: [] }]), [IDS, MASK], [HIDDEN], "dimensions.0", /joined along/],
  ["one twice", padding([sequence, sequence]), [IDS, MASK], [HIDDEN], "dimensions.1", /twice/],
  ["half a length", padding([{ name: "sequence", lengths: [8.5] }]), [IDS, MASK], [HIDDEN], "dimensions.0", /whole number/],
  ["an input made from it", PADDING, [IDS, MASK, spec("bias", "float32", ["batch", "past + sequence"])], [HIDDEN], "dimensions", /"past \+ sequence"/],
  ["an output without names", PADDING, [IDS, MASK], [spec("y", "float32", ["batch", ""])], "dimensions", /"y" has a dynamic dimension without a name/],
  ["an output by another name", PADDING, [IDS, MASK], [spec("y", "float32", ["batch", "sequence / 4"])], "dimensions", /"sequence \/ 4" that no input has/],
  ["an output of unknown rank", PADDING, [IDS, MASK], [spec("y", "float32", null)], "dimensions", /not known/],
  ["no value for an input", padding([sequence], [{ input: "ids", value: 0 }]), [IDS, MASK], [HIDDEN], "values", /"mask" has a padded dimension/],
  ["an input that is not there", padding([sequence], [...PADDING.values, { input: "types", value: 0 }]), [IDS, MASK], [HIDDEN], "values.2", /no input "types"/],
  ["an input without it", padding([sequence], [...PADDING.values, { input: "scale", value: 0 }]), [IDS, MASK, spec("scale", "float32", ["batch"])], [HIDDEN], "values.2", /none of the padded/],
  ["two values", padding([sequence], [...PADDING.values, { input: "ids", value: 2 }]), [IDS, MASK], [HIDDEN], "values.2", /two values/],
  ["a fraction as an id", padding([sequence], [{ input: "ids", value: 0.5 }, { input: "mask", value: 0 }]), [IDS, MASK], [HIDDEN], "values.0", /0\.5 is no int64/],
])("refused: %s", (_what, wanted, inputs, outputs, place, why) => {
  const { plan, problem } = planPadding(wanted, inputs, outputs);
  expect(plan).toBeNull();
  expect(problem).toMatchObject({ place, why: expect.stringMatching(why), fix: expect.stringMatching(/./) });
});
