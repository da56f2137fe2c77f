// Owns the kind ctc-text: a picture of one line of text → the text, as PaddleOCR's recognition models do it (greedy CTC).
import type { WireTensor } from "../protocol/tensor.ts";
import { linesOf } from "./labels.ts";
import { decodePicture, PICTURE_TYPES, resizePicture } from "./picture.ts";
import { checkPictureInput, pictureTensor, readNormalisation } from "./picture-tensor.ts";
import { ProcessorError } from "./processor-error.ts";
import type { LoadProcessor } from "./processor.ts";
import { readOptions } from "./read-options.ts";
import { floatsOf, outputNamed, pickSpec, requestInputs, requestOutputs } from "./tensor-values.ts";

/** A line ten times as wide as the models were trained for is a page, not a line. */
const MAX_WIDTH = 8192;

export const loadCtcText: LoadProcessor = async (spec, files, model) => {
  const options = readOptions(spec, files);
  const input = pickSpec(requestInputs(model), options.text("input"), "input");
  const output = pickSpec(requestOutputs(model), options.text("output"), "output");
  const keys = options.file("keysFile");
  if (!keys) throw new ProcessorError("option", `processor "ctc-text" needs the option "keysFile": a file with one character a line`);
  const how = readNormalisation(options, { channels: "bgr", scale: 1 / 255, mean: [0.5], std: [0.5] });
  const height = options.number("height", 48, { min: 8, max: 512, whole: true });
  const minWidth = options.number("minWidth", 320, { min: 1, max: MAX_WIDTH, whole: true });
  const maxWidth = options.number("maxWidth", 2560, { min: 8, max: MAX_WIDTH, whole: true });
  const multipleOf = options.number("multipleOf", 8, { min: 1, max: 256, whole: true });
  const alphabet = linesOf(keys);
  if (options.boolean("appendSpace", true)) alphabet.push(" ");
  const blank = options.choice("blank", "first", ["first", "last"]);
  options.end();
  checkPictureInput(input, how, { width: null, height });
  if (minWidth > maxWidth) throw new ProcessorError("option", `option "minWidth" (${minWidth}) is larger than "maxWidth" (${maxWidth})`);
  return {
    accepts: PICTURE_TYPES,
    async encode({ body }) {
      const picture = decodePicture(body);
      const scaled = Math.max(1, Math.ceil((height * picture.width) / picture.height));
      const wanted = Math.min(Math.max(scaled, minWidth), maxWidth);
      const width = Math.ceil(wanted / multipleOf) * multipleOf;
      const line = resizePicture(picture, Math.min(scaled, wanted), height);
      return { steps: [[pictureTensor(input, line, { width, height }, how)]], context: null };
    },
    async decode(outputs) {
      return decodeCtc(outputNamed(outputs[0], output.name), alphabet, blank);
    },
  };
};

/**
 * Greedy CTC over [1, steps, classes]: the best class of each step, repeats merged, blanks dropped. The confidence is the mean
 * probability of the kept steps (0 when nothing was read).
 */
export function decodeCtc(tensor: WireTensor, alphabet: string[], blank: "first" | "last"): { text: string; confidence: number } {
  const [batch, steps, classes] = tensor.shape;
  if (tensor.shape.length !== 3 || batch !== 1 || steps === undefined || classes === undefined) {
    throw new ProcessorError("output", `ctc-text reads an output of [1, steps, classes], the model gave [${tensor.shape.join(", ")}]`);
  }
  if (classes !== alphabet.length + 1) {
    throw new ProcessorError("output", `the model answers ${classes} classes, but the keys make ${alphabet.length} characters and a blank (see "appendSpace")`);
  }
  const values = floatsOf(tensor);
  const blankClass = blank === "first" ? 0 : classes - 1;
  let text = "";
  let sum = 0;
  let kept = 0;
  let previous = -1;
  for (let step = 0; step < steps; step++) {
    const row = values.subarray(step * classes, (step + 1) * classes);
    let best = 0;
    for (let index = 1; index < classes; index++) if (row[index]! > row[best]!) best = index;
    if (best !== blankClass && best !== previous) {
      text += alphabet[blank === "first" ? best - 1 : best];
      sum += row[best]!;
      kept++;
    }
    previous = best;
  }
  return { text, confidence: kept === 0 ? 0 : sum / kept };
}
