import type { Estimate, PlanDiff } from "../../server/planner/plan.ts";
import type { TopologyNode } from "../../server/topology/topology.ts";
import { bytes, layersText, ms } from "../format.ts";
import { Figure, predicted } from "../ui/Figure.tsx";
import { Meter } from "../ui/Meter.tsx";

const WORDS: Record<PlanDiff["stages"][number]["change"], { sign: string; word: string }> = {
  keep: { sign: "=", word: "stays" }, move: { sign: "→", word: "moves" }, recut: { sign: "÷", word: "cut anew" }, mode: { sign: "×", word: "runs otherwise" }, add: { sign: "+", word: "new" }, remove: { sign: "−", word: "leaves" },
};

type Named = Pick<TopologyNode, "id" | "name">;
const namer = (nodes: readonly Named[]) => (id: string | null) => (id === null ? "–" : (nodes.find((node) => node.id === id)?.name ?? id));

/** What moves, what is shipped, memory before, at its peak and after, latency before and after. */
export function DiffView({ diff, nodes, estimate }: { diff: PlanDiff; nodes: readonly Named[]; estimate: Estimate }) {
  const nameOf = namer(nodes);
  return (
    <div data-testid="diff">
      <div className="mb-3 flex flex-wrap gap-x-8 gap-y-2">
        <div><div className="eyebrow">Latency</div><div className="text-lg">{diff.latencyMsBefore !== null && <><Figure figure={ms(diff.latencyMsBefore)} kind={predicted(estimate.kind)} /><span className="mx-1.5 text-ink-3">→</span></>}<Figure figure={ms(diff.latencyMsAfter)} kind={predicted(estimate.kind)} /></div></div>
        <div><div className="eyebrow">To ship</div><div className="text-lg"><Figure figure={bytes(diff.shipBytes)} /></div>{(diff.entryBytes ?? 0) > 0 && <div className="text-xs text-ink-3"><Figure figure={bytes(diff.entryBytes ?? 0)} /> of it for where requests enter</div>}</div>
        {estimate.bestSingleNode && <div><div className="eyebrow">One node alone</div><div className="text-lg"><Figure figure={ms(estimate.bestSingleNode.latencyMs)} kind={predicted(estimate.kind)} /></div></div>}
      </div>
      {estimate.bestSingleNode && estimate.bestSingleNode.latencyMs < estimate.latencyMs && <p className="mb-3 border-l-2 border-warn bg-warn-wash px-2 py-1" data-testid="single-node-faster">{nameOf(estimate.bestSingleNode.topologyNodeId)} alone would answer faster than this cut. The cut can still serve more requests a second, or spare its memory.</p>}
      <DiffTables diff={diff} nodes={nodes} />
    </div>
  );
}

/** As lists: each change of a segment, and each node's memory. */
export function DiffTables({ diff, nodes }: { diff: PlanDiff; nodes: readonly Named[] }) {
  const nameOf = namer(nodes);
  return (
      <div className="relative overflow-x-auto">
        {diff.moves.length > 0 && <ul className="mb-2 space-y-0.5" aria-label="What moves">{diff.moves.map((move) => <li key={`${move.fromTopologyNodeId}>${move.toTopologyNodeId} ${JSON.stringify(move.ranges)}`} data-testid="move-line"><span className="num mr-1.5 text-accent" aria-hidden>→</span>{move.ranges.map((range) => layersText(range)).join(", ")} from <b className="font-medium">{nameOf(move.fromTopologyNodeId)}</b> to <b className="font-medium">{nameOf(move.toTopologyNodeId)}</b>, <Figure figure={bytes(move.shipBytes)} /></li>)}</ul>}
        <table className="rowed mb-3 w-full">
          <thead><tr><th>Change</th><th>Layers</th><th>From</th><th>To</th><th>To ship</th></tr></thead>
          <tbody>{diff.stages.map((stage) => <tr key={`${stage.change}-${stage.replica ?? 1}-${stage.from}-${stage.to}-${stage.toTopologyNodeId}-${stage.fromTopologyNodeId}`} data-change={stage.change}><td><span className="num mr-1.5 text-accent" aria-hidden>{WORDS[stage.change].sign}</span>{stage.modes ? <><span className="sr-only">{WORDS[stage.change].word}, </span>{stage.modes.before} → {stage.modes.after}</> : WORDS[stage.change].word}</td><td>{layersText(stage)}{stage.replica !== undefined && <span className="ml-1.5 text-xs text-ink-2">replica <span className="num">{stage.replica}</span></span>}</td><td>{nameOf(stage.fromTopologyNodeId)}</td><td>{nameOf(stage.toTopologyNodeId)}</td><td><Figure figure={bytes(stage.shipBytes)} /></td></tr>)}</tbody>
        </table>
        <table className="rowed w-full">
          <thead><tr><th>Memory of</th><th>Before</th><th>While moving</th><th>After</th><th>Limit</th><th className="w-28">At its peak</th></tr></thead>
          <tbody>{diff.memory.map((row) => { const over = row.limitBytes !== null && row.peakBytes > row.limitBytes; return <tr key={row.topologyNodeId}><td>{nameOf(row.topologyNodeId)}</td><td><Figure figure={bytes(row.beforeBytes)} kind="estimated" /></td><td className={over ? "text-bad" : ""}><Figure figure={bytes(row.peakBytes)} kind="estimated" />{over && " too much"}</td><td><Figure figure={bytes(row.afterBytes)} kind="estimated" /></td><td><Figure figure={bytes(row.limitBytes)} /></td><td className="pt-3!">{row.limitBytes !== null && <Meter label={`Memory of ${nameOf(row.topologyNodeId)}`} ratio={row.beforeBytes / row.limitBytes} extraRatio={Math.max(0, row.peakBytes - row.beforeBytes) / row.limitBytes} tone={over ? "bad" : "accent"} text={`${Math.round((row.peakBytes / row.limitBytes) * 100)} % of the limit`} />}</td></tr>; })}</tbody>
        </table>
      </div>
  );
}
