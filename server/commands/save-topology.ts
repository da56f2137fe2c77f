import { AppError } from "../errors.ts";
import { findTopology, findTopologyByName, markTopologyDeleted, mergeTopologyLayout, renameTopology as renameRow, type StoredTopology, updateTopologyDocument } from "../store/topologies.ts";
import { MAX_TOPOLOGY_LINKS, MAX_TOPOLOGY_NODES } from "../topology/check-topology.ts";
import type { TopologyDocument, TopologyLayout } from "../topology/topology.ts";
import { checkName } from "./check-name.ts";
import type { Actor, Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";

/** A drawing with mistakes is saved too: nothing drawn is ever lost, planning says what is wrong. @throws AppError conflict with the current topology in its details when `baseRevision` is old. */
export async function saveTopology(deps: Deps, input: { id: string; baseRevision: number; document: TopologyDocument }, actor: Actor): Promise<StoredTopology> {
  if (input.document.nodes.length > MAX_TOPOLOGY_NODES) throw new AppError("too-large", `A topology has at most ${MAX_TOPOLOGY_NODES} nodes.`, { place: "document.nodes", fix: "Split it into several topologies." });
  if (input.document.links.length > MAX_TOPOLOGY_LINKS) throw new AppError("too-large", `A topology has at most ${MAX_TOPOLOGY_LINKS} links.`, { place: "document.links", fix: "Leave out links that no pipeline would use." });
  return deps.publisher.transact(async (tx, append) => {
    const before = await findOrThrow(findTopology(tx, input.id), "topology", input.id);
    const saved = await updateTopologyDocument(tx, input.id, input.baseRevision, input.document, new Date(deps.clock.now()));
    if (!saved) {
      const current = (await findTopology(tx, input.id)) ?? before;
      throw new AppError("conflict", `The topology is at revision ${current.revision}; yours began from ${input.baseRevision}.`, {
        place: "baseRevision",
        fix: "Apply your change to the current one (in the details) and save again.",
        details: { current },
      });
    }
    await append({ name: "topology.saved", subjectId: saved.id, actor, message: `Topology “${saved.name}” was saved.`, payload: { topologyId: saved.id, revision: saved.revision } });
    return saved;
  });
}

/** Positions given replace those of the same ids; others stay. No revision, no event. */
export async function saveLayout(deps: Deps, input: { id: string; layout: TopologyLayout }): Promise<StoredTopology> {
  return findOrThrow(mergeTopologyLayout(deps.db, input.id, input.layout), "topology", input.id);
}

export async function renameTopology(deps: Deps, input: { id: string; name: string }, actor: Actor): Promise<StoredTopology> {
  const name = checkName(input.name, "topology");
  return deps.publisher.transact(async (tx, append) => {
    const topology = await findOrThrow(findTopology(tx, input.id), "topology", input.id);
    if (name === topology.name) return topology;
    if (await findTopologyByName(tx, name)) throw new AppError("conflict", `There is a topology “${name}” already.`, { place: "name", fix: "Choose another name." });
    await renameRow(tx, input.id, name, new Date(deps.clock.now()));
    await append({ name: "topology.saved", subjectId: input.id, actor, message: `Topology “${topology.name}” is called “${name}” now.`, payload: { topologyId: input.id, revision: topology.revision } });
    return { ...topology, name };
  });
}

/** @throws AppError conflict while a deployment runs on it. */
export async function deleteTopology(deps: Deps, id: string, actor: Actor): Promise<void> {
  await deps.publisher.transact(async (tx, append) => {
    const topology = await findOrThrow(findTopology(tx, id), "topology", id);
    const user = await tx.deployment.findFirst({ where: { topologyId: id, deletedAt: null }, select: { name: true } });
    if (user) throw new AppError("conflict", `The deployment “${user.name}” runs on this topology.`, { place: id, fix: "Delete the deployment first." });
    await markTopologyDeleted(tx, id, new Date(deps.clock.now()));
    await append({ name: "topology.deleted", subjectId: id, actor, message: `Topology “${topology.name}” was deleted.`, payload: { topologyId: id } });
  });
}
