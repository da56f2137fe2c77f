// Owns turning a picture into the numbers a model takes: layout, channel order, scale, mean, deviation, padding.
import type { TensorSpec, WireTensor } from "../protocol/tensor.ts";
import type { Picture } from "./picture.ts";
import { ProcessorError } from "./processor-error.ts";
import type { OptionReader } from "./read-options.ts";

export type Layout = "NCHW" | "NHWC";
export type ChannelOrder = "rgb" | "bgr" | "gray";
/** value = (pixel × scale − mean[channel]) / std[channel]; mean and std follow the channel order of the tensor. */
export type Normalisation = { layout: Layout; channels: ChannelOrder; scale: number; mean: number[]; std: number[] };

export function readNormalisation(options: OptionReader, defaults: Omit<Normalisation, "layout">): Normalisation {
  const channels = options.choice("channels", defaults.channels, ["rgb", "bgr", "gray"]);
  const count = channels === "gray" ? 1 : 3;
  const std = perChannel(options.numbers("std", defaults.std, [1, 3]), count);
  if (std.some((one) => one === 0)) throw new ProcessorError("option", `option "std" must not hold 0`);
  return {
    layout: options.choice("layout", "NCHW", ["NCHW", "NHWC"]),
    channels,
    scale: options.number("scale", defaults.scale, { min: 1e-9, max: 1e6 }),
    mean: perChannel(options.numbers("mean", defaults.mean, [1, 3]), count),
    std,
  };
}

function perChannel(values: number[], count: number): number[] {
  return Array.from({ length: count }, (_, channel) => values[values.length === 1 ? 0 : channel]!);
}

/**
 * Whether the model's input can be a picture made so; `null` = that side varies from picture to picture.
 * @throws ProcessorError "option"
 */
export function checkPictureInput(input: TensorSpec, how: Normalisation, size: { width: number | null; height: number | null }): void {
  const refuse = (problem: string) => new ProcessorError("option", `input "${input.name}" ${problem}`);
  if (input.dataType !== "float32" && input.dataType !== "uint8") throw refuse(`is ${input.dataType}; pictures are made for float32 and uint8 inputs`);
  if (input.shape === null) return;
  const planes = how.channels === "gray" ? 1 : 3;
  const made = how.layout === "NCHW" ? [1, planes, size.height, size.width] : [1, size.height, size.width, planes];
  const fits = input.shape.length === 4 && input.shape.every((declared, axis) => typeof declared !== "number" || made[axis] === null || declared === made[axis]);
  if (fits) return;
  const tell = (shape: (number | string | null)[]) => `[${shape.map((one) => (one === null || one === "" ? "?" : one)).join(", ")}]`;
  throw refuse(`has shape ${tell(input.shape)}, the pictures are ${tell(made)}: see the options "layout", "channels", "width" and "height"`);
}

/**
 * [1, C, height, width] or [1, height, width, C]. A picture smaller than `size` lies at the top left; the rest is `padding`,
 * in the model's own units (after normalising).
 */
export function pictureTensor(input: TensorSpec, picture: Picture, size: { width: number; height: number }, how: Normalisation, padding = 0): WireTensor {
  const planes = how.channels === "gray" ? 1 : 3;
  const values = new Float32Array(size.width * size.height * planes).fill(padding);
  const plane = size.width * size.height;
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < picture.width; x++) {
      const from = (y * picture.width + x) * 3;
      const at = y * size.width + x;
      for (let channel = 0; channel < planes; channel++) {
        const pixel = pixelOf(picture.rgb, from, channel, how.channels);
        values[how.layout === "NCHW" ? channel * plane + at : at * planes + channel] = (pixel * how.scale - how.mean[channel]!) / how.std[channel]!;
      }
    }
  }
  const shape = how.layout === "NCHW" ? [1, planes, size.height, size.width] : [1, size.height, size.width, planes];
  return { name: input.name, dataType: input.dataType, shape, data: asBytes(input, values) };
}

/** Gray as ITU-R BT.601 weighs it. */
function pixelOf(rgb: Uint8Array, from: number, channel: number, order: ChannelOrder): number {
  if (order === "rgb") return rgb[from + channel]!;
  if (order === "bgr") return rgb[from + 2 - channel]!;
  return 0.299 * rgb[from]! + 0.587 * rgb[from + 1]! + 0.114 * rgb[from + 2]!;
}

function asBytes(input: TensorSpec, values: Float32Array): Uint8Array {
  if (input.dataType === "float32") return new Uint8Array(values.buffer);
  if (input.dataType === "uint8") return Uint8Array.from(new Uint8ClampedArray(values));
  throw new ProcessorError("option", `input "${input.name}" is ${input.dataType}; pictures are made for float32 and uint8 inputs`);
}
