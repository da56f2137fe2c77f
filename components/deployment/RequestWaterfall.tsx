"use client";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo } from "react";
import { api, type RecentRequest } from "../api.ts";
import { bytes, ms, written } from "../format.ts";
import { Figure } from "../ui/Figure.tsx";
import { State } from "../ui/State.tsx";
import { Time } from "../ui/Time.tsx";
import { cameTo, notReached, type PartKind, requestWaterfall, rowMs, type Waterfall, type WaterfallPart, type WaterfallRow } from "./request-waterfall.ts";

/** Told by pattern and height as well as by colour, and in words beside the bar. */
const LOOKS: Record<PartKind, string> = {
  send: "bg-ink-3", latency: "hatch border border-ink-3", transfer: "bg-accent-mid", wait: "hatch bg-line", compute: "bg-accent", "hand-on": "bg-ink-3", way: "hatch border border-ink-3", rest: "hatch border border-dashed border-line-strong",
};
const WORDS: Record<PartKind, string> = {
  send: "accepted and sent", latency: "latency", transfer: "transfer", wait: "waited", compute: "computed", "hand-on": "handed on", way: "on the way", rest: "not attributed",
};
/** Thinner would not be seen. */
const MIN_SHARE = 0.002;

/** `stageNodes`: where the plan of the request's epoch has its stages, by name; null while it is not known. */
export function RequestWaterfall({ request, stageNodes }: { request: RecentRequest; stageNodes: readonly string[] | null }) {
  const nodes = useQuery(api.nodes.list.queryOptions()).data;
  const nameOf = (id: string) => nodes?.find((node) => node.id === id)?.name ?? id;
  const waterfall = useMemo(() => requestWaterfall(request, request.ingressNodeId), [request]);
  return (
    <div data-testid="waterfall">
      <div className="mb-1.5 flex flex-wrap items-center gap-x-4 gap-y-1 text-xs">
        <span className="num text-ink-3">{request.requestId}</span><Time iso={request.startedAt} both /><span>total <Figure figure={ms(request.totalMs)} /></span>
        <State tone={request.ok ? "ok" : "bad"}>{request.ok ? "answered" : (request.errorCode ?? "failed")}</State>
        <span className="text-ink-2">entered at {nameOf(request.ingressNodeId)}{request.epoch === undefined ? "" : `, epoch ${request.epoch}`}{(request.attempts ?? 1) > 1 ? `, sent ${request.attempts} times` : ""}</span>
      </div>
      {request.context && <p className="mb-1 text-xs text-ink-2" data-testid="trace-id">trace <span className="num select-all break-all text-ink">{request.context.traceId}</span>{request.context.parentSpanId === null ? ", begun at the ingress" : ", continued from who asked"}{request.context.sampled ? "" : ", not sampled"}</p>}
      {request.tries && <p className="mb-1 text-ink-2" data-testid="tries">{triesText(request.tries)}</p>}
      {request.errorMessage && <p className="mb-1 text-bad">{request.errorMessage}</p>}
      {!request.ok && <p className="mb-1 text-ink-2" data-testid="came-to">{endOf(request, nameOf)}</p>}
      {stageNodes && <Missed request={request} stageNodes={stageNodes} />}
      {waterfall && <Rows waterfall={waterfall} nameOf={nameOf} />}
    </div>
  );
}

/** Attempts that had no answer, in the order they ended. */
function triesText(tries: NonNullable<RecentRequest["tries"]>): string {
  return `Sent again: ${tries.map(({ epoch, endedMs, errorCode }) => `epoch ${epoch} ended after ${written(ms(endedMs))} (${errorCode})`).join(", ")}.`;
}

/** How far a failed request came. */
function endOf(request: RecentRequest, nameOf: (id: string) => string): string {
  const end = cameTo(request);
  const stage = end && `stage ${end.stageIndex + 1} on ${nameOf(end.nodeId)}`;
  if (!end) return request.sendMs === undefined ? "It never left the ingress." : "It left the ingress; no stage has told how far it came.";
  if (end.how === "failed") return `It failed at ${stage}.`;
  return end.how === "late" ? "The last stage answered after the ingress had given the request up." : `It came as far as ${stage}; then the ingress gave it up.`;
}

/** The stages behind the one where a failed request ended. One that was given up may have been under way to the next. */
function Missed({ request, stageNodes }: { request: RecentRequest; stageNodes: readonly string[] }) {
  const stages = notReached(request, stageNodes.length);
  if (stages.length === 0) return null;
  return (
    <p className="mb-1 flex flex-wrap items-baseline gap-x-2 gap-y-0.5 text-xs text-ink-2" data-testid="not-reached">
      {cameTo(request)?.how === "given-up" ? "No word from" : "Not reached"}
      {stages.map((stage) => <span key={stage} className="rounded-sm border border-dashed border-line-strong px-1"><span className="num">{stage + 1}</span> · {stageNodes[stage]}</span>)}
    </p>
  );
}

