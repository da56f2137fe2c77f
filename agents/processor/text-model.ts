// Owns the kinds text-embed (text → vector) and text-classify (text → labels), for models that take token ids.
import { Tokenizer } from "@huggingface/tokenizers";
import type { TensorSpec, WireTensor } from "../protocol/tensor.ts";
import { bestLabels, labelsOf, readLabels } from "./labels.ts";
import { ProcessorError } from "./processor-error.ts";
import type { Encoded, LoadProcessor, ProcessorInput, ProcessorModel } from "./processor.ts";
import { type OptionReader, readOptions } from "./read-options.ts";
import { floatsOf, integerTensor, outputNamed, pickSpec, requestInputs, requestOutputs } from "./tensor-values.ts";
import { createUnigramTokenizer, parseUnigramVocabulary } from "./unigram-tokenizer.ts";

const TEXT_TYPES = ["text/plain", "application/json"];
/** Far beyond what any sequence limit lets through; bounds the tokenizer's own work. */
const MAX_TEXT_CHARACTERS = 200_000;
const MAX_TOKENS = 32_768;

type Tokens = { ids: number[]; mask: number[]; types: number[] };
type TextContext = { tokenCount: number; truncated: boolean; mask: number[] };

export const loadTextEmbed: LoadProcessor = async (spec, files, model) => {
  const options = readOptions(spec, files);
  const encode = readTextInput(options, model);
  const output = pickSpec(requestOutputs(model), options.text("output"), "output");
  const pooling = options.choice("pooling", "mean", ["mean", "first"]);
  const normalise = options.boolean("normalise", true);
  options.end();
  return {
    accepts: TEXT_TYPES,
    encode,
    async decode(outputs, context) {
      const { tokenCount, truncated, mask } = context as TextContext;
      const pooled = pool(outputNamed(outputs[0], output.name), mask, pooling);
      const length = Math.hypot(...pooled);
      const embedding = Array.from(pooled, (value) => (normalise && length > 0 ? value / length : value));
      return { embedding, dimensions: embedding.length, tokenCount, truncated };
    },
  };
};

export const loadTextClassify: LoadProcessor = async (spec, files, model) => {
  const options = readOptions(spec, files);
  const encode = readTextInput(options, model);
  const output = pickSpec(requestOutputs(model), options.text("output"), "output");
  const labels = readLabels(options);
  options.end();
  return {
    accepts: TEXT_TYPES,
    ...labelsOf(output, labels),
    encode,
    async decode(outputs, context) {
      const { tokenCount, truncated } = context as TextContext;
      const top = bestLabels(outputNamed(outputs[0], output.name), labels);
      return { label: top[0]!.label ?? String(top[0]!.index), score: top[0]!.score, top, tokenCount, truncated };
    },
  };
};

/** [1, size] as it is; [1, tokens, size] over the tokens the mask keeps, or the first token alone. */
function pool(tensor: WireTensor, mask: number[], pooling: "mean" | "first"): Float32Array {
  const values = floatsOf(tensor);
  if (tensor.shape.length <= 2) return values;
  const [, tokens = 0, size = 0] = tensor.shape;
  if (tensor.shape.length !== 3 || tokens < 1) throw new ProcessorError("output", `text-embed reads [1, size] or [1, tokens, size], the model gave [${tensor.shape.join(", ")}]`);
  if (pooling === "first") return values.subarray(0, size);
  const sum = new Float32Array(size);
  const kept = mask.reduce((count, one) => count + one, 0) || 1;
  for (let token = 0; token < tokens; token++) {
    if (mask[token] !== 1) continue;
    for (let index = 0; index < size; index++) sum[index]! += values[token * size + index]! / kept;
  }
  return sum;
}

