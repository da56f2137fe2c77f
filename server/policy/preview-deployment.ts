// Owns what stopping, starting, rolling back and deleting a deployment would do, in words. Pure: figures of now come in.
import { type ActionPreview, countOf, refusedPreview } from "./action-preview.ts";

export const DEPLOYMENT_ACTIONS = ["stop", "start", "roll-back", "delete"] as const;
export type DeploymentAction = (typeof DEPLOYMENT_ACTIONS)[number];

export type DeploymentFacts = {
  name: string;
  desired: "running" | "stopped";
  /** Number of the revision that serves; null = none does. */
  currentRevision: number | null;
  migration: { state: string; toRevision: number } | null;
  /** Of the last second; null = nothing heard. */
  requestsPerSecond: number | null;
  inFlight: number | null;
  /** What its nodes hold now. */
  stages: { nodeName: string; from: number; to: number; memoryBytes: number }[];
  ingressUrls: string[];
  revisionCount: number;
  keyCount: number;
  /** What a start or a roll back would make serve; null = there is none. `missing`: nodes of it that can't take it, and why. */
  target: { number: number; missing: { name: string; why: string }[]; /** Names of the nodes where requests enter now, and then; null = the same. */ entries: { current: string[]; restored: string[] } | null; /** How it would get there, in words; absent = not looked at. */ way?: { way: "beside" | "hand-over" | "pause" | "none"; said: string; fix: string | null } } | null;
};

export function previewDeployment(action: DeploymentAction, facts: DeploymentFacts): ActionPreview {
  switch (action) {
    case "stop": return previewStop(facts);
    case "start": return previewStart(facts);
    case "roll-back": return previewRollBack(facts);
    case "delete": return previewDelete(facts);
  }
}

function previewStop(facts: DeploymentFacts): ActionPreview {
  if (facts.desired === "stopped") return refusedPreview(`${facts.name} is stopped already.`, null);
  const nodes = new Set(facts.stages.map((stage) => stage.nodeName));
  const rate = facts.requestsPerSecond ?? 0;
  const where = facts.ingressUrls.length > 0 ? ` at ${facts.ingressUrls.join(", ")}` : "";
  return {
    possible: true,
    reasons: [],
    effects: [
      `New requests${where} are refused from now on.`,
      facts.inFlight ? `${countOf(facts.inFlight, "request")} in flight ${facts.inFlight === 1 ? "finishes" : "finish"} first.` : "Nothing is in flight; what comes until then finishes.",
      ...(facts.migration ? [`Its move to revision ${facts.migration.toRevision} (${facts.migration.state}) ends.`] : []),
      ...(facts.stages.length > 0 ? [`${countOf(facts.stages.length, "segment")} on ${[...nodes].join(", ")} ${facts.stages.length === 1 ? "is" : "are"} unloaded: about ${megabytes(facts.stages.reduce((sum, stage) => sum + stage.memoryBytes, 0))} become free.`] : []),
    ],
    losses: [rate > 0 ? `About ${rate < 10 ? rate.toFixed(1) : Math.round(rate)} requests a second get no answer until it is started again.` : "Whoever calls it gets no answer until it is started again."],
    undo: "Start it again: its files stay on the nodes, so that it takes seconds.",
    typed: facts.name,
  };
}

function previewStart(facts: DeploymentFacts): ActionPreview {
  if (facts.desired === "running" && facts.currentRevision !== null) return refusedPreview(`${facts.name} runs already.`, null);
  if (!facts.target) return refusedPreview(`${facts.name} has no revision.`, "Deploy a plan to it.");
  const [missing] = facts.target.missing;
  if (missing) return refusedPreview(`Revision ${facts.target.number} needs ${missing.name}, which ${missing.why}.`, "Bring it back, or make a new plan and deploy that.");
  return { possible: true, reasons: [], effects: [`Revision ${facts.target.number} is loaded on its nodes, run once, and compared with the whole model.`, "Then requests are let in."], losses: [], undo: "Stop it.", typed: null };
}

function previewRollBack(facts: DeploymentFacts): ActionPreview {
  if (facts.desired === "stopped") return refusedPreview(`${facts.name} is stopped.`, "Start it first.");
  if (facts.migration) return refusedPreview(`${facts.name} is being moved (${facts.migration.state}).`, "Wait until that is done, or cancel it.");
  if (!facts.target) return refusedPreview("There is no earlier revision to go back to.", null);
  const [missing] = facts.target.missing;
  if (missing) return refusedPreview(`Revision ${facts.target.number} needs ${missing.name}, which ${missing.why}.`, "Bring it back, or make a new plan and deploy that.");
  const { way } = facts.target;
  if (way?.way === "none") return refusedPreview(way.said, way.fix);
  const effects = {
    beside: [`The stages of revision ${facts.target.number} are loaded beside what runs, tried, and take over as a new revision.`, "It keeps serving meanwhile; nothing in flight is lost."],
    "hand-over": [`The stages of revision ${facts.target.number} take over as a new revision. ${way?.said}`, "Nothing in flight is lost."],
    pause: [`The stages of revision ${facts.target.number} take over as a new revision, once those that run have left memory where both do not fit.`, "Nothing in flight is lost."],
  }[way?.way ?? "beside"];
  return {
    possible: true,
    reasons: [],
    effects,
    losses: [...(way?.way === "pause" ? [way.said] : []), ...(facts.target.entries ? [`The address of ${facts.name} at ${facts.target.entries.current.join(", ")}: from cutover on requests enter at ${facts.target.entries.restored.join(", ")}, as revision ${facts.target.number} had it. Who still asks at the old one is told so for seven days, while its agent runs; what was let in before is answered.`] : [])],
    undo: facts.currentRevision === null ? null : `Cancel until cutover; after it, roll back to revision ${facts.currentRevision}.`,
    typed: null,
  };
}

function previewDelete(facts: DeploymentFacts): ActionPreview {
  if (facts.desired === "running") return refusedPreview(`${facts.name} is not stopped.`, "Stop it first.");
  return {
    possible: true,
    reasons: [],
    effects: [`The name ${facts.name} is free for another deployment.`, "Its model, its plans, the topology and the event log stay."],
    losses: [`${countOf(facts.revisionCount, "revision")}: it can't be started or rolled back any more.`, ...(facts.keyCount > 0 ? [`${countOf(facts.keyCount, "key")} of its clients ${facts.keyCount === 1 ? "opens" : "open"} nothing any more.`] : [])],
    undo: null,
    typed: facts.name,
  };
}

function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${Math.max(1, Math.round(bytes / 1e6))} MB`;
}
