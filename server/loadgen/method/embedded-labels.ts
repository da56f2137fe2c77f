// Owns whether embeddings can be told apart by their labels: each is told by the other samples of every label.
import type { Label } from "./labelled-row.ts";
import { MAX_EMBEDDING_LABELS } from "./nearest-others.ts";

/** `counts`: samples of each label. `name`: of what has them, as an error begins. A sentence; null = they can. */
export function embeddedLabelsProblem(name: string, counts: ReadonlyMap<Label, number>): string | null {
  const [alone] = [...counts].find(([, count]) => count < 2) ?? [];
  if (counts.size < 2 || counts.size > MAX_EMBEDDING_LABELS) return `${name} has ${counts.size} different labels: embeddings are told apart by 2 to ${MAX_EMBEDDING_LABELS}.`;
  return alone === undefined ? null : `${name} has one sample only of the label ${JSON.stringify(alone)}: an embedding is told by the other samples of its label.`;
}
