// Owns whether a run may pass a gate that holds it against another: what is surely worse closes it, and so does what cannot be told.
import type { Comparable } from "./comparable.ts";
import { comparedFigures, findRegressions, type Difference, type Tolerances } from "./compare-runs.ts";

/** `name`: a figure's, or "validity". `why`: in sentences. */
export type Unjudged = { name: string; why: string };
export type Gate = { /** Nothing is surely worse by more than is tolerated, and nothing is left unjudged. */ passes: boolean; /** Names of figures. */ regressions: string[]; unjudged: Unjudged[] };
type Which = "before" | "after";

/** `differences`: those of the two runs, which can be compared. */
export function judgeGate(before: Comparable, after: Comparable, differences: readonly Difference[], tolerances: Tolerances): Gate {
  const regressions = findRegressions(differences, tolerances).map(({ name }) => name);
  const unjudged = findUnjudged(before, after, differences);
  return { passes: regressions.length === 0 && unjudged.length === 0, regressions, unjudged };
}

function findUnjudged(before: Comparable, after: Comparable, differences: readonly Difference[]): Unjudged[] {
  // Accuracies on the same samples differ by one figure, which has its interval; what failed is wrong in it.
  if (differences.some(({ pairs }) => pairs !== undefined)) return [];
  const unknown = differences.flatMap(({ name, interval, why }) => (interval === null ? [{ name, why: why ?? "It has no interval." }] : []));
  const missing = [...lacking(before, "before", after), ...lacking(after, "after", before)];
  const nothing = differences.length + missing.length === 0 ? [{ name: "every figure", why: because("Neither run has one to be compared by.", after) }] : [];
  return [...invalid(before, "before"), ...invalid(after, "after"), ...unknown, ...missing, ...nothing];
}

function invalid({ verdict }: Comparable, which: Which): Unjudged[] {
  if (!verdict || verdict.isValid) return [];
  const reason = [...verdict.recommendations, verdict.earlyStopping.replace(/^ \* /gm, "")].find((text) => text !== "") ?? "";
  return [{ name: "validity", why: `The run ${which} is INVALID. ${reason.replaceAll(/\s+/g, " ")}`.trim() }];
}

function lacking(run: Comparable, which: Which, other: Comparable): Unjudged[] {
  const names = comparedFigures(run).map(({ name }) => name);
  return comparedFigures(other).flatMap(({ name }) => (names.includes(name) ? [] : [{ name, why: because(`The run ${which} has none.`, run) }]));
}

function because(what: string, { steady }: Comparable): string {
  return steady?.why ? `${what} ${steady.why}` : what;
}
