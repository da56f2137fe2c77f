// Owns how a benchmark tells its numbers: one table for people, one JSON object a line for programs. Measures nothing itself.

/** One number of a benchmark. `holds` is computed: nobody writes it by hand. */
export type Figure = {
  figure: string;
  value: number;
  /** "ms", "bytes/s", "x", "%", "requests" … */
  unit: string;
  /** What the value is compared with, in words, measured in the same run. */
  against?: string;
  /** value : the compared value. */
  ratio?: number;
  /** What an issue demands of `ratio` where there is one, else of `value`. */
  target?: { op: "<=" | ">=" | "=="; than: number };
  /** Set instead of `target` when the run could not measure it fairly: printed, never judged. */
  withoutTargetBecause?: string;
};

export type ReportedFigure = { bench: string; figure: string; value: number; unit: string; against?: string; ratio?: number; target?: string; holds?: boolean; note?: string };

/** Adds `holds` to what has a target. */
export function judgeFigure(bench: string, figure: Figure): ReportedFigure {
  const reported: ReportedFigure = { bench, figure: figure.figure, value: round(figure.value), unit: figure.unit };
  if (figure.against !== undefined) reported.against = figure.against;
  if (figure.ratio !== undefined) reported.ratio = round(figure.ratio);
  if (figure.target !== undefined) {
    const judged = figure.ratio ?? figure.value;
    reported.target = `${figure.target.op} ${figure.target.than}`;
    reported.holds = holds(judged, figure.target);
  }
  if (figure.withoutTargetBecause !== undefined) reported.note = figure.withoutTargetBecause;
  return reported;
}

/** Prints the table, then the JSON lines. Returns false when a target is missed, so that the caller can set its exit code. */
export function reportBench(bench: string, figures: Figure[], write: (text: string) => void = (text) => process.stdout.write(text)): boolean {
  const reported = figures.map((figure) => judgeFigure(bench, figure));
  const header = ["figure", "value", "unit", "against", "ratio", "target", "holds"];
  const rows = reported.map((one) => [
    one.figure, String(one.value), one.unit, one.against ?? "", one.ratio === undefined ? "" : String(one.ratio),
    one.target ?? (one.note === undefined ? "" : `none: ${one.note}`), one.holds === undefined ? "" : one.holds ? "yes" : "NO",
  ]);
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[]) => `${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()}\n`;
  write(`\n${bench}\n`);
  write(line(header));
  write(line(widths.map((width) => "-".repeat(width))));
  for (const row of rows) write(line(row));
  write("\n");
  for (const one of reported) write(`${JSON.stringify(one)}\n`);
  return reported.every((one) => one.holds !== false);
}

function holds(value: number, target: { op: "<=" | ">=" | "=="; than: number }): boolean {
  if (target.op === "<=") return value <= target.than;
  if (target.op === ">=") return value >= target.than;
  return value === target.than;
}

/** Four significant digits are more than any of these runs can tell apart; counts stay whole. */
function round(value: number): number {
  return Number.isInteger(value) || !Number.isFinite(value) ? value : Number(value.toPrecision(4));
}
