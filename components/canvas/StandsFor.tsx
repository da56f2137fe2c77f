"use client";
import { useQuery } from "@tanstack/react-query";
import type { TopologyNode } from "../../server/topology/topology.ts";
import { api } from "../api.ts";
import { editNode } from "./canvas-edit.ts";
import { Choice } from "./Field.tsx";
import { editDocument, useWorkbench, useWorkbenchStore } from "./workbench-store.ts";

/** Which enrolled machine a drawn node stands for. Each machine is drawn once; a node without one is planned. */
export function StandsFor({ node }: { node: TopologyNode }) {
  const store = useWorkbenchStore();
  const nodes = useWorkbench((state) => state.history.present.document.nodes);
  const fleet = useQuery(api.nodes.list.queryOptions()).data ?? [];
  const drawn = new Set(nodes.filter((other) => other.id !== node.id).map((other) => other.nodeId));
  const free = fleet.filter((one) => !drawn.has(one.id));
  if (free.length === 0) return null;
  const attach = (nodeId: string) => {
    const machine = fleet.find((one) => one.id === nodeId);
    // A node that was never named takes its machine's name; figures the operator guessed give way to the measured ones.
    const name = machine && /^node(-\d+)?$/.test(node.name) ? machine.name : node.name;
    editDocument(store, (document) => editNode(document, node.id, machine ? { nodeId, name, memoryBytes: null, speed: null } : { nodeId: null }));
  };
  return <Choice label="Stands for" value={node.nodeId ?? ""} options={[["", "no machine yet (planned)"], ...free.map((one) => [one.id, `${one.name}, ${one.status}`] as const)]} save={attach} />;
}
