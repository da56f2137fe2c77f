// Owns how the stored model, its profiles, the drawing and the live figures become one planning problem.
import { createHash } from "node:crypto";
import type { HeldArtifact } from "../../agents/protocol/control.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { seenLoads } from "../live/seen-loads.ts";
import { canonicalJson } from "../planner/canonical-json.ts";
import { buildProblem, type Problem } from "../planner/problem.ts";
import { enteredAt } from "../planner/entered-at.ts";
import { findDeployment } from "../store/deployments.ts";
import { findModel, type StoredModel } from "../store/models.ts";
import { findTopology, type StoredTopology } from "../store/topologies.ts";
import type { Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { listLiveFleet } from "./list-live-fleet.ts";
import { listPlanningProfiles } from "./list-planning-profiles.ts";

export type LoadedProblem = {
  problem: Problem;
  model: StoredModel;
  topology: StoredTopology;
  /** sha-256 hex of the drawing and the live figures behind the problem. */
  inputsHash: string;
};

/**
 * `beside`: counts what deployments hold of the nodes, of all (null) or all but one; absent = the nodes are taken as empty. Where the drawing does not say
 * where requests enter, those of that one enter where they do now; `asDrawn`: that may change with what is planned. @throws AppError not-found
 */
export async function loadProblem(deps: Deps, input: { modelId: string; topologyId: string; beside?: string | null; asDrawn?: boolean }): Promise<LoadedProblem> {
  const [deployment, model, topology, live] = await Promise.all([
    input.beside && !input.asDrawn ? findDeployment(deps.db, input.beside) : null,
    findOrThrow(findModel(deps.db, input.modelId), "model", input.modelId),
    findOrThrow(findTopology(deps.db, input.topologyId), "topology", input.topologyId),
    listLiveFleet(deps),
  ]);
  const profiles = await listPlanningProfiles(deps, model);
  const inDrawing = new Set(topology.document.nodes.map((node) => node.nodeId));
  const drawn = buildProblem({ facts: model.facts, profiles, topology: topology.document, live, caches: knownCaches(deps), seenLoads: seenLoads(liveFleet(deps.db)), ...(input.beside === undefined ? {} : { beside: input.beside }) });
  const problem = enteredAt(drawn, topology.document, deployment?.settings.ingressNodeIds ?? []);
  const figures = {
    ...(problem === drawn ? {} : { sourceIndex: problem.sourceIndex }),
    document: topology.document,
    nodes: live.nodes.filter((node) => inDrawing.has(node.nodeId)).map(({ nodeId, cores, memoryBytes, usableMemoryBytes, maxMemoryBytes, deviceClass, handoverMs }) => ({ nodeId, cores, memoryBytes, ...(usableMemoryBytes === undefined ? {} : { usableMemoryBytes }), ...(maxMemoryBytes === undefined ? {} : { maxMemoryBytes }), deviceClass, handoverMs: handoverMs ?? null })),
    // Their spread changes with every request, and no estimate with it.
    links: live.links.filter((link) => inDrawing.has(link.fromNodeId) && inDrawing.has(link.toNodeId)).map(({ spread: _spread, ...link }) => link),
    ...(input.beside === undefined ? {} : { held: problem.nodes.flatMap((node) => (node.heldBytes === undefined ? [] : [{ node: node.topologyNodeId, heldBytes: node.heldBytes, spareShare: node.spareShare ?? 1 }])) }),
    profiles: profiles.map((profile) => ({ id: profile.id, wholeMs: profile.wholeMs, measuredAt: profile.measuredAt })),
  };
  return { problem, model, topology, inputsHash: sha256(canonicalJson(figures)) };
}

/** Of nodes that have told. */
function knownCaches(deps: Deps): Map<string, HeldArtifact[]> {
  return new Map([...liveFleet(deps.db).nodes.values()].flatMap(({ nodeId, held }) => (held ? [[nodeId, held] as const] : [])));
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
