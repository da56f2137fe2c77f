// Owns which versions of a model clients are told of and may name. A version is a revision, and all revisions of a deployment are the same model, cut otherwise
// and verified against it (docs/decisions/0031): those that are offered are the one that serves and the one that is tried. Who names one that was offered and has been
// left since means the model, and is answered by whichever serves.
import type { IngressRoute } from "../protocol/control.ts";
import type { PipelineRuntime } from "./pipeline-runtime.ts";

/** A revision whose pipelines are here. `isOffered`: clients are told of it, and may name it. */
export type RouteVersion = { version: string; epoch: number; ready: boolean; /** Why it is not ready. */ problem: string | null; isOffered: boolean };

/** `ofEpoch`: the replicas of one revision, in their order; `versionOf`: as clients write it. */
type Revisions = { ofEpoch(epoch: number): readonly PipelineRuntime[]; versionOf(epoch: number): string };

/** The current one first. A version is ready while one of its replicas is. While none is current, all that are here are offered, and take nothing. */
export function routeVersions({ currentEpoch, canary, pipelines }: Pick<IngressRoute, "currentEpoch" | "canary" | "pipelines">, revisions: Revisions): RouteVersion[] {
  const isCurrent = (epoch: number) => Number(epoch === currentEpoch);
  const epochs = [...new Set(pipelines.map(({ epoch }) => epoch))].sort((a, b) => isCurrent(b) - isCurrent(a) || b - a);
  return epochs.map((epoch) => {
    const serves = epoch === currentEpoch || epoch === canary?.epoch;
    const closed = currentEpoch === null ? "no revision is current yet" : "it is not verified yet";
    const problems = revisions.ofEpoch(epoch).map((one) => one.problem() ?? (one.pipeline.mode !== "open" ? "it is being drained" : serves || one.pipeline.spare ? null : closed));
    const ready = problems.includes(null);
    return { version: revisions.versionOf(epoch), epoch, ready, problem: ready ? null : (problems[0] ?? null), isOffered: serves || currentEpoch === null };
  });
}

/** What a deployment's clients at an ingress were told of. Numbers of revisions only grow: with one of them all before it may have been told of, here or where it was entered before. */
export class OfferedVersions {
  #highest = 0;

  add(versions: readonly RouteVersion[]): void {
    for (const { version } of versions) this.#highest = Math.max(this.#highest, Number(version));
  }

  has(version: string): boolean {
    return /^[1-9]\d{0,9}$/.test(version) && Number(version) <= this.#highest;
  }
}
