"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useMemo } from "react";
import type { LiveLinkSample } from "../../server/events/catalogue.ts";
import { api, type NodeFull } from "../api.ts";
import { bytesPerSecond, ms } from "../format.ts";
import { useLive } from "../live/live-store.ts";
import { StaleMark } from "../live/StaleMark.tsx";
import { useStale } from "../live/use-stale.ts";
import { Figure } from "../ui/Figure.tsx";
import { State } from "../ui/State.tsx";
import { Time } from "../ui/Time.tsx";

/** How far the other nodes are, both ways. */
export function NodeLinks({ node }: { node: NodeFull }) {
  const all = useLive((state) => state.links);
  const nodes = useQuery(api.nodes.list.queryOptions()).data ?? [];
  const rows = useMemo(() => {
    const stored = node.links.map((link) => [`${link.fromNodeId}>${link.toNodeId}`, { ...link, bytesPerSecond: 0, error: null }] as const);
    return Object.entries({ ...Object.fromEntries(stored), ...all }).map(([key, link]) => ({ ends: key.split(">"), link })).filter(({ ends }) => ends.includes(node.id));
  }, [all, node]);
  if (rows.length === 0) return <p className="text-ink-2">Nothing measured yet: a link is probed once another node is there.</p>;
  const nameOf = (id: string) => nodes.find((one) => one.id === id)?.name ?? id;
  return (
    <div className="relative overflow-x-auto">
      <table className="rowed w-full">
        <thead><tr><th>Direction</th><th>State</th><th>Round trip</th><th>Spread (sd)</th><th>Bandwidth</th><th>Traffic now</th><th>Measured</th><th><span className="sr-only">Charts</span></th></tr></thead>
        <tbody>
          {rows.map(({ ends: [from = "", to = ""], link }) => <LinkRow key={`${from}>${to}`} own={node.id} from={from} to={to} nameOf={nameOf} link={link} />)}
        </tbody>
      </table>
    </div>
  );
}

function LinkRow({ own, from, to, nameOf, link }: { own: string; from: string; to: string; nameOf: (id: string) => string; link: LiveLinkSample }) {
  const age = useStale({ link: `${from}>${to}` });
  const stale = age !== null;
  const other = from === own ? to : from;
  return (
    <tr>
      <td className="whitespace-nowrap">{from === own ? "to" : "from"} <Link className="underline underline-offset-4" href={`/nodes/${other}`}>{nameOf(other)}</Link></td>
      <td>{link.error ? <><State tone="bad">not reached</State><div className="max-w-72 text-xs text-ink-2">{link.error}</div></> : <State tone="ok">reached</State>}</td>
      <td><Figure figure={ms(link.error ? null : link.rttMs)} stale={stale} /></td>
      <td><Figure figure={ms(link.error ? null : link.rttSdMs)} stale={stale} /></td>
      <td><Figure figure={bytesPerSecond(link.bandwidthBytesPerSecond)} stale={stale} /></td>
      <td><Figure figure={bytesPerSecond(link.bytesPerSecond)} stale={stale} /></td>
      <td className="text-ink-2"><span className="flex flex-wrap gap-x-2"><Time iso={link.measuredAt} /><StaleMark age={age} /></span></td>
      <td><Link className="underline underline-offset-4" href={`/nodes/${from}?tab=charts&link=${from}>${to}`} aria-label={`Charts of the link from ${nameOf(from)} to ${nameOf(to)}`}>charts</Link></td>
    </tr>
  );
}
