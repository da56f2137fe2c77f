// Owns one measurement of a rig: a closed loop from a process of its own, through the ingress as any client, and what its stages hold.
import { AppError } from "../../errors.ts";
import { readSnapshot } from "../../live/read-snapshot.ts";
import type { ClosedLoopReport } from "../../loadgen/method/closed-loop.ts";
import type { LoadProgress } from "../../loadgen/method/load-progress.ts";
import { startLoadgen } from "../../loadgen/start-loadgen.ts";
import type { AnalysisRequest, Configuration, Figures, Measured } from "../../policy/analyze/analysis.ts";
import { assignmentIdOf } from "../../policy/stable-id.ts";
import type { Deps } from "../deps.ts";
import { othersPerSecond } from "./list-besides.ts";
import { readBatching, type Rig } from "./rig.ts";

const NS_PER_MS = 1e6;

type Measuring = { configuration: Configuration; request: Pick<AnalysisRequest, "windowMs" | "maxWindows">; /** Options of the load generator. */ shapes: readonly string[]; signal: AbortSignal; onProgress(load: LoadProgress): void };

/** No figure is a result too, with why. @throws what the signal says; Error of the database */
export async function measureRig(deps: Deps, rig: Rig, { configuration, request, shapes, signal, onProgress }: Measuring): Promise<Measured> {
  const others: number[] = [];
  const done = (figures: Figures | null, why: string | null): Measured => ({ configuration, figures, why, measuredAt: new Date(deps.clock.now()).toISOString(), othersPerSecond: others.length === 0 ? 0 : others.reduce((sum, value) => sum + value, 0) / others.length });
  try {
    const report = await startLoadgen<ClosedLoopReport>({
      options: ["--closed-loop", String(configuration.concurrency), "--window", String(request.windowMs), "--max-windows", String(request.maxWindows), "--target", rig.ingress.url, "--model", rig.ingress.modelName, ...shapes], key: rig.key?.token ?? null, signal,
      onProgress: (load) => {
        others.push(othersPerSecond(deps, rig.deploymentId));
        onProgress(load);
      },
    });
    signal.throwIfAborted();
    if (!report.figure) return done(null, `${report.why ?? ""}${report.firstFailure === null ? "" : ` First: ${report.firstFailure.slice(0, 200)}`}`);
    // The first batch is compared with the same requests one by one: the ingress may have given it up meanwhile.
    const { problem } = configuration.maxBatch === 1 ? { problem: null } : await readBatching(rig);
    if (problem !== null) return done(null, `Requests cannot be joined: ${problem}.`);
    const { figure } = report;
    return done({
      perSecond: figure.perSecond, plusMinus: figure.plusMinus, latencyMsP50: figure.p50Ns / NS_PER_MS, latencyMsP90: figure.p90Ns / NS_PER_MS, latencyMsP99: figure.p99Ns / NS_PER_MS, sampleCount: figure.sampleCount,
      memoryBytes: await rigMemory(deps, rig.deploymentId), isHarnessLate: report.isHarnessLate,
    }, null);
  } catch (error) {
    signal.throwIfAborted();
    return done(null, error instanceof AppError ? error.message : `Nothing could be measured: ${(error as Error).message}`);
  }
}

/** Of every stage's process, the most it was seen to hold since the rig was put up. */
async function rigMemory(deps: Deps, deploymentId: string): Promise<number | null> {
  const snapshot = await readSnapshot(deps.db, deps.clock.now());
  const stages = snapshot.deployments.find((one) => one.deploymentId === deploymentId)?.revisions.flatMap((revision) => revision.stages) ?? [];
  const held = stages.map((stage) => snapshot.nodes.get(stage.nodeId)?.assignments.find((one) => one.assignmentId === assignmentIdOf(deploymentId, stage))?.processBytes ?? null);
  return held.length === 0 || held.includes(null) ? null : held.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0);
}
