// Owns which kinds of processors answer with one thing that a label can be: a text, a class or an embedding.
export const GRADED_KINDS = ["ctc-text", "image-classify", "image-tensor", "text-classify", "text-embed"];

/** Of a kind that is none of them. */
export function ungradedKind(kind: string, model: string): string {
  return `What the processor ${kind} of “${model}” answers is no text, class or embedding: it cannot be held against a label.`;
}
