// Owns a synthetic decoder in Llama's shape: RMS norms, rotary positions, causal attention with past and present keys and values, gated
// feed-forward. Tensor names as usual exports have them. Random weights.
import { ModelBuilder } from "./model-builder.ts";

export type LlamaShape = { layers: number; hidden: number; heads: number; feedForward: number; vocabulary: number; seed: number };

export function buildLlama(shape: LlamaShape): ModelBuilder {
  const model = new ModelBuilder({ seed: shape.seed, doc: `Synthetic Llama-shaped decoder, ${shape.layers} layers of ${shape.hidden}, random weights (seed ${shape.seed}). Not trained.` });
  const size = shape.hidden / shape.heads;
  const ids = model.input("input_ids", "int64", ["batch_size", "sequence_length"]);
  const mask = model.input("attention_mask", "int64", ["batch_size", "past_sequence_length + sequence_length"]);
  const positions = model.input("position_ids", "int64", ["batch_size", "sequence_length"]);
  const tables = { ...rotaryTables(model, positions, size), bias: causalBias(model, mask, positions) };
  let value = model.op("Gather", "/model/embed_tokens/Gather", [model.weight("model.embed_tokens.weight", [shape.vocabulary, shape.hidden], 0.5), ids]);
  for (let index = 0; index < shape.layers; index++) value = decoderLayer(model, shape, index, value, tables);
  const normed = rmsNorm(model, "/model/norm", value, shape.hidden);
  model.op("MatMul", "/lm_head/MatMul", [normed, model.weight("lm_head.weight", [shape.hidden, shape.vocabulary])], {}, ["logits"]);
  model.output("logits", "float32", ["batch_size", "sequence_length", shape.vocabulary]);
  for (let index = 0; index < shape.layers; index++) {
    for (const part of ["key", "value"]) model.output(`present.${index}.${part}`, "float32", ["batch_size", shape.heads, "past_sequence_length + sequence_length", size]);
  }
  return model;
}

type Tables = { cos: string; sin: string; bias: string };

function rotaryTables(model: ModelBuilder, positions: string, size: number): { cos: string; sin: string } {
  const frequencies = Array.from({ length: size }, (_, index) => 10_000 ** (-(2 * (index % (size / 2))) / size));
  const wide = model.op("Unsqueeze", "/model/rotary/Unsqueeze", [positions, model.integers("rotary.axes", [1, 3])]);
  const asFloat = model.op("Cast", "/model/rotary/Cast", [wide], { to: 1 });
  const angles = model.op("Mul", "/model/rotary/Mul", [asFloat, model.floats("rotary.frequencies", frequencies, [size])]);
  return { cos: model.op("Cos", "/model/rotary/Cos", [angles]), sin: model.op("Sin", "/model/rotary/Sin", [angles]) };
}

/** 0 where a key is not after the query and not masked, −10⁹ elsewhere; [batch, 1, sequence, total]. */
function causalBias(model: ModelBuilder, mask: string, positions: string): string {
  const total = model.op("Gather", "/model/mask/Gather", [model.op("Shape", "/model/mask/Shape", [mask]), model.integers("mask.axis", [1], [])]);
  const keys = model.op("Range", "/model/mask/Range", [model.integers("mask.zero", [0], []), total, model.integers("mask.step", [1], [])]);
  const queries = model.op("Unsqueeze", "/model/mask/queries/Unsqueeze", [positions, model.integers("mask.query.axes", [1, 3])]);
  const seen = model.op("GreaterOrEqual", "/model/mask/GreaterOrEqual", [queries, keys]);
  const given = model.op("Cast", "/model/mask/Cast", [model.op("Unsqueeze", "/model/mask/keys/Unsqueeze", [mask, model.integers("mask.key.axes", [1, 2])])], { to: 9 });
  const allowed = model.op("And", "/model/mask/And", [seen, given]);
  return model.op("Where", "/model/mask/Where", [allowed, model.floats("mask.open", [0], []), model.floats("mask.closed", [-1e9], [])]);
}

function rmsNorm(model: ModelBuilder, name: string, value: string, hidden: number): string {
  const squared = model.op("Pow", `${name}/Pow`, [value, model.floats(`${name}.two`, [2], [])]);
  const mean = model.op("ReduceMean", `${name}/ReduceMean`, [squared], { axes: [-1] });
  const shifted = model.op("Add", `${name}/Add`, [mean, model.floats(`${name}.epsilon`, [1e-6], [])]);
  const divided = model.op("Div", `${name}/Div`, [value, model.op("Sqrt", `${name}/Sqrt`, [shifted])]);
  return model.op("Mul", `${name}/Mul`, [divided, model.floats(`${name}.weight`, new Float32Array(hidden).fill(1), [hidden])]);
}

