// Owns what the form knows of the closed set of processor kinds: their options, with bounds and defaults, as agents/processor reads them.

type Shown = { name: string; label: string; hint?: string; /** Shown at once; the others are one click away. */ common?: boolean };
export type ProcessorOption = Shown &
  (
    | { type: "file"; takes: string }
    | { type: "number"; min: number; max: number; whole?: boolean; fallback: string }
    | { type: "boolean"; fallback: boolean }
    | { type: "choice"; choices: readonly string[]; fallback: string }
    | { type: "numbers"; counts: readonly number[]; fallback: string }
    | { type: "texts" }
    /** The name of one of the model's tensors. */
    | { type: "tensor"; side: "inputs" | "outputs" }
  );
export type ProcessorKind = {
  kind: string;
  does: string;
  options: readonly ProcessorOption[];
  /** Of each group exactly one option must be given. */
  needed?: readonly (readonly string[])[];
  /** Of each group at most one option may be given. */
  exclusive?: readonly (readonly string[])[];
};

const INPUT: ProcessorOption = { name: "input", label: "Input tensor", type: "tensor", side: "inputs" };
const OUTPUT: ProcessorOption = { name: "output", label: "Output tensor", type: "tensor", side: "outputs" };
const MAX_SIDE = 4096;

const LABELS: readonly ProcessorOption[] = [
  { name: "labelsFile", label: "Label file", hint: "one label a line, in the order of the scores", type: "file", takes: ".txt,text/plain", common: true },
  { name: "labels", label: "Or the labels here", hint: "one a line", type: "texts", common: true },
  { name: "topK", label: "Best labels to answer", type: "number", min: 1, max: 1000, whole: true, fallback: "5", common: true },
  { name: "softmax", label: "Apply a softmax", hint: "when the model does not end with one", type: "boolean", fallback: false, common: true },
];
const pixels = (channels: string, mean: string, std: string): readonly ProcessorOption[] => [
  { name: "layout", label: "Layout", type: "choice", choices: ["NCHW", "NHWC"], fallback: "NCHW" },
  { name: "channels", label: "Channels", hint: "mean and deviation follow this order", type: "choice", choices: ["rgb", "bgr", "gray"], fallback: channels },
  { name: "scale", label: "Scale", hint: "(pixel × scale − mean) / deviation", type: "number", min: 1e-9, max: 1e6, fallback: "1/255" },
  { name: "mean", label: "Mean", hint: "one number, or one per channel", type: "numbers", counts: [1, 3], fallback: mean },
  { name: "std", label: "Deviation", hint: "one number, or one per channel", type: "numbers", counts: [1, 3], fallback: std },
];
const IMAGE_NET = ["0.485, 0.456, 0.406", "0.229, 0.224, 0.225"] as const;
const PICTURE: readonly ProcessorOption[] = [
  { name: "width", label: "Width", hint: "pixels", type: "number", min: 1, max: MAX_SIDE, whole: true, fallback: "the input's own, else 224", common: true },
  { name: "height", label: "Height", hint: "pixels", type: "number", min: 1, max: MAX_SIDE, whole: true, fallback: "the input's own, else 224", common: true },
  { name: "fit", label: "Fit", type: "choice", choices: ["crop", "stretch", "pad"], fallback: "crop", common: true },
  { name: "resizeShort", label: "Shorter side before the crop", hint: "pixels", type: "number", min: 1, max: MAX_SIDE, whole: true, fallback: "the smaller of width and height" },
  { name: "padding", label: "Padding", hint: "in normalised units", type: "number", min: -1e6, max: 1e6, fallback: "0" },
  ...pixels("rgb", ...IMAGE_NET),
  INPUT,
];
const TEXT: readonly ProcessorOption[] = [
  { name: "tokenizerFile", label: "Tokenizer", hint: "a Hugging Face tokenizer.json", type: "file", takes: ".json,application/json", common: true },
  { name: "tokenizerConfigFile", label: "Tokenizer configuration", hint: "tokenizer_config.json, if it has one", type: "file", takes: ".json,application/json", common: true },
  { name: "vocabularyFile", label: "Or a vocabulary", hint: "a unigram vocabulary: a JSON list of [piece, score]", type: "file", takes: ".json,application/json", common: true },
  { name: "maxTokens", label: "Most tokens", type: "number", min: 1, max: 32_768, whole: true, fallback: "512", common: true },
  { name: "specialTokens", label: "Add special tokens", type: "boolean", fallback: true },
  { name: "idsInput", label: "Input that takes the ids", hint: "when it is not called input_ids", type: "tensor", side: "inputs" },
];
const ONE_TOKENIZER = [["tokenizerFile", "vocabularyFile"]];
const ONE_LABEL_LIST = [["labelsFile", "labels"]];

