// Owns writing small ONNX files for tests: just enough of protobuf for chains of MatMul, Add, Relu, a running sum, and
// Triton's "simple" example.

/** Bytes of a protobuf field. */
const varint = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) { bytes.push((rest % 128) + 128); rest = Math.floor(rest / 128); }
  return [...bytes, rest];
};
const field = (number: number, body: Uint8Array): Uint8Array => Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(body.length)]), body]);
const int = (number: number, value: number): Uint8Array => Buffer.from([...varint(number * 8), ...varint(value)]);
const text = (number: number, value: string): Uint8Array => field(number, Buffer.from(value));

const TYPES = { float32: 1, int32: 6 };
export type TinyOp = { type: string; inputs: string[]; outputs: string[] };
/** `dataType`: float32 where it is not said. */
export type TinyValue = { name: string; shape: (number | string)[]; dataType?: keyof typeof TYPES };
export type TinyWeight = { name: string; shape: number[]; values: Float32Array };

/** An ONNX model (opset 17). Weights are float32. */
export function tinyOnnx(ops: TinyOp[], weights: TinyWeight[], inputs: TinyValue[], outputs: TinyValue[]): Uint8Array {
  const value = ({ name, shape, dataType = "float32" }: TinyValue) => {
    const dims = shape.map((size) => field(1, typeof size === "number" ? int(1, size) : text(2, size)));
    return Buffer.concat([text(1, name), field(2, field(1, Buffer.concat([int(1, TYPES[dataType]), field(2, Buffer.concat(dims))])))]);
  };
  const graph = Buffer.concat([
    ...ops.map((op, index) => field(1, Buffer.concat([...op.inputs.map((name) => text(1, name)), ...op.outputs.map((name) => text(2, name)), text(3, `op${index}`), text(4, op.type)]))),
    text(2, "tiny"),
    ...weights.map(({ name, shape, values }) => field(5, Buffer.concat([...shape.map((size) => int(1, size)), int(2, TYPES.float32), text(8, name), field(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength))]))),
    ...inputs.map((input) => field(11, value(input))),
    ...outputs.map((output) => field(12, value(output))),
  ]);
  return Buffer.concat([int(1, 8), text(2, "cutplane-tests"), field(7, graph), field(8, Buffer.concat([text(1, ""), int(2, 17)]))]);
}

/** Seeded weights between −0.5 and 0.5, scaled so that a chain of them neither dies nor explodes. */
export function tinyWeight(name: string, shape: number[], seed: number): TinyWeight {
  let state = seed >>> 0 || 1;
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  for (let i = 0; i < values.length; i++) {
    state ^= state << 13; state >>>= 0; state ^= state >>> 17; state ^= state << 5; state >>>= 0;
    values[i] = (state / 2 ** 32 - 0.5) * 3.4 / Math.sqrt(shape[0]!);
  }
  return { name, shape, values };
}

/** A chain of `count` layers y = relu(x·W + b), width × width, with a batch dimension; layer i maps `v<i>` to `v<i+1>`. */
export function tinyLayers(from: number, to: number, width: number, extraOutputs: string[] = []): Uint8Array {
  const ops: TinyOp[] = [];
  const weights: TinyWeight[] = [];
  for (let i = from; i < to; i++) {
    ops.push({ type: "MatMul", inputs: [`v${i}`, `w${i}`], outputs: [`m${i}`] }, { type: "Add", inputs: [`m${i}`, `b${i}`], outputs: [`a${i}`] }, { type: "Relu", inputs: [`a${i}`], outputs: [`v${i + 1}`] });
    weights.push(tinyWeight(`w${i}`, [width, width], 101 + i), tinyWeight(`b${i}`, [width], 977 + i));
  }
  const shape = ["n", width];
  return tinyOnnx(ops, weights, [{ name: `v${from}`, shape }], [{ name: `v${to}`, shape }, ...extraOutputs.map((name) => ({ name, shape }))]);
}

/** y = x + sum, sum' = x + sum: a stage with recurrent state. */
export function tinyRunningSum(input: string, output: string, width: number, dataType: TinyValue["dataType"] = "float32"): Uint8Array {
  const shape = [1, width];
  return tinyOnnx(
    [{ type: "Add", inputs: [input, "sum"], outputs: [output] }, { type: "Identity", inputs: [output], outputs: ["sumNext"] }],
    [], [{ name: input, shape, dataType }, { name: "sum", shape, dataType }], [{ name: output, shape, dataType }, { name: "sumNext", shape, dataType }],
  );
}

/** Of a model with two states, parts from..to of four: v1 = v0 + a, v2 = relu(v1·W + b), v3 = v2 / 2 + b, v4 = relu(v3·W + b); a' = v1, b' = v3. Part i maps `v<i>` to `v<i+1>`. */
export function tinyTwoStates(from: number, to: number, width: number): Uint8Array {
  const shape = [1, width];
  const ops: TinyOp[] = [];
  const weights: TinyWeight[] = [];
  const states = (["a", "b"] as const).filter((_, index) => from <= index * 2 && index * 2 < to);
  for (let i = from; i < to; i++) {
    if (i % 2 === 1) {
      ops.push({ type: "MatMul", inputs: [`v${i}`, `w${i}`], outputs: [`m${i}`] }, { type: "Add", inputs: [`m${i}`, `b${i}`], outputs: [`s${i}`] }, { type: "Relu", inputs: [`s${i}`], outputs: [`v${i + 1}`] });
      weights.push(tinyWeight(`w${i}`, [width, width], 301 + i), tinyWeight(`b${i}`, [width], 577 + i));
      continue;
    }
    const state = i === 0 ? "a" : "b";
    if (i === 2) {
      ops.push({ type: "Mul", inputs: ["v2", "half"], outputs: ["h2"] });
      weights.push({ name: "half", shape: [1], values: new Float32Array([0.5]) });
    }
    ops.push({ type: "Add", inputs: [i === 0 ? "v0" : "h2", state], outputs: [`v${i + 1}`] }, { type: "Identity", inputs: [`v${i + 1}`], outputs: [`${state}Next`] });
  }
  return tinyOnnx(ops, weights, [`v${from}`, ...states].map((name) => ({ name, shape })), [`v${to}`, ...states.map((state) => `${state}Next`)].map((name) => ({ name, shape })));
}

/** Triton's example "simple": OUTPUT0 = INPUT0 + INPUT1, OUTPUT1 = INPUT0 − INPUT1, of INT32 [batch, 16]. */
export function tinySimple(): Uint8Array {
  const values = (...names: string[]) => names.map((name): TinyValue => ({ name, shape: ["n", 16], dataType: "int32" }));
  return tinyOnnx([{ type: "Add", inputs: ["INPUT0", "INPUT1"], outputs: ["OUTPUT0"] }, { type: "Sub", inputs: ["INPUT0", "INPUT1"], outputs: ["OUTPUT1"] }], [], values("INPUT0", "INPUT1"), values("OUTPUT0", "OUTPUT1"));
}
