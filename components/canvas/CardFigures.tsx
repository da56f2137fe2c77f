"use client";
import { Cpu } from "lucide-react";
import type { TopologyNode } from "../../server/topology/topology.ts";
import { bytes, digits, percent, written } from "../format.ts";
import { useLive } from "../live/live-store.ts";
import { StaleMark } from "../live/StaleMark.tsx";
import { useStale } from "../live/use-stale.ts";
import { Figure } from "../ui/Figure.tsx";
import { Meter } from "../ui/Meter.tsx";
import { useFleetNode } from "./use-fleet.ts";
import { usePrediction } from "./use-prediction.ts";

/** Speed, load and memory of a node's card. */
export function CardFigures({ node }: { node: TopologyNode }) {
  const fleet = useFleetNode(node.nodeId);
  // What is shown, not what came: with hundreds of cards most samples change no text, and then nothing is drawn again.
  const cpuPercent = useLive((state) => (node.nodeId === null ? null : shownPercent(state.nodes[node.nodeId]?.sample?.cpuRatio)));
  const age = useStale({ node: node.nodeId ?? "" });
  const speed = node.speed === null ? `${fleet?.hardware ? digits(fleet.hardware.cores) : "–"} cores` : `${digits(node.speed)}× reference`;
  return (
    <>
      <div className="flex items-center justify-between gap-2 text-xs text-ink-2">
        <span className="flex items-center gap-1"><Cpu size={12} aria-hidden />{speed}</span>
        {node.nodeId === null ? <span className="text-ink-3">no machine yet</span> : <span className="flex items-center gap-1.5"><StaleMark age={age} /><span><span className="text-ink-3">cpu </span><Figure figure={percent(cpuPercent === null ? null : cpuPercent / 100)} stale={age !== null} /></span></span>}
      </div>
      <Memory topologyNodeId={node.id} fallbackBytes={node.memoryBytes ?? fleet?.hardware?.memoryBytes ?? null} />
    </>
  );
}

const shownPercent = (ratio: number | null | undefined): number | null => (ratio === null || ratio === undefined ? null : Math.round(ratio * 100));

/** Memory of the draft's stages against the limit, with what a drop would add. */
function Memory({ topologyNodeId, fallbackBytes }: { topologyNodeId: string; fallbackBytes: number | null }) {
  const { draft, dropped } = usePrediction();
  const before = draft?.estimate?.memory.find((one) => one.topologyNodeId === topologyNodeId);
  const after = dropped ? dropped.estimate?.memory.find((one) => one.topologyNodeId === topologyNodeId) : before;
  const limit = after?.limitBytes ?? before?.limitBytes ?? fallbackBytes;
  const used = before?.usedBytes ?? 0;
  const next = after?.usedBytes ?? (dropped ? 0 : used);
  const over = limit !== null && next > limit;
  const text = limit === null ? `${written(bytes(next))}, limit not known` : `${written(bytes(next))} of ${written(bytes(limit))}`;
  return (
    <div className="text-xs">
      <div className={`mb-0.5 flex justify-between ${over ? "text-bad" : "text-ink-2"}`}><span className={over ? "" : "text-ink-3"}>{over ? "too much" : "memory"}</span><span className="num">{text}</span></div>
      <Meter label="Memory of segments" ratio={limit ? Math.min(used, next) / limit : 0} extraRatio={limit ? Math.max(0, next - used) / limit : 0} tone={over ? "bad" : "accent"} text={text} />
    </div>
  );
}
