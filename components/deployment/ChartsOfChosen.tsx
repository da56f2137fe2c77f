"use client";
import { useRef } from "react";
import type { DeploymentFull } from "../api.ts";
import { choose, useWorkbench, useWorkbenchStore } from "../canvas/workbench-store.ts";
import { LinkCharts } from "../node/LinkCharts.tsx";
import { NodeCharts } from "../node/NodeCharts.tsx";
import { Charts } from "./Charts.tsx";

/** Charts of what is chosen on the canvas: a node with its stages, a link, or else the deployment itself. It can be chosen here as well. */
export function ChartsOfChosen({ deployment }: { deployment: DeploymentFull }) {
  const store = useWorkbenchStore();
  const selection = useWorkbench((state) => state.selection);
  const { nodes, links } = useWorkbench((state) => state.history.present.document);
  const running = useWorkbench((state) => state.running) ?? [];
  const stagesOf = (id: string) => running.flatMap((stage, index) => (stage.topologyNodeId === id ? [index + 1] : []));
  const machines = nodes.filter((node) => node.nodeId !== null);
  const ends = links.flatMap((link) => {
    const [from, to] = [machines.find((one) => one.id === link.fromId), machines.find((one) => one.id === link.toId)];
    return from?.nodeId && to?.nodeId ? [{ id: link.id, fromNodeId: from.nodeId, toNodeId: to.nodeId, name: `${from.name} → ${to.name}` }] : [];
  });
  const node = machines.find((one) => one.id === selection?.id);
  const link = ends.find((one) => one.id === selection?.id);
  const stageText = (id: string) => { const stages = stagesOf(id); return stages.length === 0 ? "" : `, stage ${stages.join(", ")}`; };
  // Other charts come with a choice of their own: who has chosen by keys goes on from there.
  const isChoosing = useRef(false);
  const subject = (
    <label className="flex items-center gap-1.5"><span className="text-xs text-ink-3">Of</span>
      <select className="field w-auto! max-w-56" data-testid="chart-subject" value={node?.id ?? link?.id ?? ""} ref={(element) => { if (element && isChoosing.current) { isChoosing.current = false; element.focus(); } }}
        onChange={(event) => { isChoosing.current = true; choose(store, event.target.value === "" ? [] : [event.target.value]); }}>
        <option value="">{deployment.name}</option>
        <optgroup label="Nodes">{machines.map((one) => <option key={one.id} value={one.id}>{one.name}{stageText(one.id)}</option>)}</optgroup>
        {ends.length > 0 && <optgroup label="Links">{ends.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}</optgroup>}
      </select>
    </label>
  );
  if (node?.nodeId) return <NodeCharts key={node.nodeId} nodeId={node.nodeId} nodeName={node.name} aside={subject} />;
  if (link) return <LinkCharts key={link.id} fromNodeId={link.fromNodeId} toNodeId={link.toNodeId} name={link.name} aside={subject} />;
  return <Charts deployment={deployment} aside={subject} />;
}
