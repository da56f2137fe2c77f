// Convolutional networks as chains of blocks, with what a split by rows needs to know of each.

/** [kernel rows, kernel columns, output channels, stride]; a fifth entry makes it depthwise, or leaves out the padding. */
type Conv = readonly [number, number, number, number, ("depthwise" | "valid")?];
/** Branches run side by side; their outputs are concatenated, or added when the block keeps its width. */
type Block = { branches: readonly (readonly Conv[])[]; join?: "concat" | "add" } | { pool: number } | { dense: number };

export type CnnLayer = {
  kind: "conv" | "depthwise" | "dense" | "pool";
  flops: number;
  weightBytes: number;
  inRows: number;
  inBytesPerRow: number;
  outRows: number;
  outBytesPerRow: number;
  /** Input rows that a share of the rows needs beyond its own, at each inner border. */
  haloRows: number;
  /** Input rows per output row. */
  stride: number;
  /** False where every output needs every row (dense layers): no split by rows. */
  splitsByRows: boolean;
};

const BYTES = 4;
const conv = (k: number, channels: number, stride = 1): Block => ({ branches: [[[k, k, channels, stride]]] });
const times = (count: number, make: (index: number) => Block): Block[] => Array.from({ length: count }, (_, index) => make(index));

const valid = (channels: number, stride: number): Block => ({ branches: [[[3, 3, channels, stride, "valid"]]] });

function vgg19(): Block[] {
  const group = (count: number, channels: number): Block[] => [...times(count, () => conv(3, channels)), { pool: 2 }];
  return [...group(2, 64), ...group(2, 128), ...group(4, 256), ...group(4, 512), ...group(4, 512), { dense: 4096 }, { dense: 4096 }, { dense: 1000 }];
}

function resnet152(): Block[] {
  const stage = (count: number, width: number, stride: number): Block[] => times(count, (index) => ({
    branches: [[[1, 1, width, 1], [3, 3, width, index === 0 ? stride : 1], [1, 1, 4 * width, 1]], ...(index === 0 ? [[[1, 1, 4 * width, stride]] as const] : [])], join: "add",
  }));
  return [conv(7, 64, 2), { pool: 2 }, ...stage(3, 64, 1), ...stage(8, 128, 2), ...stage(36, 256, 2), ...stage(3, 512, 2), { dense: 1000 }];
}

function efficientNetB0(): Block[] {
  let channels = 32;
  const stage = (expand: number, out: number, count: number, stride: number, k: number): Block[] => times(count, (index) => {
    const wide = channels * expand;
    channels = out;
    return { branches: [[...(expand > 1 ? [[1, 1, wide, 1] as const] : []), [k, k, wide, index === 0 ? stride : 1, "depthwise"], [1, 1, out, 1]]], join: "add" };
  });
  return [conv(3, 32, 2), ...stage(1, 16, 1, 1, 3), ...stage(6, 24, 2, 2, 3), ...stage(6, 40, 2, 2, 5), ...stage(6, 80, 3, 2, 3), ...stage(6, 112, 3, 1, 5), ...stage(6, 192, 4, 2, 5), ...stage(6, 320, 1, 1, 3), conv(1, 1280), { dense: 1000 }];
}

function inceptionV3(): Block[] {
  const a = (pool: number): Block => ({ branches: [[[1, 1, 64, 1]], [[1, 1, 48, 1], [5, 5, 64, 1]], [[1, 1, 64, 1], [3, 3, 96, 1], [3, 3, 96, 1]], [[1, 1, pool, 1]]] });
  const c = (mid: number): Block => ({ branches: [[[1, 1, 192, 1]], [[1, 1, mid, 1], [1, 7, mid, 1], [7, 1, 192, 1]], [[1, 1, mid, 1], [7, 1, mid, 1], [1, 7, mid, 1], [7, 1, mid, 1], [1, 7, 192, 1]], [[1, 1, 192, 1]]] });
  // Its 1 × 3 and 3 × 1 convolutions run side by side: as much work as 3 × 1 to both their channels.
  const e: Block = { branches: [[[1, 1, 320, 1]], [[1, 1, 384, 1], [3, 1, 768, 1]], [[1, 1, 448, 1], [3, 3, 384, 1], [3, 1, 768, 1]], [[1, 1, 192, 1]]] };
  return [
    valid(32, 2), valid(32, 1), conv(3, 64), { pool: 2 }, conv(1, 80), valid(192, 1), { pool: 2 }, a(32), a(64), a(64),
    { branches: [[[3, 3, 384, 2, "valid"]], [[1, 1, 64, 1], [3, 3, 96, 1], [3, 3, 96, 2, "valid"]]] }, c(128), c(160), c(160), c(192),
    { branches: [[[1, 1, 192, 1], [3, 3, 320, 2, "valid"]], [[1, 1, 192, 1], [1, 7, 192, 1], [7, 1, 192, 1], [3, 3, 192, 2, "valid"]]] }, e, e, { dense: 1000 },
  ];
}

