"use client";
import Link from "next/link";
import type { AdaptDecision } from "../api.ts";
import { bytes, digits, percent, perSecond } from "../format.ts";
import { billPartsText } from "./bill-parts-text.ts";
import { MovedBytes } from "../deployment/MovedBytes.tsx";
import { Figure } from "../ui/Figure.tsx";
import { State, type Tone } from "../ui/State.tsx";
import { Time } from "../ui/Time.tsx";
import { batchText } from "./batch-text.ts";
import { CheckDecision } from "./CheckDecision.tsx";

const TONES: Record<AdaptDecision["outcome"], Tone> = { kept: "idle", suggested: "warn", accepted: "busy", expired: "idle", moving: "busy", moved: "ok", failed: "bad" };
const KINDS = { tune: "same cuts and nodes, other threads", remap: "same cuts, other nodes", resplit: "other cuts", return: "back to where a person put it", add: "one replica more", drop: "one replica fewer", shed: "fewer requests let in", admit: "all requests let in again", batch: "requests together" } as const;

/** Every action and every refusal with its reasons; the alternatives on demand. */
export function DecisionList({ deploymentId, decisions }: { deploymentId: string; decisions: AdaptDecision[] }) {
  if (decisions.length === 0) return <p className="text-ink-2" data-testid="adapt-none">Nothing has been decided yet: while measured and predicted agree, there is nothing to decide.</p>;
  return (
    <div className="overflow-x-auto">
      <table className="rowed w-full" data-testid="adapt-decisions">
        <caption className="eyebrow text-left">Decisions</caption>
        <thead><tr><th>When</th><th>Outcome</th><th>Why</th><th>Gain promised</th><th>Gain measured</th><th>By</th></tr></thead>
        <tbody>
          {decisions.map((one) => (
            <tr key={one.id} data-testid="adapt-decision" data-outcome={one.outcome}>
              <td className="text-ink-2"><Time iso={one.at} both /><br /><Link prefetch={false} href={`/deployments/${deploymentId}/replay?at=${encodeURIComponent(one.at)}`} className="inline-flex min-h-6 items-center text-xs underline underline-offset-4">as it was</Link><CheckDecision deploymentId={deploymentId} decisionId={one.id} /></td>
              <td><State tone={TONES[one.outcome]}>{one.outcome}</State></td>
              <td className="max-w-[36rem] min-w-60">
                {one.reason}
                {one.move?.moved && <p className="text-xs text-ink-2" data-testid="adapt-moved"><MovedBytes move={one.move} /></p>}
                {one.alternatives.length > 0 && (
                  <details>
                    <summary className="cursor-pointer text-xs text-ink-2 underline underline-offset-4">{one.alternatives.length === 1 ? "One alternative" : `${one.alternatives.length} alternatives`}{one.costNow === null ? "" : `, now ${digits(one.costNow)}`}</summary>
                    <ul className="mt-1 text-xs text-ink-2">
                      {one.alternatives.map((other, index) => (
                        <li key={`${other.kind} ${other.replica} ${other.cost} ${other.bytes}`}>{index === one.chosen ? "→ " : ""}{other.replica !== undefined && other.kind !== "add" && <>replica <span className="num">{other.replica}</span>, </>}{KINDS[other.kind]}: {other.batch && <>{batchText(other.batch)}, </>}{other.admitPerSecond != null && <><Figure figure={perSecond(other.admitPerSecond)} /> let in, </>}{other.carriesPerSecond !== undefined && <>then <Figure figure={perSecond(other.carriesPerSecond)} kind="predicted" /> with room to spare, </>}cost <span className="num">{digits(other.cost)}</span>{other.bound !== null && <>, proved at least <span className="num">{digits(other.bound)}</span></>}{other.gap !== null && <>, gap <span className="num">{digits(other.gap * 100)} %</span></>}, moves <Figure figure={bytes(other.bytes)} kind="predicted" /> in about <span className="num">{digits(other.seconds)} s</span>{other.parts && ` (${billPartsText(other.parts)})`}{other.refused && `. ${other.refused}`}</li>
                      ))}
                    </ul>
                  </details>
                )}
              </td>
              <td><Figure figure={percent(one.predictedGain)} kind="predicted" /></td>
              <td><Figure figure={percent(one.realisedGain)} /></td>
              <td className="num text-xs text-ink-2">{one.decidedBy}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
