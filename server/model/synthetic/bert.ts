// Owns a synthetic encoder in BERT's shape: embeddings, self-attention with a padding mask, feed-forward. Random weights.
import { ModelBuilder } from "./model-builder.ts";

export type BertShape = { layers: number; hidden: number; heads: number; feedForward: number; vocabulary: number; maxPositions: number; seed: number };

export function buildBert(shape: BertShape): ModelBuilder {
  const model = new ModelBuilder({ seed: shape.seed, doc: `Synthetic BERT-shaped encoder, ${shape.layers} layers of ${shape.hidden}, random weights (seed ${shape.seed}). Not trained.` });
  const ids = model.input("input_ids", "int64", ["batch", "sequence"]);
  const mask = model.input("attention_mask", "int64", ["batch", "sequence"]);
  const bias = attentionBias(model, mask);
  let value = embeddings(model, shape, ids);
  for (let index = 0; index < shape.layers; index++) value = encoderLayer(model, shape, `/encoder/layer.${index}`, value, bias);
  model.op("Identity", "/output/Identity", [value], {}, ["last_hidden_state"]);
  model.output("last_hidden_state", "float32", ["batch", "sequence", shape.hidden]);
  return model;
}

function attentionBias(model: ModelBuilder, mask: string): string {
  const wide = model.op("Unsqueeze", "/mask/Unsqueeze", [mask, model.integers("mask.axes", [1, 2])]);
  const asFloat = model.op("Cast", "/mask/Cast", [wide], { to: 1 });
  const inverted = model.op("Sub", "/mask/Sub", [model.floats("mask.one", [1], []), asFloat]);
  return model.op("Mul", "/mask/Mul", [inverted, model.floats("mask.low", [-10_000], [])]);
}

function embeddings(model: ModelBuilder, shape: BertShape, ids: string): string {
  const words = model.op("Gather", "/embeddings/word/Gather", [model.weight("embeddings.word.weight", [shape.vocabulary, shape.hidden], 0.5), ids]);
  const size = model.op("Shape", "/embeddings/position/Shape", [ids]);
  const length = model.op("Gather", "/embeddings/position/length/Gather", [size, model.integers("embeddings.axis", [1], [])]);
  const range = model.op("Range", "/embeddings/position/Range", [model.integers("embeddings.zero", [0], []), length, model.integers("embeddings.step", [1], [])]);
  const positions = model.op("Gather", "/embeddings/position/Gather", [model.weight("embeddings.position.weight", [shape.maxPositions, shape.hidden], 0.2), range]);
  return norm(model, "/embeddings/norm", model.op("Add", "/embeddings/Add", [words, positions]), shape.hidden);
}

function norm(model: ModelBuilder, name: string, value: string, hidden: number): string {
  const ones = new Float32Array(hidden).fill(1);
  return model.op("LayerNormalization", `${name}/LayerNormalization`, [value, model.floats(`${name}.weight`, ones, [hidden]), model.floats(`${name}.bias`, new Float32Array(hidden), [hidden])], { axis: -1 });
}

function linear(model: ModelBuilder, name: string, value: string, from: number, to: number): string {
  const product = model.op("MatMul", `${name}/MatMul`, [value, model.weight(`${name}.weight`, [from, to])]);
  return model.op("Add", `${name}/Add`, [product, model.weight(`${name}.bias`, [to], 0.02)]);
}

function encoderLayer(model: ModelBuilder, shape: BertShape, name: string, value: string, bias: string): string {
  const { hidden, heads } = shape;
  const size = hidden / heads;
  const split = (part: string, perm: number[]) => {
    const projected = linear(model, `${name}/attention/${part}`, value, hidden, hidden);
    const reshaped = model.op("Reshape", `${name}/attention/${part}/Reshape`, [projected, model.integers(`${name}.${part}.shape`, [0, 0, heads, size])]);
    return model.op("Transpose", `${name}/attention/${part}/Transpose`, [reshaped], { perm });
  };
  const query = split("query", [0, 2, 1, 3]);
  const key = split("key", [0, 2, 3, 1]);
  const content = split("value", [0, 2, 1, 3]);
  const scores = model.op("MatMul", `${name}/attention/scores/MatMul`, [query, key]);
  const scaled = model.op("Div", `${name}/attention/scores/Div`, [scores, model.floats(`${name}.scale`, [Math.sqrt(size)], [])]);
  const masked = model.op("Add", `${name}/attention/scores/Add`, [scaled, bias]);
  const weights = model.op("Softmax", `${name}/attention/scores/Softmax`, [masked], { axis: -1 });
  const context = model.op("MatMul", `${name}/attention/context/MatMul`, [weights, content]);
  const back = model.op("Transpose", `${name}/attention/context/Transpose`, [context], { perm: [0, 2, 1, 3] });
  const joined = model.op("Reshape", `${name}/attention/context/Reshape`, [back, model.integers(`${name}.join.shape`, [0, 0, hidden])]);
  const attended = linear(model, `${name}/attention/output`, joined, hidden, hidden);
  const first = norm(model, `${name}/attention/norm`, model.op("Add", `${name}/attention/Add`, [attended, value]), hidden);
  const wide = gelu(model, `${name}/intermediate/gelu`, linear(model, `${name}/intermediate`, first, hidden, shape.feedForward));
  const narrow = linear(model, `${name}/output`, wide, shape.feedForward, hidden);
  return norm(model, `${name}/output/norm`, model.op("Add", `${name}/output/residual/Add`, [narrow, first]), hidden);
}

function gelu(model: ModelBuilder, name: string, value: string): string {
  const scaled = model.op("Div", `${name}/Div`, [value, model.floats(`${name}.root`, [Math.SQRT2], [])]);
  const error = model.op("Erf", `${name}/Erf`, [scaled]);
  const shifted = model.op("Add", `${name}/Add`, [error, model.floats(`${name}.one`, [1], [])]);
  return model.op("Mul", `${name}/half/Mul`, [model.op("Mul", `${name}/Mul`, [value, shifted]), model.floats(`${name}.half`, [0.5], [])]);
}
