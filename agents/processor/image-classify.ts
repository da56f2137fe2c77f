// Owns the kinds image-classify (picture → labels) and image-tensor (picture → the model's outputs as numbers).
import { elementCount, type WireTensor } from "../protocol/tensor.ts";
import { bestLabels, labelsOf, readLabels } from "./labels.ts";
import { cropCentre, decodePicture, PICTURE_TYPES, resizePicture, type Picture } from "./picture.ts";
import { checkPictureInput, pictureTensor, readNormalisation } from "./picture-tensor.ts";
import { ProcessorError } from "./processor-error.ts";
import type { Encoded, LoadProcessor, Processor } from "./processor.ts";
import { type OptionReader, readOptions } from "./read-options.ts";
import { floatsOf, outputNamed, pickSpec, requestInputs, requestOutputs } from "./tensor-values.ts";

const MAX_SIDE = 4096;
/** JSON answers of image-tensor: more numbers belong into the binary tensor protocol. */
const MAX_ANSWER_VALUES = 100_000;

export const loadImageClassify: LoadProcessor = async (spec, files, model) => {
  const options = readOptions(spec, files);
  const { pictures, encode } = readImageInput(options, () => pickSpec(requestInputs(model), options.text("input"), "input"));
  const output = pickSpec(requestOutputs(model), options.text("output"), "output");
  const labels = readLabels(options);
  const minimumScore = options.number("minimumScore", 0, { min: 0, max: 1 });
  options.end();
  return {
    accepts: PICTURE_TYPES,
    pictures,
    ...labelsOf(output, labels),
    encode,
    async decode(outputs) {
      const best = bestLabels(outputNamed(outputs[0], output.name), labels);
      const first = best[0]!;
      return { label: first.score >= minimumScore ? first.label ?? String(first.index) : null, score: first.score, top: best };
    },
  };
};

export const loadImageTensor: LoadProcessor = async (spec, files, model) => {
  const options = readOptions(spec, files);
  const { pictures, encode } = readImageInput(options, () => pickSpec(requestInputs(model), options.text("input"), "input"));
  options.end();
  return {
    accepts: PICTURE_TYPES,
    pictures,
    encode,
    async decode(outputs) {
      return { outputs: (outputs[0] ?? []).map(describeTensor) };
    },
  };
};

function describeTensor(tensor: WireTensor) {
  const count = elementCount(tensor.shape);
  if (count > MAX_ANSWER_VALUES) {
    throw new ProcessorError("too-large", `output "${tensor.name}" has ${count} values; the picture's JSON answer holds ${MAX_ANSWER_VALUES}: ask by tensors with binary data`);
  }
  return { name: tensor.name, dataType: tensor.dataType, shape: tensor.shape, values: Array.from(floatsOf(tensor)) };
}

function readImageInput(options: OptionReader, pickInput: () => ReturnType<typeof pickSpec>): { pictures: NonNullable<Processor["pictures"]>; encode(input: { body: Uint8Array }): Promise<Encoded> } {
  const input = pickInput();
  const how = readNormalisation(options, { channels: "rgb", scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] });
  const declared = sizeOf(input.shape, how.layout);
  const size = {
    width: options.number("width", declared.width, { min: 1, max: MAX_SIDE, whole: true }),
    height: options.number("height", declared.height, { min: 1, max: MAX_SIDE, whole: true }),
  };
  const fit = options.choice("fit", "crop", ["crop", "stretch", "pad"]);
  const resizeShort = options.number("resizeShort", Math.min(size.width, size.height), { min: 1, max: MAX_SIDE, whole: true });
  if (fit === "crop" && resizeShort < Math.max(size.width, size.height) && size.width === size.height) {
    throw new ProcessorError("option", `option "resizeShort" (${resizeShort}) must not be smaller than the crop (${size.width})`);
  }
  checkPictureInput(input, how, size);
  const padding = options.number("padding", 0, { min: -1e6, max: 1e6 });
  return {
    pictures: { input: input.name, layout: how.layout },
    async encode({ body }) {
      const picture = fitPicture(decodePicture(body), size, fit, resizeShort);
      return { steps: [[pictureTensor(input, picture, size, how, padding)]], context: null };
    },
  };
}

/** 224 × 224 where the model leaves it open: what most picture classifiers take. */
function sizeOf(shape: (number | string)[] | null, layout: "NCHW" | "NHWC"): { width: number; height: number } {
  const [height, width] = layout === "NCHW" ? [shape?.[2], shape?.[3]] : [shape?.[1], shape?.[2]];
  return { width: typeof width === "number" && width > 0 ? width : 224, height: typeof height === "number" && height > 0 ? height : 224 };
}

/** crop: shorter side to `resizeShort`, then the middle. stretch: exactly the size. pad: as large as fits, at the top left. */
function fitPicture(picture: Picture, size: { width: number; height: number }, fit: "crop" | "stretch" | "pad", resizeShort: number): Picture {
  if (fit === "stretch") return resizePicture(picture, size.width, size.height);
  if (fit === "pad") {
    const ratio = Math.min(size.width / picture.width, size.height / picture.height);
    return resizePicture(picture, clamp(Math.ceil(picture.width * ratio), size.width), clamp(Math.round(picture.height * ratio), size.height));
  }
  const ratio = Math.max(resizeShort / Math.min(picture.width, picture.height), size.width / picture.width, size.height / picture.height);
  const width = Math.max(size.width, Math.round(picture.width * ratio));
  const height = Math.max(size.height, Math.round(picture.height * ratio));
  // A needle-shaped picture would otherwise blow up to gigabytes before its middle is cut out.
  if (width * height > MAX_SIDE * MAX_SIDE) throw new ProcessorError("input", `a picture of ${picture.width}×${picture.height} is too long and thin to crop`);
  return cropCentre(resizePicture(picture, width, height), size.width, size.height);
}

function clamp(value: number, max: number): number {
  return Math.max(1, Math.min(max, value));
}
