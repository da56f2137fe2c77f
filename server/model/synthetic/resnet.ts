// Owns a synthetic picture classifier in ResNet's shape: bottleneck blocks with skip connections in four stages. Random weights.
import { ModelBuilder } from "./model-builder.ts";

export type ResnetShape = { blocks: [number, number, number, number]; width: number; classes: number; seed: number };

export function buildResnet(shape: ResnetShape): ModelBuilder {
  const model = new ModelBuilder({ seed: shape.seed, doc: `Synthetic ResNet-shaped classifier, blocks ${shape.blocks.join("-")}, width ${shape.width}, random weights (seed ${shape.seed}). Not trained.` });
  const image = model.input("image", "float32", ["batch", 3, "height", "width"]);
  let value = relu(model, "/stem", conv(model, "/stem/conv", image, { from: 3, to: shape.width, kernel: 7, stride: 2 }));
  value = model.op("MaxPool", "/stem/MaxPool", [value], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  let channels = shape.width;
  for (const [stage, count] of shape.blocks.entries()) {
    const inner = shape.width * 2 ** stage;
    for (let block = 0; block < count; block++) {
      const stride = block === 0 && stage > 0 ? 2 : 1;
      value = bottleneck(model, `/stage${stage + 1}/block${block}`, value, { from: channels, inner, stride });
      channels = inner * 4;
    }
  }
  const pooled = model.op("Flatten", "/head/Flatten", [model.op("GlobalAveragePool", "/head/GlobalAveragePool", [value])], { axis: 1 });
  model.op("Gemm", "/head/fc/Gemm", [pooled, model.weight("head.fc.weight", [channels, shape.classes]), model.weight("head.fc.bias", [shape.classes], 0.02)], {}, ["logits"]);
  model.output("logits", "float32", ["batch", shape.classes]);
  return model;
}

function conv(model: ModelBuilder, name: string, value: string, options: { from: number; to: number; kernel: number; stride: number }): string {
  const { from, to, kernel, stride } = options;
  const pad = (kernel - 1) / 2;
  const weight = model.weight(`${name}.weight`, [to, from, kernel, kernel], Math.sqrt(3 / (from * kernel * kernel)));
  return model.op("Conv", `${name}/Conv`, [value, weight, model.weight(`${name}.bias`, [to], 0.02)], { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad] });
}

function relu(model: ModelBuilder, name: string, value: string): string {
  return model.op("Relu", `${name}/Relu`, [value]);
}

function bottleneck(model: ModelBuilder, name: string, value: string, options: { from: number; inner: number; stride: number }): string {
  const { from, inner, stride } = options;
  const first = relu(model, `${name}/relu1`, conv(model, `${name}/conv1`, value, { from, to: inner, kernel: 1, stride: 1 }));
  const second = relu(model, `${name}/relu2`, conv(model, `${name}/conv2`, first, { from: inner, to: inner, kernel: 3, stride }));
  const third = conv(model, `${name}/conv3`, second, { from: inner, to: inner * 4, kernel: 1, stride: 1 });
  const skip = from === inner * 4 && stride === 1 ? value : conv(model, `${name}/downsample`, value, { from, to: inner * 4, kernel: 1, stride });
  return relu(model, name, model.op("Add", `${name}/Add`, [third, skip]));
}
