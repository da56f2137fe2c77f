import { AppError } from "../errors.ts";
import { newId } from "../ids.ts";
import { listNodes } from "../store/nodes.ts";
import { findTopologyByName, insertTopology, listTopologies, type StoredTopology } from "../store/topologies.ts";
import type { TopologyDocument, TopologyLayout } from "../topology/topology.ts";
import { TEMPLATES } from "../topology/templates.ts";
import { readTopologyFile } from "./topology-file.ts";
import { addToDocument } from "./add-live-node.ts";
import { checkName } from "./check-name.ts";
import type { Actor, Deps } from "./deps.ts";

export const EMPTY_DOCUMENT: TopologyDocument = { nodes: [], links: [], zones: [], sourceId: null };
/** The one that every console has: enrolled agents appear in it by themselves. */
const FLEET_NAME = "Fleet";

export type CreateTopologyInput = { name: string; document?: TopologyDocument; layout?: TopologyLayout; followsFleet?: boolean; /** One of TEMPLATES; a document given beside it wins. */ templateId?: string };

/** @throws AppError conflict when the name is taken. */
export async function createTopology(deps: Deps, input: CreateTopologyInput, actor: Actor): Promise<StoredTopology> {
  const name = checkName(input.name, "topology");
  const template = input.templateId === undefined ? undefined : TEMPLATES.find((one) => one.id === input.templateId);
  if (input.templateId !== undefined && !template) throw new AppError("bad-request", `There is no template “${input.templateId}”.`, { place: "templateId", fix: `Choose one of ${TEMPLATES.map((one) => one.id).join(", ")}.` });
  const createdAt = new Date(deps.clock.now());
  return deps.publisher.transact(async (tx, append) => {
    if (await findTopologyByName(tx, name)) throw new AppError("conflict", `There is a topology “${name}” already.`, { place: "name", fix: "Choose another name." });
    const topology = await insertTopology(tx, { id: newId("top"), name, document: input.document ?? template?.document ?? EMPTY_DOCUMENT, layout: input.layout ?? template?.layout ?? {}, followsFleet: input.followsFleet ?? false, createdAt });
    await append({ name: "topology.saved", subjectId: topology.id, actor, message: `Topology “${name}” was made.`, payload: { topologyId: topology.id, revision: 1 } });
    return topology;
  });
}

/** A drawing from its file, under `name` or the file's own. Machines this console does not know become planned nodes. @throws AppError bad-request with line and path of each mistake. */
export async function importTopology(deps: Deps, input: { text: string; name?: string }, actor: Actor): Promise<StoredTopology> {
  const file = readTopologyFile(input.text);
  const known = new Set((await listNodes(deps.db)).map((node) => node.id));
  const nodes = file.document.nodes.map((node) => (node.nodeId !== null && !known.has(node.nodeId) ? { ...node, nodeId: null } : node));
  return createTopology(deps, { name: input.name ?? file.name, document: { ...file.document, nodes }, layout: file.layout }, actor);
}

/** At start: the drawing of the whole fleet, unless a topology that follows it is there (or was deleted by a person after others were made). */
export async function ensureFleetTopology(deps: Deps): Promise<void> {
  const topologies = await listTopologies(deps.db);
  if (topologies.some((topology) => topology.followsFleet) || topologies.some((topology) => topology.name === FLEET_NAME)) return;
  const nodes = await listNodes(deps.db);
  const document = nodes.reduce((drawing, node) => addToDocument(drawing, { nodeId: node.id, name: node.name }), EMPTY_DOCUMENT);
  await createTopology(deps, { name: FLEET_NAME, document, followsFleet: true }, "control");
}
