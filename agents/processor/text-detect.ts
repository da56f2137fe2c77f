// Owns the kind text-detect: a picture → boxes around its lines of text, by the DB ("differentiable binarisation") post-processing
// of PaddleOCR's detection models. Boxes are always rectangles (turned where the text is), never polygons.
import type { WireTensor } from "../protocol/tensor.ts";
import { findComponents } from "./connected-components.ts";
import { decodePicture, PICTURE_TYPES, resizePicture } from "./picture.ts";
import { checkPictureInput, pictureTensor, readNormalisation } from "./picture-tensor.ts";
import { ProcessorError } from "./processor-error.ts";
import type { LoadProcessor } from "./processor.ts";
import { readOptions } from "./read-options.ts";
import { type Corner, cornersOf, smallestRectangle, type TurnedRectangle } from "./smallest-rectangle.ts";
import { floatsOf, outputNamed, pickSpec, requestInputs, requestOutputs } from "./tensor-values.ts";

export type TextBox = { corners: [Corner, Corner, Corner, Corner]; score: number };
type DetectOptions = { threshold: number; boxThreshold: number; unclipRatio: number; maxBoxes: number; minSide: number };
type DetectContext = { width: number; height: number; /** The part of the tensor the picture covers. */ tensorWidth: number; tensorHeight: number };

/** Sides must divide by this: five halvings in the network. */
const SIDE_STEP = 32;

export const loadTextDetect: LoadProcessor = async (spec, files, model) => {
  const options = readOptions(spec, files);
  const input = pickSpec(requestInputs(model), options.text("input"), "input");
  const output = pickSpec(requestOutputs(model), options.text("output"), "output");
  const how = readNormalisation(options, { channels: "bgr", scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] });
  const maxSide = options.number("maxSide", 960, { min: SIDE_STEP, max: 4096, whole: true });
  const detect: DetectOptions = {
    threshold: options.number("threshold", 0.3, { min: 0, max: 1 }),
    boxThreshold: options.number("boxThreshold", 0.6, { min: 0, max: 1 }),
    unclipRatio: options.number("unclipRatio", 1.5, { min: 0, max: 10 }),
    maxBoxes: options.number("maxBoxes", 1000, { min: 1, max: 10_000, whole: true }),
    minSide: options.number("minSide", 3, { min: 1, max: 100 }),
  };
  options.end();
  checkPictureInput(input, how, { width: null, height: null });
  return {
    accepts: PICTURE_TYPES,
    async encode({ body }) {
      const picture = decodePicture(body);
      const ratio = Math.min(1, maxSide / Math.max(picture.width, picture.height));
      const width = Math.max(SIDE_STEP, Math.round((picture.width * ratio) / SIDE_STEP) * SIDE_STEP);
      const height = Math.max(SIDE_STEP, Math.round((picture.height * ratio) / SIDE_STEP) * SIDE_STEP);
      const context: DetectContext = { width: picture.width, height: picture.height, tensorWidth: width, tensorHeight: height };
      return { steps: [[pictureTensor(input, resizePicture(picture, width, height), { width, height }, how)]], context };
    },
    async decode(outputs, context) {
      const { width, height } = context as DetectContext;
      return { width, height, boxes: boxesOf(outputNamed(outputs[0], output.name), context as DetectContext, detect) };
    },
  };
};

/** Top to bottom, then left to right. */
function boxesOf(map: WireTensor, context: DetectContext, options: DetectOptions): TextBox[] {
  const height = map.shape.at(-2) ?? 0;
  const width = map.shape.at(-1) ?? 0;
  if (map.shape.length !== 4 || map.shape[0] !== 1 || map.shape[1] !== 1) {
    throw new ProcessorError("output", `text-detect reads an output of [1, 1, height, width], the model gave [${map.shape.join(", ")}]`);
  }
  const values = floatsOf(map);
  const boxes: TextBox[] = [];
  for (const points of findComponents(values, width, height, options.threshold, options.maxBoxes)) {
    const tight = smallestRectangle(points);
    if (Math.min(tight.width, tight.height) < options.minSide) continue;
    const score = meanInside(values, width, height, tight);
    if (score < options.boxThreshold) continue;
    const grown = unclip(tight, options.unclipRatio);
    if (Math.min(grown.width, grown.height) < options.minSide + 2) continue;
    boxes.push({ corners: toPicture(grown, width, height, context), score });
  }
  return boxes.sort((a, b) => a.corners[0].y - b.corners[0].y || a.corners[0].x - b.corners[0].x);
}

/** The network draws shrunken text. Growing a rectangle by area × ratio / perimeter on every side equals offsetting it as a polygon. */
function unclip(box: TurnedRectangle, ratio: number): TurnedRectangle {
  const distance = (box.width * box.height * ratio) / (2 * (box.width + box.height));
  return { ...box, width: box.width + 2 * distance, height: box.height + 2 * distance };
}

function meanInside(values: Float32Array, width: number, height: number, box: TurnedRectangle): number {
  const corners = cornersOf(box);
  const left = Math.max(0, Math.floor(Math.min(...corners.map((one) => one.x))));
  const right = Math.min(width - 1, Math.ceil(Math.max(...corners.map((one) => one.x))));
  const top = Math.max(0, Math.floor(Math.min(...corners.map((one) => one.y))));
  const bottom = Math.min(height - 1, Math.ceil(Math.max(...corners.map((one) => one.y))));
  const cos = Math.cos(box.angle);
  const sin = Math.sin(box.angle);
  let sum = 0;
  let count = 0;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const along = (x - box.x) * cos + (y - box.y) * sin;
      const across = (y - box.y) * cos - (x - box.x) * sin;
      if (Math.abs(along) > box.width / 2 + 0.5 || Math.abs(across) > box.height / 2 + 0.5) continue;
      sum += values[y * width + x]!;
      count++;
    }
  }
  return count === 0 ? 0 : sum / count;
}

function toPicture(box: TurnedRectangle, mapWidth: number, mapHeight: number, context: DetectContext): [Corner, Corner, Corner, Corner] {
  const place = ({ x, y }: Corner): Corner => ({
    x: Math.max(0, Math.min(context.width, Math.round((x / mapWidth) * context.width))),
    y: Math.max(0, Math.min(context.height, Math.round((y / mapHeight) * context.height))),
  });
  const [a, b, c, d] = cornersOf(box);
  return [place(a), place(b), place(c), place(d)];
}
