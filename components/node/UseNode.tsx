"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { api, client } from "../api.ts";
import { Button, buttonClass } from "../ui/Button.tsx";
import { Problem } from "../ui/Problem.tsx";
import { State } from "../ui/State.tsx";
import { addToTopology } from "./add-to-topology.ts";

const newId = () => crypto.getRandomValues(new Uint32Array(2)).reduce((text, part) => text + part.toString(16).padStart(8, "0"), "");

/** Puts the node into a drawing with one click; drawings that follow the fleet have it already. */
export function UseNode({ nodeId }: { nodeId: string }) {
  const node = useQuery(api.nodes.get.queryOptions({ id: nodeId })).data;
  const topologies = useQuery(api.topologies.list.queryOptions()).data ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const topologyId = chosen ?? topologies[0]?.id ?? null;
  const topology = useQuery(api.topologies.get.queryOptions({ id: topologyId ?? "" }, { enabled: topologyId !== null })).data;
  const use = useMutation({
    mutationFn: async (id: string) => {
      if (!node) return;
      // Read again: someone may be drawing in it.
      const current = await client.topologies.get.query({ id });
      await client.topologies.save.mutate({ id, baseRevision: current.revision, document: addToTopology(current.document, { nodeId, name: node.name }, newId) });
    },
    onSuccess: (_, __, ___, { client: queries }) => queries.invalidateQueries(api.topologies.pathFilter()),
  });
  if (topologyId === null) return <p className="text-ink-2">There is no topology yet: <Link href="/topologies" className="underline underline-offset-4">draw one</Link> and put the node into it.</p>;
  const isIn = topology?.document.nodes.some((one) => one.nodeId === nodeId) ?? false;
  return (
    <div className="space-y-2">
      <div className="flex flex-wrap items-end gap-2">
        <label className="block min-w-44"><span className="eyebrow">Topology</span><select className="field" value={topologyId} onChange={(event) => { setChosen(event.target.value); use.reset(); }}>{topologies.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}</select></label>
        {isIn
          ? <Link href={`/topologies/${topologyId}`} className={buttonClass("primary")}>Place layers on it</Link>
          : <Button look="primary" disabled={!topology || !node} busy={use.isPending} onClick={() => use.mutate(topologyId)}>Use it in {topology?.name ?? "it"}</Button>}
      </div>
      <div role="status">{isIn && <State tone="ok" testId="node-in-use">{node?.name ?? "it"} is in {topology?.name}</State>}</div>
      {use.error && <Problem title="The node was not put into the topology" error={use.error} retry={() => use.mutate(topologyId)} />}
    </div>
  );
}
