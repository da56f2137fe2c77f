"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useEffect, useRef } from "react";
import { wantAction } from "../act/act-store.ts";
import { api, type NodeFull } from "../api.ts";
import { useLive } from "../live/live-store.ts";
import { OperationItem } from "../operation/OperationItem.tsx";
import { Button } from "../ui/Button.tsx";
import { State } from "../ui/State.tsx";
import { Uninstall } from "./Uninstall.tsx";

/** Out of the fleet in three steps: nothing new and nothing left on it, its certificate gone, its files gone. */
export function RemoveNode({ node, onRemoved }: { node: NodeFull; onRemoved: () => void }) {
  const list = useRef<HTMLOListElement>(null);
  // The page is longer than the window only once its data is there: too late for the browser's own jump.
  useEffect(() => { if (location.hash === "#remove") list.current?.scrollIntoView({ block: "center" }); }, []);
  const live = useLive((state) => state.nodes[node.id]);
  const held = (live?.assignments ?? node.assignments).length;
  const entries = (live?.ingress ?? node.ingress).length;
  const isEmpty = held === 0 && entries === 0;
  const drain = useQuery(api.operations.list.queryOptions({ subjectId: node.id, limit: 1 })).data?.find((one) => one.kind === "drain");
  const want = (action: "drain" | "remove") => wantAction({ on: "node", id: node.id, name: node.name, action, ...(action === "remove" ? { onDone: onRemoved } : {}) });
  return (
    <ol ref={list} id="remove" className="max-w-3xl space-y-4">
      <li>
        <p className="font-medium">1. Drain <span className="ml-2">{isEmpty ? <State tone="ok">{node.cordoned ? "cordoned and empty" : "it runs nothing"}</State> : <State tone="warn">{held} stage{held === 1 ? "" : "s"} on it{entries > 0 && `, requests of ${entries} deployment${entries === 1 ? "" : "s"} enter here`}</State>}</span></p>
        <p className="text-ink-2">Every deployment on it is planned anew without it and moved, while it serves.</p>
        {drain && <ul className="mt-1 max-w-xl"><OperationItem operation={drain} /></ul>}
        {!isEmpty && <Users node={node} />}
        {drain?.status !== "running" && (!isEmpty || !node.cordoned) && <Button className="mt-2" onClick={() => want("drain")}>Drain {node.name}…</Button>}
      </li>
      <li>
        <p className="font-medium">2. Revoke</p>
        <p className="text-ink-2">Its certificate stops working at once, and links and topologies forget it. What was measured on it stays with the models.</p>
        <Button look="danger" className="mt-2" onClick={() => want("remove")} data-testid="remove-node">Remove {node.name}…</Button>
      </li>
      <li><p className="font-medium">3. Uninstall</p><p className="mb-1 text-ink-2">On the machine itself, last of all: stops the agent and removes everything of it.</p><Uninstall /></li>
    </ol>
  );
}

function Users({ node }: { node: NodeFull }) {
  const deployments = useQuery(api.deployments.list.queryOptions()).data ?? [];
  const stages = useLive((state) => state.nodes[node.id]?.sample?.stages) ?? [];
  const ids = new Set([...stages.map((stage) => stage.deploymentId), ...node.ingress.map((one) => one.deploymentId)]);
  const using = deployments.filter((one) => ids.has(one.id));
  if (using.length === 0) return null;
  return <p className="text-ink-2">It serves {using.map((one, index) => <span key={one.id}>{index > 0 && ", "}<Link className="underline underline-offset-4" href={`/deployments/${one.id}`}>{one.name}</Link></span>)}.</p>;
}
