import { AppError } from "../errors.ts";
import { newId } from "../ids.ts";
import { listNodes } from "../store/nodes.ts";
import { findTopologyByName, insertTopology, listTopologies, type StoredTopology } from "../store/topologies.ts";
import type { TopologyDocument, TopologyLayout } from "../topology/topology.ts";
import { addToDocument } from "./add-live-node.ts";
import { checkName } from "./check-name.ts";
import type { Actor, Deps } from "./deps.ts";

export const EMPTY_DOCUMENT: TopologyDocument = { nodes: [], links: [], zones: [], sourceId: null };
/** The one that every console has: enrolled agents appear in it by themselves. */
const FLEET_NAME = "Fleet";

export type CreateTopologyInput = { name: string; document?: TopologyDocument; layout?: TopologyLayout; followsFleet?: boolean };

/** @throws AppError conflict when the name is taken. */
export async function createTopology(deps: Deps, input: CreateTopologyInput, actor: Actor): Promise<StoredTopology> {
  const name = checkName(input.name, "topology");
  const createdAt = new Date(deps.clock.now());
  return deps.publisher.transact(async (tx, append) => {
    if (await findTopologyByName(tx, name)) throw new AppError("conflict", `There is a topology “${name}” already.`, { place: "name", fix: "Choose another name." });
    const topology = await insertTopology(tx, { id: newId("top"), name, document: input.document ?? EMPTY_DOCUMENT, layout: input.layout ?? {}, followsFleet: input.followsFleet ?? false, createdAt });
    await append({ name: "topology.saved", subjectId: topology.id, actor, message: `Topology “${name}” was made.`, payload: { topologyId: topology.id, revision: 1 } });
    return topology;
  });
}

/** At start: the drawing of the whole fleet, unless a topology that follows it is there (or was deleted by a person after others were made). */
export async function ensureFleetTopology(deps: Deps): Promise<void> {
  const topologies = await listTopologies(deps.db);
  if (topologies.some((topology) => topology.followsFleet) || topologies.some((topology) => topology.name === FLEET_NAME)) return;
  const nodes = await listNodes(deps.db);
  const document = nodes.reduce((drawing, node) => addToDocument(drawing, { nodeId: node.id, name: node.name }), EMPTY_DOCUMENT);
  await createTopology(deps, { name: FLEET_NAME, document, followsFleet: true }, "control");
}
