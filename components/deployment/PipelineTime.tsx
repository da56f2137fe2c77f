import { ms } from "../format.ts";
import { Figure } from "../ui/Figure.tsx";
import { isProcessed, type LatencyFigures } from "./is-processed.ts";

/** Beside a p50, where a model's processor takes a part of it: the rest, which its prediction is of. */
export function PipelineTime({ of, stale = false }: { of: LatencyFigures | undefined; stale?: boolean }) {
  if (!of || !isProcessed(of)) return null;
  return <span className="text-ink-3" data-testid="pipeline-time"> without processor <Figure figure={ms(of.pipelineMsP50)} stale={stale} /></span>;
}
