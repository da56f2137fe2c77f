// Owns the course of an analysis: plans, then one rig after the other, each configuration measured and kept at once, then the best one again on a fresh rig.
import { AppError } from "../../errors.ts";
import { type Again, type AnalysisOutcome, type AnalysisRequest, type Configuration, MAX_MEASURED_AGAIN, type Measured, type Variant } from "../../policy/analyze/analysis.ts";
import { compareMeasured, missedBy, sayMissed } from "../../policy/analyze/compare-measured.ts";
import { allConfigurations, nextConfiguration } from "../../policy/analyze/next-configuration.ts";
import { updateAnalysis } from "../../store/analyses.ts";
import { findDeployment } from "../../store/deployments.ts";
import type { Actor, Deps } from "../deps.ts";
import type { OperationContext } from "../run-operation.ts";
import { sampleShapes } from "../sample-shapes.ts";
import { findVariants, type Scope } from "./find-variants.ts";
import { measureRig } from "./measure-rig.ts";
import { putUpRig, type Rig, type RigInput, setRigBatch, takeDownRig } from "./rig.ts";

type Running = { id: string; scope: Scope; request: AnalysisRequest; actor: Actor };

/** A rig that stands when this ends early is taken down by the loop of rigs. @throws AppError infeasible when no plan can be tried; what the signal says */
export async function runAnalysis(deps: Deps, running: Running, context: OperationContext): Promise<{ analysisId: string }> {
  try {
    const outcome = await new AnalysisRun(deps, running, context).run();
    await updateAnalysis(deps.db, running.id, { outcome });
    return { analysisId: running.id };
  } finally {
    await updateAnalysis(deps.db, running.id, { finishedAt: new Date(deps.clock.now()) });
    deps.wake("an analysis has ended");
  }
}

class AnalysisRun {
  readonly #deps: Deps;
  readonly #running: Running;
  readonly #context: OperationContext;
  #variants: Variant[] = [];
  #measured: Measured[] = [];
  #shapes: string[] = [];
  #like: RigInput["like"] = null;
  #rig: Rig | null = null;
  #rigs = 0;

  constructor(deps: Deps, running: Running, context: OperationContext) {
    this.#deps = deps;
    this.#running = running;
    this.#context = context;
  }