function readTextInput(options: OptionReader, model: ProcessorModel): (input: ProcessorInput) => Promise<Encoded> {
  const tokenize = readTokenizer(options);
  const maxTokens = options.number("maxTokens", 512, { min: 1, max: MAX_TOKENS, whole: true });
  const inputs = requestInputs(model).map((input) => ({ input, part: partOf(input, options) }));
  return async (request) => {
    const whole = tokenize(readText(request));
    if (whole.ids.length === 0) throw new ProcessorError("input", "the text is empty");
    // The tail goes, but the closing token a model was trained to see stays.
    const cut = (list: number[]) => (list.length <= maxTokens ? list : [...list.slice(0, maxTokens - 1), list.at(-1)!]);
    const tokens: Tokens = { ids: cut(whole.ids), mask: cut(whole.mask), types: cut(whole.types) };
    const shape = [1, tokens.ids.length];
    const context: TextContext = { tokenCount: tokens.ids.length, truncated: whole.ids.length > maxTokens, mask: tokens.mask };
    return { steps: [inputs.map(({ input, part }) => integerTensor(input, shape, part === "positions" ? tokens.ids.map((_, index) => index) : tokens[part]))], context };
  };
}

const PARTS: Record<string, "ids" | "mask" | "types" | "positions"> = {
  input_ids: "ids", ids: "ids", input: "ids", attention_mask: "mask", mask: "mask", token_type_ids: "types", segment_ids: "types", position_ids: "positions",
};

function partOf(input: TensorSpec, options: OptionReader): "ids" | "mask" | "types" | "positions" {
  if (input.dataType !== "int64" && input.dataType !== "int32") throw new ProcessorError("option", `input "${input.name}" is ${input.dataType}: text models take int64 or int32 ids`);
  if (options.text("idsInput") === input.name) return "ids";
  const part = PARTS[input.name];
  if (part) return part;
  throw new ProcessorError("option", `input "${input.name}" is unknown: known are ${Object.keys(PARTS).join(", ")}; name the one of the ids with the option "idsInput"`);
}

function readTokenizer(options: OptionReader): (text: string) => Tokens {
  const tokenizerFile = options.file("tokenizerFile");
  const configFile = options.file("tokenizerConfigFile");
  const vocabularyFile = options.file("vocabularyFile");
  const specialTokens = options.boolean("specialTokens", true);
  if ((tokenizerFile === null) === (vocabularyFile === null)) {
    throw new ProcessorError("option", `give "tokenizerFile" (a Hugging Face tokenizer.json) or "vocabularyFile" (a unigram vocabulary), one of the two`);
  }
  try {
    if (vocabularyFile) {
      const encode = createUnigramTokenizer(parseUnigramVocabulary(decodeText(vocabularyFile)));
      return (text) => {
        const ids = encode(text);
        return { ids, mask: ids.map(() => 1), types: ids.map(() => 0) };
      };
    }
    const tokenizer = new Tokenizer(JSON.parse(decodeText(tokenizerFile!)), configFile ? JSON.parse(decodeText(configFile)) : {});
    return (text) => {
      const encoding = tokenizer.encode(text, { add_special_tokens: specialTokens, return_token_type_ids: true });
      return { ids: encoding.ids, mask: encoding.attention_mask, types: encoding.token_type_ids ?? encoding.ids.map(() => 0) };
    };
  } catch (error) {
    throw new ProcessorError("option", `the tokenizer's file cannot be used: ${(error as Error).message}`, { cause: error });
  }
}

function decodeText(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

/** Plain text, or JSON `{"text": "…"}`. */
function readText({ contentType, body }: ProcessorInput): string {
  let text: unknown;
  try {
    text = decodeText(body);
    if (/^application\/json\b/.test(contentType)) text = (JSON.parse(text as string) as { text?: unknown }).text;
  } catch (error) {
    throw new ProcessorError("input", `the body is not valid ${/json/.test(contentType) ? "JSON" : "UTF-8"}`, { cause: error });
  }
  if (typeof text !== "string") throw new ProcessorError("input", 'JSON must be {"text": "…"}');
  if (text.length > MAX_TEXT_CHARACTERS) throw new ProcessorError("too-large", `the text has ${text.length} characters; at most ${MAX_TEXT_CHARACTERS} are taken`);
  return text;
}