export const PROCESSOR_KINDS: readonly ProcessorKind[] = [
  {
    kind: "image-classify", does: "a picture → its labels", exclusive: ONE_LABEL_LIST,
    options: [...LABELS, ...PICTURE, { name: "minimumScore", label: "Lowest score of a label", type: "number", min: 0, max: 1, fallback: "0" }, OUTPUT],
  },
  { kind: "image-tensor", does: "a picture → the model's outputs as numbers", options: PICTURE },
  {
    kind: "ctc-text", does: "a picture of one line → its text", needed: [["keysFile"]],
    options: [
      { name: "keysFile", label: "Keys file", hint: "one character a line", type: "file", takes: ".txt,text/plain", common: true },
      { name: "appendSpace", label: "A space after the keys", type: "boolean", fallback: true, common: true },
      { name: "blank", label: "Blank", type: "choice", choices: ["first", "last"], fallback: "first", common: true },
      { name: "height", label: "Height", hint: "pixels", type: "number", min: 8, max: 512, whole: true, fallback: "48", common: true },
      { name: "minWidth", label: "Least width", hint: "pixels", type: "number", min: 1, max: 8192, whole: true, fallback: "320" },
      { name: "maxWidth", label: "Greatest width", hint: "pixels", type: "number", min: 8, max: 8192, whole: true, fallback: "2560" },
      { name: "multipleOf", label: "Width is a multiple of", hint: "pixels", type: "number", min: 1, max: 256, whole: true, fallback: "8" },
      ...pixels("bgr", "0.5", "0.5"), INPUT, OUTPUT,
    ],
  },
  {
    kind: "text-detect", does: "a picture → boxes around its lines of text",
    options: [
      { name: "maxSide", label: "Longest side", hint: "pixels", type: "number", min: 32, max: 4096, whole: true, fallback: "960", common: true },
      { name: "threshold", label: "Threshold of a pixel", type: "number", min: 0, max: 1, fallback: "0.3", common: true },
      { name: "boxThreshold", label: "Threshold of a box", type: "number", min: 0, max: 1, fallback: "0.6", common: true },
      { name: "unclipRatio", label: "Unclip ratio", type: "number", min: 0, max: 10, fallback: "1.5" },
      { name: "maxBoxes", label: "Most boxes", type: "number", min: 1, max: 10_000, whole: true, fallback: "1000" },
      { name: "minSide", label: "Least side of a box", hint: "pixels", type: "number", min: 1, max: 100, fallback: "3" },
      ...pixels("bgr", ...IMAGE_NET), INPUT, OUTPUT,
    ],
  },
  {
    kind: "text-embed", does: "a text → one vector", needed: ONE_TOKENIZER,
    options: [
      ...TEXT,
      { name: "pooling", label: "Pooling", type: "choice", choices: ["mean", "first"], fallback: "mean", common: true },
      { name: "normalise", label: "Length 1", type: "boolean", fallback: true, common: true },
      OUTPUT,
    ],
  },
  { kind: "text-classify", does: "a text → its labels", needed: ONE_TOKENIZER, exclusive: ONE_LABEL_LIST, options: [...TEXT, ...LABELS, OUTPUT] },
  {
    kind: "voice-activity", does: "sound → where somebody speaks",
    options: [
      { name: "sampleRate", label: "Sample rate", hint: "hertz", type: "number", min: 8000, max: 48_000, whole: true, fallback: "16000", common: true },
      { name: "threshold", label: "Threshold", type: "number", min: 0.01, max: 0.99, fallback: "0.5", common: true },
      { name: "minSpeechMs", label: "Shortest speech", hint: "milliseconds", type: "number", min: 0, max: 60_000, fallback: "250", common: true },
      { name: "minSilenceMs", label: "Shortest silence", hint: "milliseconds", type: "number", min: 0, max: 60_000, fallback: "100", common: true },
      { name: "padMs", label: "Added around speech", hint: "milliseconds", type: "number", min: 0, max: 10_000, fallback: "30" },
      { name: "endThreshold", label: "Threshold of the end", type: "number", min: 0, max: 0.99, fallback: "threshold − 0.15" },
      { name: "chunk", label: "Samples a step", type: "number", min: 1, max: 65_536, whole: true, fallback: "512" },
      { name: "context", label: "Samples of the step before", type: "number", min: 0, max: 65_536, whole: true, fallback: "64" },
      INPUT, OUTPUT,
    ],
  },
];

export const kindOf = (kind: string): ProcessorKind | undefined => PROCESSOR_KINDS.find((one) => one.kind === kind);
