"use client";
import { useQuery } from "@tanstack/react-query";
import { api } from "../api.ts";
import { percent, written } from "../format.ts";
import { Problem } from "../ui/Problem.tsx";
import { ScrollArea } from "../ui/ScrollArea.tsx";
import { State } from "../ui/State.tsx";
import { nsText, pointsText, rateText, shareText } from "./load-words.ts";

/** What changed from one run to another; nothing is claimed that the intervals do not show. */
export function LoadCompare({ beforeId, afterId, title }: { beforeId: string; afterId: string; /** From what to what. */ title: string }) {
  const answer = useQuery(api.loadRuns.compare.queryOptions({ id: afterId, before: beforeId }));
  if (answer.error) return <Problem title="The runs can’t be compared" error={answer.error} />;
  if (!answer.data) return null;
  const { differences, unjudged } = answer.data;
  const pairs = differences.find((one) => one.pairs)?.pairs;
  return (
    <>
    <ScrollArea label="Comparison" className="overflow-x-auto"><table className="rowed w-full text-xs" data-testid="load-compare">
      <caption className="text-left text-xs break-words text-ink-2">{title}</caption>
      <thead><tr><th>Figure</th><th>Before</th><th>After</th><th>Change</th><th>95 % between</th><th>Seen</th></tr></thead>
      <tbody>
        {differences.map(({ name, unit, before, after, by, share, interval, kind }) => {
          const write = unit === "ns" ? nsText : unit === "share" ? shareText : rateText;
          const change = unit === "share" ? pointsText(by) : `${share >= 0 ? "+" : ""}${written(percent(share))}`;
          const bound = unit === "share" ? pointsText : write;
          return <tr key={name}><td>{name}</td><td className="num">{write(before)}</td><td className="num">{write(after)}</td><td className="num">{change}</td><td className="num">{interval ? `${bound(interval.low)} – ${bound(interval.high)}` : "unknown"}</td><td><State tone={kind === "better" ? "ok" : kind === "worse" ? "bad" : kind === "cannot be told" ? "warn" : "idle"}>{kind}</State></td></tr>;
        })}
      </tbody>
      {pairs && <tfoot><tr><td colSpan={6} className="text-ink-2">Sample by sample: {pairs.gained} right now that were not, {pairs.lost} no longer. The interval is McNemar’s test inverted (Tango, 1998).</td></tr></tfoot>}
    </table></ScrollArea>
    {unjudged.length > 0 && <div className="text-xs text-ink-2" data-testid="load-unjudged"><p>A gate that holds one against the other stays closed:</p><ul className="list-disc pl-4">{unjudged.map(({ name, why }) => <li key={`${name} ${why}`}>{name}: {why}</li>)}</ul></div>}
    </>
  );
}
