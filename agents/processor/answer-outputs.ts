// Owns what of each kind's JSON answer is told as tensors, beside the answer itself: for clients that take tensors and nothing else.

type Top = { top: { index: number; label: string | null; score: number }[] };
/** `size`: of its one dimension; -1 = as many as the answer has. `of`: what of the parsed answer. */
export type AnswerOutput = { name: string; size: 1 | -1 } & ({ dataType: "bytes"; of(answer: never): string[] } | { dataType: "float32"; of(answer: never): number[] });

/** Best first. A label that has no name is its index, as in `label`. */
const LABELS: AnswerOutput[] = [
  { name: "LABEL", size: -1, dataType: "bytes", of: ({ top }: Top) => top.map(({ label, index }) => label ?? String(index)) },
  { name: "SCORE", size: -1, dataType: "float32", of: ({ top }: Top) => top.map(({ score }) => score) },
];
const OUTPUTS: Record<string, AnswerOutput[]> = {
  "image-classify": LABELS,
  "text-classify": LABELS,
  "ctc-text": [
    { name: "TEXT", size: 1, dataType: "bytes", of: ({ text }: { text: string }) => [text] },
    { name: "CONFIDENCE", size: 1, dataType: "float32", of: ({ confidence }: { confidence: number }) => [confidence] },
  ],
  "text-embed": [{ name: "EMBEDDING", size: -1, dataType: "float32", of: ({ embedding }: { embedding: number[] }) => embedding }],
};

export const answerOutputs = (kind: string): AnswerOutput[] => (Object.hasOwn(OUTPUTS, kind) ? OUTPUTS[kind]! : []);
