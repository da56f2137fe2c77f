import type { Written } from "../format.ts";

export type FigureKind = "measured" | "predicted" | "estimated" | "simulated" | "mixed";
/** A prediction stays one, however well its inputs are measured. */
export const predicted = (kind: "measured" | "estimated" | "mixed" | "local"): FigureKind => (kind === "measured" || kind === "local" ? "predicted" : kind);
type Props = { figure: Written; kind?: FigureKind; stale?: boolean; className?: string; /** Of the unit, where the text around it has a colour. */ unitClass?: string; label?: string };

const WORDS: Record<FigureKind, string> = { measured: "", predicted: "", estimated: "est.", simulated: "sim.", mixed: "part est." };
const TITLES: Record<FigureKind, string> = {
  measured: "Measured on the machine", predicted: "Predicted by the cost model from measured layer times and links",
  estimated: "Estimated by the cost model from layer shapes, not measured",
  simulated: "From a simulation", mixed: "Predicted from figures that were partly measured, partly estimated",
};

/** One number with its unit. Estimated, measured and simulated figures look different and say so in a word. */
export function Figure({ figure, kind = "measured", stale = false, className = "", unitClass = "text-ink-3", label }: Props) {
  const look = kind === "measured" ? "" : kind === "simulated" ? "num-sim" : "num-est";
  const known = figure.text !== "–";
  return (
    <span className={`whitespace-nowrap ${stale ? "opacity-55" : ""} ${className}`} title={known ? (stale ? "Last value before the live connection was lost" : TITLES[kind]) : "Not known yet"} data-kind={kind}>
      {label && <span className="sr-only">{label} </span>}
      <span className={`num ${known ? look : "text-ink-3"}`}>{figure.text}</span>
      {figure.unit && <span className={`ml-0.5 text-[0.85em] ${unitClass}`}>{figure.unit}</span>}
      {known && WORDS[kind] && <span className="ml-1 text-[0.8em] text-ink-3">{WORDS[kind]}</span>}
    </span>
  );
}
