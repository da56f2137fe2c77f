"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { wantAction } from "../act/act-store.ts";
import { api } from "../api.ts";
import { NewTopology } from "./NewTopology.tsx";
import { shownError } from "../shown-error.ts";
import { Button } from "../ui/Button.tsx";
import { Empty } from "../ui/Empty.tsx";
import { Page } from "../ui/Page.tsx";
import { Problem } from "../ui/Problem.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { Time } from "../ui/Time.tsx";

export function TopologyList() {
  const list = useQuery(api.topologies.list.queryOptions());
  return (
    <Page title="Topologies" lead="Nodes and links as you draw them: those of the fleet, and those that are only planned.">
      <NewTopology />
      {list.isPending && <Skeleton label="Loading topologies" />}
      {shownError(list) !== null && <Problem title="The topologies could not be listed" error={list.error} retry={() => void list.refetch()} />}
      {list.data?.length === 0 && <Empty title="No topology yet">Give one a name above, or begin from a template. Nodes of the fleet can be drawn into it, and planned ones beside them.</Empty>}
      {list.data && list.data.length > 0 && (
        <table className="rowed w-full">
          <thead><tr><th>Name</th><th>Nodes</th><th>Links</th><th className="max-sm:hidden">New agents</th><th className="max-sm:hidden">Changed</th><th><span className="sr-only">Actions</span></th></tr></thead>
          <tbody>
            {list.data.map((one) => (
              <tr key={one.id}>
                <td><Link className="font-medium underline decoration-line-strong underline-offset-4 hover:decoration-accent" href={`/topologies/${one.id}`}>{one.name}</Link></td>
                <td className="num">{one.nodeCount}</td><td className="num">{one.linkCount}</td>
                <td className="text-ink-2 max-sm:hidden">{one.followsFleet ? "appear by themselves" : "are added by hand"}</td>
                <td className="text-ink-2 max-sm:hidden"><Time iso={one.updatedAt} /></td>
                <td className="text-right"><Button look="quiet" aria-label={`Delete ${one.name}`} onClick={() => wantAction({ on: "topology", action: "delete", id: one.id, name: one.name, nodeCount: one.nodeCount, linkCount: one.linkCount })}>Delete…</Button></td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Page>
  );
}
