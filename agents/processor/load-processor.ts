// Owns the closed set of processor kinds. A kind's own file owns what it does.
import { loadCtcText } from "./ctc-text.ts";
import { loadImageClassify, loadImageTensor } from "./image-classify.ts";
import { ProcessorError } from "./processor-error.ts";
import type { LoadProcessor } from "./processor.ts";
import { loadTextClassify, loadTextEmbed } from "./text-model.ts";
import { loadTextDetect } from "./text-detect.ts";
import { loadVoiceActivity } from "./voice-activity.ts";

const LOADERS: Record<string, LoadProcessor> = {
  "image-classify": loadImageClassify,
  "image-tensor": loadImageTensor,
  "ctc-text": loadCtcText,
  "text-detect": loadTextDetect,
  "text-embed": loadTextEmbed,
  "text-classify": loadTextClassify,
  "voice-activity": loadVoiceActivity,
};
export const PROCESSOR_KINDS = Object.keys(LOADERS);

/** @throws ProcessorError "option" that names the option and what it must be */
export const loadProcessor: LoadProcessor = async (spec, files, model) => {
  const load = Object.hasOwn(LOADERS, spec.kind) ? LOADERS[spec.kind] : undefined;
  if (!load) throw new ProcessorError("option", `there is no processor kind "${spec.kind}"; there are: ${PROCESSOR_KINDS.join(", ")}`);
  return load(spec, files, model);
};
