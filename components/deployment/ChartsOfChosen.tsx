"use client";
import type { DeploymentFull } from "../api.ts";
import { useWorkbench } from "../canvas/workbench-store.ts";
import { LinkCharts } from "../node/LinkCharts.tsx";
import { NodeCharts } from "../node/NodeCharts.tsx";
import { Charts } from "./Charts.tsx";

/** Charts of what is chosen on the canvas: a node, a link, or else the deployment itself. */
export function ChartsOfChosen({ deployment }: { deployment: DeploymentFull }) {
  const selection = useWorkbench((state) => state.selection);
  const { nodes, links } = useWorkbench((state) => state.history.present.document);
  const node = selection?.kind === "node" ? nodes.find((one) => one.id === selection.id) : undefined;
  if (node?.nodeId) return <NodeCharts key={node.nodeId} nodeId={node.nodeId} nodeName={node.name} />;
  const link = selection?.kind === "link" ? links.find((one) => one.id === selection.id) : undefined;
  const [from, to] = [nodes.find((one) => one.id === link?.fromId), nodes.find((one) => one.id === link?.toId)];
  if (from?.nodeId && to?.nodeId) return <LinkCharts key={link?.id} fromNodeId={from.nodeId} toNodeId={to.nodeId} name={`${from.name} → ${to.name}`} />;
  return <Charts deployment={deployment} />;
}
