// Owns HiGHS: the planning problem's linear programme in, a plan and a bound out. Blocks until it is done, so it runs in a thread of its own.
import loadHighs, { type CallbackData, type Highs } from "highs";
import { checkStages } from "../planner/check-stages.ts";
import { costOf } from "../planner/check-claim.ts";
import type { SearchStage } from "../planner/instance.ts";
import { buildMilp } from "../planner/milp/build-milp.ts";
import type { Milp } from "../planner/milp/milp.ts";
import { readAnswer, startValues } from "../planner/milp/read-answer.ts";
import { writeLp } from "../planner/milp/write-lp.ts";
import type { SearchRequest } from "../planner/search/solver.ts";
import { tallyStages } from "../planner/tally-stages.ts";

/** Beyond it HiGHS spends minutes before its first bound is worth anything, and its memory nears a gigabyte. */
export const MAX_PROOF_COLUMNS = 60_000;
/** Of rows (which are written as shares of their limit) and of the gap. HiGHS's own defaults are coarser than the checker's. */
const ROW_TOLERANCE = 1e-9;
const GAP_TOLERANCE = 1e-7;
/** Bit 15 of presolve_rule_off: probing tries every binary, takes longer than all the rest, and finds nothing that the flow rows do not say. */
const WITHOUT_PROBING = 32768;
/** HiGHS's primal_solution_status where there is a solution. */
const FEASIBLE = 2;

export type ProofRequest = Pick<SearchRequest, "instance" | "objective" | "moving"> & { /** A plan to start from; one that breaks a constraint is ignored. */ incumbent?: SearchStage[]; timeLimitMs: number };

/** Compiled once a thread. */
let loaded: Promise<Highs> | undefined;

/**
 * - `optimal`: no plan costs less, within 1e-7 of the cost;
 * - `infeasible`: there is no plan;
 * - `stopped`: out of time or cancelled; `bound` holds all the same;
 * - `too-large`: not tried;
 * - `not-linear`: not tried, since a wait under a demand is no sum of what columns charge.
 */
export type Proof = { status: "optimal" | "infeasible" | "stopped" | "too-large" | "not-linear"; stages: SearchStage[] | null; /** Infinity without a plan. */ cost: number; bound: number; columns: number; rows: number };
export type ProofProgress = Pick<Proof, "stages" | "cost" | "bound">;

/** @throws Error where HiGHS fails, or where its plan is none by the checker */
export async function solveMilp(request: ProofRequest, onProgress?: (progress: ProofProgress) => void): Promise<Proof> {
  const linear = request.objective.kind !== "demand" && !request.instance.limits.slo;
  const milp = linear ? buildMilp(request, MAX_PROOF_COLUMNS) : null;
  const { incumbent } = request;
  const known = incumbent && checkStages(request.instance, incumbent).length === 0 ? incumbent : null;
  const before: Proof = { status: linear ? "too-large" : "not-linear", stages: known, cost: known ? costOf(request, known, tallyStages(request.instance, known)) : Number.POSITIVE_INFINITY, bound: Number.NEGATIVE_INFINITY, columns: milp?.columns.length ?? 0, rows: milp?.rows.length ?? 0 };
  if (!milp) return before;
  if (milp.columns.every((column) => !column.stage)) return { ...before, status: "infeasible", bound: Number.POSITIVE_INFINITY };
  loaded ??= loadHighs();
  return run(await loaded, { request, milp, before }, onProgress);
}

function run(highs: Highs, work: { request: ProofRequest; milp: Milp; before: Proof }, onProgress?: (progress: ProofProgress) => void): Proof {
  const { request, milp, before } = work;
  const unit = typicalCost(milp);
  const costAt = (objective: unknown) => Number(objective) * unit + milp.constant;
  const { modelStatus, callbackType } = highs.constants;
  return highs.withModel({ format: "lp", data: writeLp(milp, unit) }, (model) => {
    const columnOf = new Map(milp.columns.map(({ name }) => [name, model.getColByName(name)]));
    let best: ProofProgress = before;
    const hear = (values: Float64Array | null, bound: number): undefined => {
      const found = values && answer(request, milp, (name) => values[columnOf.get(name)!]!);
      const better = found && found.cost < best.cost ? found : best;
      if (better !== best || bound > best.bound) best = { stages: better.stages, cost: better.cost, bound: Math.min(better.cost, Math.max(best.bound, bound)) };
      else return;
      onProgress?.(best);
      return;
    };
    model.options.set({ output_flag: false, time_limit: request.timeLimitMs / 1000, mip_rel_gap: GAP_TOLERANCE, mip_abs_gap: 0, mip_feasibility_tolerance: ROW_TOLERANCE, primal_feasibility_tolerance: ROW_TOLERANCE, presolve_rule_off: WITHOUT_PROBING, random_seed: 0 });
    if (before.stages) onProgress?.(before);
    const start = before.stages && startValues(milp, before.stages);
    if (start) model.setSolution({ indices: Int32Array.from(start.keys(), (name) => columnOf.get(name)!), values: Float64Array.from(start.values()) });
    const { modelStatus: status } = model.run({
      [callbackType.mipImprovingSolution]: ({ data }: { data: CallbackData }) => hear(data.mip_solution ?? null, costAt(data.mip_dual_bound ?? Number.NEGATIVE_INFINITY)),
      [callbackType.mipLogging]: ({ data }: { data: CallbackData }) => hear(null, costAt(data.mip_dual_bound ?? Number.NEGATIVE_INFINITY)),
    });
    if (status === modelStatus.infeasible) return { ...before, status: "infeasible" as const, bound: Number.POSITIVE_INFINITY };
    if (status !== modelStatus.optimal && status !== modelStatus.timeLimit) throw new Error(`HiGHS ended with model status ${status}`);
    hear(Number(model.info.get("primal_solution_status")) === FEASIBLE ? model.getSolution().colValue : null, costAt(model.info.get("mip_dual_bound")));
    return { ...before, ...best, status: status === modelStatus.optimal ? ("optimal" as const) : ("stopped" as const) };
  });
}

function answer(request: ProofRequest, milp: Milp, value: (name: string) => number): { stages: SearchStage[]; cost: number } {
  const stages = readAnswer(milp, value);
  const violations = checkStages(request.instance, stages);
  if (violations.length > 0) throw new Error(`HiGHS's plan breaks the instance: ${JSON.stringify(violations)}`);
  return { stages, cost: costOf(request, stages, tallyStages(request.instance, stages)) };
}

/** The middle cost of a stage, so that the objective is of the size the solver's tolerances are meant for. */
function typicalCost({ columns }: Milp): number {
  const sizes = columns.flatMap((column) => (column.stage ? [Math.abs(column.cost) || Math.max(...column.busyMs.values())] : [])).filter((size) => size > 0).sort((a, b) => a - b);
  return columns.at(-1)?.name === "t" ? 1 : (sizes[sizes.length >> 1] ?? 1);
}
