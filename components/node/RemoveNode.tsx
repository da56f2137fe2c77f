"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useEffect, useRef, useState } from "react";
import { api, type NodeFull } from "../api.ts";
import { useLive } from "../live/live-store.ts";
import { Button } from "../ui/Button.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { Problem } from "../ui/Problem.tsx";
import { State } from "../ui/State.tsx";
import { Uninstall } from "./Uninstall.tsx";

/** Out of the fleet in three steps: nothing new and nothing left on it, its certificate gone, its files gone. */
export function RemoveNode({ node, onRemoved }: { node: NodeFull; onRemoved: () => void }) {
  const [asking, setAsking] = useState(false);
  const list = useRef<HTMLOListElement>(null);
  // The page is longer than the window only once its data is there: too late for the browser's own jump.
  useEffect(() => { if (location.hash === "#remove") list.current?.scrollIntoView({ block: "center" }); }, []);
  const assignments = useLive((state) => state.nodes[node.id]?.assignments) ?? node.assignments;
  const isEmpty = assignments.length === 0 && node.ingress.length === 0;
  const cordon = useMutation(api.nodes.cordon.mutationOptions());
  const remove = useMutation(api.nodes.remove.mutationOptions({ onSuccess: onRemoved }));
  return (
    <ol ref={list} id="remove" className="max-w-3xl space-y-4">
      <li>
        <p className="font-medium">1. Drain <span className="ml-2">{isEmpty ? <State tone="ok">it runs nothing</State> : <State tone="warn">{assignments.length} stage{assignments.length === 1 ? "" : "s"} on it</State>}</span></p>
        {!isEmpty && <Users node={node} />}
        {!node.cordoned && <Button className="mt-2" onClick={() => cordon.mutate({ id: node.id })} disabled={cordon.isPending}>Take no new stages</Button>}
        {node.cordoned && <p className="text-ink-2">It takes no new stages.</p>}
        {cordon.error && <Problem title="It was not cordoned" error={cordon.error} />}
      </li>
      <li>
        <p className="font-medium">2. Revoke</p>
        <p className="text-ink-2">Its certificate stops working at once, and its links and drawings forget it. What was measured on it stays with the models.</p>
        <Button look="danger" className="mt-2" onClick={() => setAsking(true)} disabled={!isEmpty} title={isEmpty ? undefined : "Move its stages away first"}>Remove {node.name}</Button>
        <Dialog open={asking} onOpenChange={setAsking} title={`Remove ${node.name}?`} description="Its certificate stops working. To come back it must join again with a new command." footer={<><Button onClick={() => setAsking(false)}>Keep it</Button><Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate({ id: node.id })}>Remove {node.name}</Button></>}>
          {remove.error ? <Problem title="It was not removed" error={remove.error} /> : <p className="text-ink-2">Nothing is served from it now, so no request is lost.</p>}
        </Dialog>
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
  return <p className="text-ink-2">Move its layers to another node, or stop what it serves: {using.length === 0 ? <Link className="underline underline-offset-4" href="/deployments">deployments</Link> : using.map((one, index) => <span key={one.id}>{index > 0 && ", "}<Link className="underline underline-offset-4" href={`/deployments/${one.id}`}>{one.name}</Link></span>)}.</p>;
}
