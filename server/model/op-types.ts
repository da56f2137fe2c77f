// Owns what we know of ONNX operators by name: which carry the work, which are cheap enough to repeat, which give no tensor.

/** Ops that start a layer: they carry the weights or the work. */
export const HEAVY_OP_TYPES: ReadonlySet<string> = new Set([
  "Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "DeformConv", "FusedConv", "MatMul", "Gemm", "MatMulInteger", "QLinearMatMul", "MatMulNBits", "FusedMatMul", "DynamicQuantizeMatMul",
  "LSTM", "GRU", "RNN", "Attention", "MultiHeadAttention", "GroupQueryAttention", "Einsum", "If", "Loop", "Scan", "QAttention", "MoE", "QMoE",
]);

/** Ops so cheap on small tensors that repeating them beats sending what they make. */
export const CHEAP_OP_TYPES: ReadonlySet<string> = new Set([
  "Shape", "Size", "Cast", "CastLike", "Unsqueeze", "Squeeze", "Range", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Not", "And", "Or", "Xor", "Where", "Sub", "Mul", "Add", "Div",
  "Neg", "Abs", "Min", "Max", "Mod", "Sign", "Floor", "Ceil", "Round", "Pow", "Sqrt", "Reciprocal", "Exp", "Cos", "Sin", "ConstantOfShape", "Expand", "Concat", "Reshape", "Flatten", "Slice", "Transpose", "Tile",
  "Trilu", "CumSum", "Identity", "NonZero", "Gather", "ReduceSum", "ReduceMax", "ReduceMin", "Clip", "OneHot", "Constant",
]);

/** Ops that must never be repeated: each run gives something else. */
export const RANDOM_OP_TYPES: ReadonlySet<string> = new Set(["RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli", "Dropout"]);

/** Ops whose outputs are no dense tensors, by what they are instead. */
export const NON_TENSOR_OUTPUT: Record<string, string> = {
  SequenceConstruct: "sequence", SequenceEmpty: "sequence", SequenceInsert: "sequence", SequenceErase: "sequence", SequenceMap: "sequence", SplitToSequence: "sequence",
  Optional: "optional", OptionalGetElement: "optional", ZipMap: "sequence", StringNormalizer: "string", StringConcat: "string", StringSplit: "string", CategoryMapper: "string",
};

/** Elementwise ops, for FLOPs: a few per element; everything unknown counts as one per element. */
export const FLOPS_PER_ELEMENT: Record<string, number> = {
  Softmax: 5, LogSoftmax: 5, LayerNormalization: 8, SkipLayerNormalization: 9, SimplifiedLayerNormalization: 5, RMSNormalization: 5, InstanceNormalization: 6, GroupNormalization: 7, BatchNormalization: 2,
  Gelu: 8, FastGelu: 8, Erf: 6, Tanh: 6, Sigmoid: 5, HardSwish: 4, HardSigmoid: 3, Exp: 4, Sin: 4, Cos: 4, Pow: 4, Sqrt: 2, Div: 1, Mish: 10, Swish: 6, Silu: 6,
  Shape: 0, Size: 0, Reshape: 0, Flatten: 0, Squeeze: 0, Unsqueeze: 0, Identity: 0, Constant: 0, Transpose: 0, Concat: 0, Split: 0, Slice: 0, Gather: 0, Expand: 0, Cast: 0, Pad: 0, ConstantOfShape: 0,
};