function Rows({ waterfall, nameOf }: { waterfall: Waterfall; nameOf: (id: string) => string }) {
  return (
    <>
      <table className="w-full table-fixed text-xs">
        <caption className="sr-only">The request's parts in order, each with its time</caption>
        <colgroup><col className="w-36 max-sm:w-28" /><col /><col className="w-16" /><col className="w-16 max-sm:w-0" /></colgroup>
        <thead className="sr-only"><tr><th>Part</th><th>When</th><th>Time</th><th>Bytes in</th></tr></thead>
        <tbody>
          {waterfall.rows.map((row) => (
            <tr key={keyOf(row)} className="border-b border-line" data-testid="waterfall-row" data-kind={row.kind} data-last={row.kind === "stage" && row.isLast ? "" : undefined}>
              <th scope="row" className="truncate py-0.5 pr-2 text-left font-normal" title={titleOf(row, nameOf)}>{labelOf(row, nameOf)}</th>
              <td className="py-0.5"><Bar row={row} totalMs={waterfall.totalMs} gaveUpMs={waterfall.gaveUpMs} /></td>
              <td className="py-0.5 pl-2 text-right"><Figure figure={ms(rowMs(row))} kind={row.parts.every((part) => part.derived) ? "estimated" : "measured"} /></td>
              <td className="truncate py-0.5 pl-2 text-right text-ink-3 max-sm:hidden">{row.kind === "hop" && row.bytes > 0 ? written(bytes(row.bytes)) : ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Legend waterfall={waterfall} />
    </>
  );
}

function Bar({ row, totalMs, gaveUpMs }: { row: WaterfallRow; totalMs: number; gaveUpMs: number | null }) {
  const share = (value: number) => `${(value / Math.max(totalMs, 1e-6)) * 100}%`;
  const shown = row.parts.filter((part) => part.durationMs > 0);
  return (
    <span className="relative block h-3.5 bg-sunken" title={wordsOf(row.parts)}>
      <span className="sr-only">{wordsOf(row.parts)}, from {written(ms(row.parts[0]?.startMs))}</span>
      {shown.map((part) => <span key={part.kind} aria-hidden className={`absolute inset-y-0 ${LOOKS[part.kind]}`} style={{ left: share(part.startMs), width: share(Math.max(part.durationMs, totalMs * MIN_SHARE)) }} />)}
      {gaveUpMs !== null && <span aria-hidden className="absolute inset-y-0 border-l border-bad" style={{ left: share(gaveUpMs) }} />}
      {row.kind === "stage" && row.isLast && <span aria-hidden className="absolute inset-y-0 w-0.5 -translate-x-full bg-bad" style={{ left: share((row.parts.at(-1)?.startMs ?? 0) + (row.parts.at(-1)?.durationMs ?? 0)) }} />}
    </span>
  );
}

function Legend({ waterfall }: { waterfall: Waterfall }) {
  const kinds = [...new Set(waterfall.rows.flatMap((row) => row.parts.map((part) => part.kind)))];
  return (
    <div className="mt-1.5 text-xs text-ink-2">
      <p className="flex flex-wrap gap-x-4 gap-y-1">{kinds.map((kind) => <span key={kind} className="inline-flex items-center gap-1.5"><span aria-hidden className={`h-2.5 w-4 ${LOOKS[kind]}`} />{WORDS[kind]}</span>)}</p>
      <p className="mt-1 max-w-prose text-ink-3">
        {waterfall.timed
          ? "Each time is a difference on one machine's clock; transfer is first to last byte at the receiver. Latency is derived: half of the connection's shortest recent ping. What the parts leave of the ingress's total is not attributed."
          : "An agent on the way tells no times of its hops, so that what is left for the way is shared out evenly."}
        {waterfall.gaveUpMs !== null && ` The red line is where the ingress gave the request up, after ${written(ms(waterfall.gaveUpMs))}; what lies behind it was done for nothing.`}
        {waterfall.shortened && " The derived latencies were longer than what was left for them and are drawn shortened."}
      </p>
    </div>
  );
}

const wordsOf = (parts: readonly WaterfallPart[]): string => parts.map((part) => `${WORDS[part.kind]} ${written(ms(part.durationMs))}${part.derived ? " (derived)" : ""}`).join(", ");
const keyOf = (row: WaterfallRow): string => (row.kind === "stage" ? `stage-${row.stageIndex}` : row.kind === "hop" ? `hop-${row.parts[0]?.startMs}` : row.kind === "processor" ? `processor-${row.when}` : row.kind);

function titleOf(row: WaterfallRow, nameOf: (id: string) => string): string {
  if (row.kind === "hop") return `${nameOf(row.fromNodeId)} to ${nameOf(row.toNodeId)}`;
  if (row.kind === "stage") return `Stage ${row.stageIndex + 1} on ${nameOf(row.nodeId)}`;
  if (row.kind === "processor") return `The model's processor ${row.when === "before" ? "makes tensors of what came" : "makes the answer of the outputs"}: waiting for its thread, and running`;
  return row.kind === "ingress" ? `Ingress on ${nameOf(row.nodeId)}` : "Not attributed";
}
function labelOf(row: WaterfallRow, nameOf: (id: string) => string): ReactNode {
  if (row.kind === "hop") return <span className="text-ink-2">{row.fromNodeId === row.toNodeId ? `within ${nameOf(row.toNodeId)}` : `→ ${nameOf(row.toNodeId)}`}</span>;
  if (row.kind === "stage") return <span className="font-medium">{row.stageIndex + 1} · {nameOf(row.nodeId)}{row.isLast && <span className="text-bad"> ✕<span className="sr-only"> the request came no further</span></span>}</span>;
  if (row.kind === "processor") return <span className="text-ink-2">{row.when === "before" ? "preprocess" : "postprocess"}</span>;
  return row.kind === "ingress" ? <span className="text-ink-2">ingress</span> : <span className="text-ink-3">not attributed</span>;
}
