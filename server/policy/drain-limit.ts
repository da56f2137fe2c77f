// Owns how long what is on a revision that was left may take to leave it: requests until their deadline, open streams by the deployment's policy.
import { DEFAULT_MAX_STATE_BYTES } from "../../agents/protocol/control.ts";
import type { DeploymentSettings, DeploymentView, NodeView, RevisionView, StreamSettings } from "./snapshot.ts";

/** Past its deadline a request has had an explicit error; this much more for the error to travel. */
const AFTER_DEADLINE_MS = 5_000;
/** Streams whose time to finish is over get this long to move instead. An ingress tries each again after at most 15 s. */
export const STREAM_GRACE_MS = 60_000;
/** An hour of a microphone is a long stream; a revision that is kept costs memory and keeps the next move waiting. */
export const DEFAULT_STREAMS: StreamSettings = { policy: "move", limitMs: 3_600_000, maxStateBytes: DEFAULT_MAX_STATE_BYTES };

export function drainLimitMs(settings: DeploymentSettings): number {
  return settings.limits.maxDeadlineMs + AFTER_DEADLINE_MS;
}

/** Whether streams of a revision that has been left for so long are to go to the one that serves. */
export function movesStreams(settings: DeploymentSettings, sinceMs: number): boolean {
  const { policy, limitMs } = settings.streams ?? DEFAULT_STREAMS;
  return policy === "move" || sinceMs > limitMs;
}

/** Streams open on a revision as its ingresses told last, and why one that was to move did not. An ingress that the console does not hear may serve on; a lost one has lost its streams. */
export function openStreams(deployment: Pick<DeploymentView, "deploymentId">, revision: RevisionView, nodes: ReadonlyMap<string, NodeView>): { count: number; problem: string | null } {
  let count = 0;
  let problem: string | null = null;
  for (const nodeId of new Set(revision.ingressNodeIds)) {
    const node = nodes.get(nodeId);
    if (!node || (node.presence === "lost" && !node.serves)) continue;
    for (const pipeline of node.ingress.find((route) => route.deploymentId === deployment.deploymentId)?.pipelines ?? []) {
      if (pipeline.epoch !== revision.epoch) continue;
      count += pipeline.streams ?? 0;
      if (pipeline.streams) problem ??= pipeline.streamProblem ?? null;
    }
  }
  return { count, problem };
}

/** Of a revision that has been left for so long: null = no stream is open; `isOver` = it is kept no longer for them. The text ends in a full stop. */
export function streamWait(settings: DeploymentSettings, { count, problem }: { count: number; problem: string | null }, sinceMs: number): { isOver: boolean; text: string } | null {
  if (count === 0) return null;
  const { policy, limitMs } = settings.streams ?? DEFAULT_STREAMS;
  const because = problem === null ? "" : ` (${problem})`;
  const untilMs = policy === "move" ? Math.max(limitMs, STREAM_GRACE_MS) : limitMs + STREAM_GRACE_MS;
  if (sinceMs > untilMs) return { isOver: true, text: `open streams: ${count}. They could not be moved within ${minutes(sinceMs)}${because}; their clients are told with the next step.` };
  if (!movesStreams(settings, sinceMs)) return { isOver: false, text: `open streams: ${count}. They may finish; in ${minutes(limitMs - sinceMs)} they are moved with their state.` };
  return { isOver: false, text: `open streams: ${count}. They move with their state${because}; in ${minutes(untilMs - sinceMs)} the revision is retired without them.` };
}

/** Before a pause, waited for so long: null = no stream is open; `isOver` = they are waited for no longer. In a pause nothing holds their state: what runs leaves memory before there is a stage to take it, so
 * they end first. The text ends in a full stop. */
export function streamsBeforePause(settings: DeploymentSettings, { count }: { count: number }, sinceMs: number): { isOver: boolean; text: string } | null {
  if (count === 0) return null;
  const { limitMs } = settings.streams ?? DEFAULT_STREAMS;
  if (sinceMs > limitMs) return { isOver: true, text: `Open streams: ${count}. Their state can't be taken through a pause, and they have not ended within ${minutes(limitMs)}. Move it when none is open, or to where both revisions fit.` };
  return { isOver: false, text: `Open streams: ${count}. Their state can't be taken through a pause: nothing pauses before they have ended, and in ${minutes(limitMs - sinceMs)} the move is given up.` };
}

/** What a move with a pause has to say of streams beforehand. `count`: open now. */
export function pauseAndStreams(settings: DeploymentSettings, count: number): string {
  return `The state of a stream can't be taken through a pause: it waits until no stream is open (now: ${count}), for ${minutes((settings.streams ?? DEFAULT_STREAMS).limitMs)} at most, and is given up then.`;
}

const minutes = (ms: number): string => (ms < 120_000 ? `${Math.max(1, Math.ceil(ms / 1000))} s` : `${Math.ceil(ms / 60_000)} min`);