  async run(): Promise<AnalysisOutcome> {
    const { scope, request, actor } = this.#running;
    const { signal } = this.#context;
    this.#tell("finding plans");
    this.#shapes = await sampleShapes(this.#deps, scope.modelId, signal);
    // Entered where its clients call it, so that their way in is in the figures.
    this.#like = scope.deploymentId === null ? null : ((await findDeployment(this.#deps.db, scope.deploymentId))?.settings ?? null);
    this.#variants = await findVariants(this.#deps, scope, request, { actor, signal });
    await updateAnalysis(this.#deps.db, this.#running.id, { variants: this.#variants });
    if (this.#variants.every(({ refused }) => refused !== null)) throw new AppError("infeasible", `No plan can be tried: ${this.#variants[0]?.refused ?? "none was asked for"}`, { fix: "Take fewer threads, or other plans." });
    for (;;) {
      signal.throwIfAborted();
      const next = nextConfiguration(this.#variants, request, this.#measured);
      if (!next) break;
      const rig = await this.#standFor(next);
      if (!rig) continue;
      this.#measured.push(await this.#measure(rig, next, "measuring"));
      await updateAnalysis(this.#deps.db, this.#running.id, { results: this.#measured });
    }
    await this.#clear();
    return this.#choose();
  }

  /** The rig of the configuration's plan; null where it cannot be deployed, which is kept with its plan. */
  async #standFor({ planId }: Configuration): Promise<Rig | null> {
    if (this.#rig?.planId === planId) return this.#rig;
    await this.#clear();
    try {
      return await this.#putUp(planId);
    } catch (error) {
      this.#context.signal.throwIfAborted();
      if (!(error instanceof AppError)) throw error;
      this.#variants = this.#variants.map((variant) => (variant.planId === planId ? { ...variant, refused: `It could not be deployed: ${error.message}` } : variant));
      await updateAnalysis(this.#deps.db, this.#running.id, { variants: this.#variants });
      return null;
    }
  }

  async #putUp(planId: string): Promise<Rig> {
    const { id, request, actor } = this.#running;
    this.#tell("deploying", this.#labelOf(planId));
    const rig = await putUpRig(this.#deps, { rigOf: id, number: ++this.#rigs, planId, like: this.#like, maxInFlight: Math.max(...request.concurrency), actor, signal: this.#context.signal });
    this.#rig = rig;
    return rig;
  }

  async #clear(): Promise<void> {
    const rig = this.#rig;
    this.#rig = null;
    if (!rig) return;
    this.#tell("removing the rig", this.#labelOf(rig.planId));
    await takeDownRig(this.#deps, rig.deploymentId, this.#context.signal);
  }

  async #measure(rig: Rig, configuration: Configuration, step: string): Promise<Measured> {
    const { request, actor } = this.#running;
    const { signal } = this.#context;
    const detail = `${this.#labelOf(configuration.planId)}, ${configuration.maxBatch === 1 ? "no batches" : `batches up to ${configuration.maxBatch}`}, ${configuration.concurrency} at once`;
    this.#tell(step, detail);
    const unable = await setRigBatch(this.#deps, rig, { maxBatch: configuration.maxBatch, batchDelayMs: request.batchDelayMs, actor, signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      if (error instanceof AppError) return error.message;
      throw error;
    });
    if (unable !== null) return { configuration, figures: null, why: unable, measuredAt: new Date(this.#deps.clock.now()).toISOString(), othersPerSecond: 0 };
    return measureRig(this.#deps, rig, { configuration, request, shapes: this.#shapes, signal, onProgress: (load) => this.#tell(step, detail, load) });
  }

  /** The best ones again, each on a fresh rig, until one keeps to what was asked. */
  async #choose(): Promise<AnalysisOutcome> {
    const { request } = this.#running;
    const known = this.#measured.filter((one) => one.figures !== null).sort((a, b) => compareMeasured(a, b, request));
    const [best] = known;
    if (!best) return { chosen: null, why: `No configuration has a figure. Of the first: ${this.#measured[0]?.why ?? this.#variants.find(({ refused }) => refused !== null)?.refused ?? "nothing was tried"}`, again: [] };
    if (missedBy(best.figures!, request.constraints) > 0) return { chosen: null, why: `None keeps to what was asked. Of the nearest, ${sayMissed(best.figures!, request.constraints).join(", ")}.`, again: [] };
    const again: Again[] = [];
    for (const { configuration } of known.filter((one) => missedBy(one.figures!, request.constraints) === 0).slice(0, MAX_MEASURED_AGAIN)) {
      this.#context.signal.throwIfAborted();
      const { figures, why } = await this.#measureFresh(configuration);
      const keeps = figures !== null && missedBy(figures, request.constraints) === 0;
      again.push({ configuration, figures, why: figures && !keeps ? `${sayMissed(figures, request.constraints).join(", ")}.` : why, keeps });
      await updateAnalysis(this.#deps.db, this.#running.id, { outcome: { chosen: null, why: "It is being measured again.", again } });
      if (keeps) return { chosen: configuration, why: null, again };
    }
    return { chosen: null, why: `Measured again, none of the best ${again.length} kept to what was asked.`, again };
  }

  async #measureFresh(configuration: Configuration): Promise<Pick<Measured, "figures" | "why">> {
    try {
      const rig = await this.#putUp(configuration.planId);
      const measured = await this.#measure(rig, configuration, "measuring again");
      await this.#clear();
      return measured;
    } catch (error) {
      this.#context.signal.throwIfAborted();
      if (!(error instanceof AppError)) throw error;
      return { figures: null, why: `It could not be deployed: ${error.message}` };
    }
  }

  #labelOf(planId: string): string {
    return this.#variants.find((variant) => variant.planId === planId)?.label ?? planId;
  }

  #tell(step: string, detail = "", load?: Parameters<OperationContext["progress"]>[0]["load"]): void {
    const { request } = this.#running;
    const total = Math.min(request.maxConfigurations, allConfigurations(this.#variants, request).length);
    this.#context.progress({ step, done: this.#measured.length, total: request.search === "sweep" ? total : 0, unit: "items", detail, ...(load ? { load } : {}) });
  }
}
