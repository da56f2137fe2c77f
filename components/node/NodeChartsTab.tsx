"use client";
import { useQuery } from "@tanstack/react-query";
import { api, type NodeFull } from "../api.ts";
import { useAddressParam } from "../shell/use-address-param.ts";
import { LinkCharts } from "./LinkCharts.tsx";
import { NodeCharts } from "./NodeCharts.tsx";

/** Charts of the node, or of one of its links. Which, is in the address. */
export function NodeChartsTab({ node }: { node: NodeFull }) {
  const [asked, setLink] = useAddressParam("link");
  const nodes = useQuery(api.nodes.list.queryOptions()).data ?? [];
  const nameOf = (id: string) => nodes.find((one) => one.id === id)?.name ?? id;
  const keys = node.links.map((link) => `${link.fromNodeId}>${link.toNodeId}`).sort();
  const shown = keys.find((key) => key === asked) ?? null;
  const [from, to] = shown?.split(">") ?? [];
  const nameOfLink = (key: string) => key.split(">").map(nameOf).join(" → ");
  return (
    <>
      {keys.length > 0 && <label className="mb-3 flex items-center gap-1.5"><span className="text-xs text-ink-3">Of</span><select className="field w-auto!" data-testid="chart-subject" value={shown ?? ""} onChange={(event) => setLink(event.target.value || null)}><option value="">{node.name} itself</option>{keys.map((key) => <option key={key} value={key}>{nameOfLink(key)}</option>)}</select></label>}
      {shown && from && to ? <LinkCharts key={shown} fromNodeId={from} toNodeId={to} name={nameOfLink(shown)} /> : <NodeCharts nodeId={node.id} nodeName={node.name} />}
    </>
  );
}
