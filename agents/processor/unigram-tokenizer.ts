// Owns the sentencepiece unigram tokenizer of the Universal Sentence Encoder lite: a vocabulary of [piece, log probability], best path by
// Viterbi. It does what the model was trained with, its treatment of unknown characters included: they weigh nothing and are merged.

/** "▁", which stands for a space and begins every text. */
const SEPARATOR = "\u2581";
const UNKNOWN = 0;
/** Control pieces at the head of the vocabulary that no text may produce. */
const RESERVED_PIECES = 6;

export type UnigramVocabulary = [piece: string, score: number][];

export function createUnigramTokenizer(vocabulary: UnigramVocabulary): (text: string) => number[] {
  const pieces = new Map<string, number>();
  let longest = 1;
  for (let index = RESERVED_PIECES; index < vocabulary.length; index++) {
    const piece = vocabulary[index]![0];
    pieces.set(piece, index);
    longest = Math.max(longest, [...piece].length);
  }
  return (text) => {
    const normalised = text.normalize("NFKC");
    if (normalised === "") return [];
    return bestPath([...(SEPARATOR + normalised.replaceAll(" ", SEPARATOR))], pieces, vocabulary, longest);
  };
}

function bestPath(symbols: string[], pieces: Map<string, number>, vocabulary: UnigramVocabulary, longest: number): number[] {
  // best[end] = score of the best way to `end`; 0 also means "no way yet", as in the reference.
  const best = new Float64Array(symbols.length + 1);
  const word = new Int32Array(symbols.length + 1);
  const length = new Int32Array(symbols.length + 1).fill(1);
  for (let end = 1; end <= symbols.length; end++) {
    for (let start = Math.max(0, end - longest); start < end; start++) {
      const index = pieces.get(symbols.slice(start, end).join(""));
      if (index === undefined) continue;
      const score = vocabulary[index]![1] + best[start]!;
      if (best[end] !== 0 && score < best[end]!) continue;
      best[end] = score;
      word[end] = index;
      length[end] = end - start;
    }
  }
  const path: number[] = [];
  for (let at = symbols.length; at > 0; at -= length[at]!) {
    if (word[at] === UNKNOWN && path.at(-1) === UNKNOWN) continue;
    path.push(word[at]!);
  }
  return path.reverse();
}

/** @throws Error that says what is wrong with the file */
export function parseUnigramVocabulary(text: string): UnigramVocabulary {
  const parsed: unknown = JSON.parse(text);
  const fits = Array.isArray(parsed) && parsed.length > RESERVED_PIECES
    && parsed.every((entry) => Array.isArray(entry) && typeof entry[0] === "string" && (typeof entry[1] === "number" || entry[1] === null));
  if (!fits) throw new Error("a unigram vocabulary is a list of [piece, score]");
  // The published file lost the scores of five pieces with a colon; its own runtime counts them as 0, and so were its vectors made.
  return (parsed as [string, number | null][]).map(([piece, score]) => [piece, score ?? 0]);
}
