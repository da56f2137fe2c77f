"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useMemo } from "react";
import { api, type NodeFull } from "../api.ts";
import { bytesPerSecond, ms } from "../format.ts";
import { useLive } from "../live/live-store.ts";
import { Figure } from "../ui/Figure.tsx";
import { State } from "../ui/State.tsx";
import { Time } from "../ui/Time.tsx";

/** How far the other nodes are, both ways. */
export function NodeLinks({ node }: { node: NodeFull }) {
  const all = useLive((state) => state.links);
  const stale = useLive((state) => state.connection === "lost");
  const nodes = useQuery(api.nodes.list.queryOptions()).data ?? [];
  const rows = useMemo(() => {
    const stored = node.links.map((link) => [`${link.fromNodeId}>${link.toNodeId}`, { ...link, bytesPerSecond: 0, error: null }] as const);
    return Object.entries({ ...Object.fromEntries(stored), ...all }).map(([key, link]) => ({ ends: key.split(">"), link })).filter(({ ends }) => ends.includes(node.id));
  }, [all, node]);
  if (rows.length === 0) return <p className="text-ink-2">Nothing measured yet: a link is probed once another node is there.</p>;
  const nameOf = (id: string | undefined) => nodes.find((one) => one.id === id)?.name ?? id;
  return (
    <div className="relative overflow-x-auto">
      <table className="rowed w-full">
        <thead><tr><th>Direction</th><th>State</th><th>Round trip</th><th>Spread (sd)</th><th>Bandwidth</th><th>Traffic now</th><th>Measured</th></tr></thead>
        <tbody>
          {rows.map(({ ends: [from, to], link }) => (
            <tr key={`${from}>${to}`}>
              <td className="whitespace-nowrap">{from === node.id ? <>to <Link className="underline underline-offset-4" href={`/nodes/${to}`}>{nameOf(to)}</Link></> : <>from <Link className="underline underline-offset-4" href={`/nodes/${from}`}>{nameOf(from)}</Link></>}</td>
              <td>{link.error ? <><State tone="bad">not reached</State><div className="max-w-72 text-xs text-ink-2">{link.error}</div></> : <State tone="ok">reached</State>}</td>
              <td><Figure figure={ms(link.error ? null : link.rttMs)} stale={stale} /></td>
              <td><Figure figure={ms(link.error ? null : link.rttSdMs)} stale={stale} /></td>
              <td><Figure figure={bytesPerSecond(link.bandwidthBytesPerSecond)} stale={stale} /></td>
              <td><Figure figure={bytesPerSecond(link.bytesPerSecond)} stale={stale} /></td>
              <td className="text-ink-2"><Time iso={link.measuredAt} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