function decoderLayer(model: ModelBuilder, shape: LlamaShape, index: number, value: string, tables: Tables): string {
  const { hidden, heads } = shape;
  const size = hidden / heads;
  const name = `/model/layers.${index}`;
  const normed = rmsNorm(model, `${name}/input_layernorm`, value, hidden);
  const project = (part: string) => {
    const product = model.op("MatMul", `${name}/self_attn/${part}/MatMul`, [normed, model.weight(`${name}.${part}.weight`, [hidden, hidden])]);
    const reshaped = model.op("Reshape", `${name}/self_attn/${part}/Reshape`, [product, model.integers(`${name}.${part}.shape`, [0, 0, heads, size])]);
    return model.op("Transpose", `${name}/self_attn/${part}/Transpose`, [reshaped], { perm: [0, 2, 1, 3] });
  };
  const query = rotate(model, `${name}/self_attn/rotary_q`, project("q_proj"), size, tables);
  const key = withPast(model, index, "key", rotate(model, `${name}/self_attn/rotary_k`, project("k_proj"), size, tables), heads, size);
  const content = withPast(model, index, "value", project("v_proj"), heads, size);
  const flipped = model.op("Transpose", `${name}/self_attn/Transpose`, [key], { perm: [0, 1, 3, 2] });
  const scores = model.op("Mul", `${name}/self_attn/Mul`, [model.op("MatMul", `${name}/self_attn/scores/MatMul`, [query, flipped]), model.floats(`${name}.scale`, [1 / Math.sqrt(size)], [])]);
  const weights = model.op("Softmax", `${name}/self_attn/Softmax`, [model.op("Add", `${name}/self_attn/Add`, [scores, tables.bias])], { axis: -1 });
  const context = model.op("Transpose", `${name}/self_attn/context/Transpose`, [model.op("MatMul", `${name}/self_attn/context/MatMul`, [weights, content])], { perm: [0, 2, 1, 3] });
  const joined = model.op("Reshape", `${name}/self_attn/context/Reshape`, [context, model.integers(`${name}.join.shape`, [0, 0, hidden])]);
  const attended = model.op("MatMul", `${name}/self_attn/o_proj/MatMul`, [joined, model.weight(`${name}.o_proj.weight`, [hidden, hidden])]);
  const first = model.op("Add", `${name}/Add`, [value, attended]);
  return model.op("Add", `${name}/Add_1`, [first, feedForward(model, shape, name, first)]);
}

/** x·cos + (−x₂, x₁)·sin. */
function rotate(model: ModelBuilder, name: string, value: string, size: number, tables: Tables): string {
  const halves = [`${name}/first`, `${name}/second`];
  model.op("Split", `${name}/Split`, [value, model.integers(`${name}.halves`, [size / 2, size / 2])], { axis: -1 }, halves);
  const turned = model.op("Concat", `${name}/Concat`, [model.op("Neg", `${name}/Neg`, [halves[1] as string]), halves[0] as string], { axis: -1 });
  return model.op("Add", `${name}/Add`, [model.op("Mul", `${name}/Mul`, [value, tables.cos]), model.op("Mul", `${name}/Mul_1`, [turned, tables.sin])]);
}

function withPast(model: ModelBuilder, index: number, part: string, value: string, heads: number, size: number): string {
  const past = model.input(`past_key_values.${index}.${part}`, "float32", ["batch_size", heads, "past_sequence_length", size]);
  return model.op("Concat", `/model/layers.${index}/self_attn/past_${part}/Concat`, [past, value], { axis: 2 }, [`present.${index}.${part}`]);
}

function feedForward(model: ModelBuilder, shape: LlamaShape, name: string, value: string): string {
  const normed = rmsNorm(model, `${name}/post_attention_layernorm`, value, shape.hidden);
  const linear = (part: string, input: string, from: number, to: number) => model.op("MatMul", `${name}/mlp/${part}/MatMul`, [input, model.weight(`${name}.${part}.weight`, [from, to])]);
  const gate = linear("gate_proj", normed, shape.hidden, shape.feedForward);
  const active = model.op("Mul", `${name}/mlp/act/Mul`, [gate, model.op("Sigmoid", `${name}/mlp/act/Sigmoid`, [gate])]);
  const up = linear("up_proj", normed, shape.hidden, shape.feedForward);
  return linear("down_proj", model.op("Mul", `${name}/mlp/Mul`, [active, up]), shape.feedForward, shape.hidden);
}