/** The four networks of HiDP's evaluation, with the picture's side in pixels. */
export const CNNS = [
  { name: "EfficientNet-B0", side: 224, blocks: efficientNetB0 },
  { name: "InceptionV3", side: 299, blocks: inceptionV3 },
  { name: "ResNet-152", side: 224, blocks: resnet152 },
  { name: "VGG-19", side: 224, blocks: vgg19 },
] as const;

/** The picture comes as bytes, everything after it as 32 bit numbers. */
export function cnnLayers(cnn: (typeof CNNS)[number]): CnnLayer[] {
  let shape = { rows: cnn.side as number, channels: 3, bytes: 1 };
  return cnn.blocks().map((block) => {
    const layer = layerOf(block, shape);
    const { channels, ...rest } = layer;
    shape = { rows: rest.outRows, channels, bytes: BYTES };
    return rest;
  });
}

type Shape = { rows: number; channels: number; bytes: number };

function layerOf(block: Block, shape: Shape): CnnLayer & { channels: number } {
  const input = { inRows: shape.rows, inBytesPerRow: shape.rows * shape.channels * shape.bytes };
  if ("dense" in block) {
    // A dense layer after convolutions reads the pooled channels (VGG: all of the 7 × 7 map).
    const wide = block.dense === 4096 && shape.rows > 1 ? shape.rows ** 2 * shape.channels : shape.channels;
    return { ...input, kind: "dense", flops: 2 * wide * block.dense, weightBytes: BYTES * wide * block.dense, outRows: 1, outBytesPerRow: block.dense * BYTES, haloRows: 0, stride: 1, splitsByRows: false, channels: block.dense };
  }
  if ("pool" in block) {
    const rows = Math.floor(shape.rows / block.pool);
    return { ...input, kind: "pool", flops: 2 * shape.rows ** 2 * shape.channels, weightBytes: 0, outRows: rows, outBytesPerRow: rows * shape.channels * BYTES, haloRows: 0, stride: block.pool, splitsByRows: true, channels: shape.channels };
  }
  const branches = block.branches.map((convs) => branchOf(convs, shape));
  const [first] = branches;
  // A reduction also pools its input into the concatenation.
  const pooled = block.join !== "add" && branches.length > 1 && first!.rows < shape.rows ? shape.channels : 0;
  const channels = block.join === "add" ? first!.channels : branches.reduce((sum, branch) => sum + branch.channels, pooled);
  return {
    ...input,
    kind: block.branches.some((convs) => convs.some((one) => one[4] === "depthwise")) ? "depthwise" : "conv",
    flops: branches.reduce((sum, branch) => sum + branch.flops, 0),
    weightBytes: branches.reduce((sum, branch) => sum + branch.weightBytes, 0),
    outRows: first!.rows,
    outBytesPerRow: first!.rows * channels * BYTES,
    haloRows: Math.max(...branches.map((branch) => branch.haloRows)),
    stride: shape.rows / first!.rows,
    splitsByRows: true,
    channels,
  };
}

function branchOf(convs: readonly Conv[], shape: Shape) {
  let { rows, channels } = shape;
  let [flops, weightBytes, haloRows, step] = [0, 0, 0, 1];
  for (const [height, width, out, stride, way] of convs) {
    rows = Math.ceil((way === "valid" ? rows - height + 1 : rows) / stride);
    const taps = height * width * (way === "depthwise" ? 1 : channels);
    flops += 2 * taps * out * rows * rows;
    weightBytes += BYTES * taps * out;
    haloRows += ((height - 1) / 2) * step;
    step *= stride;
    channels = out;
  }
  return { rows, channels, flops, weightBytes, haloRows };
}
