"use client";
import { Download, Pause, Play } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useAddressParam } from "../shell/use-address-param.ts";
import { Button } from "../ui/Button.tsx";
import { Problem } from "../ui/Problem.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { filterLog, LOG_LEVELS, type LogEntry, type LogLevel, logText } from "./log-lines.ts";
import { useNodeLog } from "./use-node-log.ts";

const LOOKS: Record<LogLevel, string> = { debug: "text-ink-3", info: "text-ink-2", warn: "text-warn", error: "text-bad" };
/** Nearer to the end than this counts as being there. */
const END_PX = 24;

/** The agent's own log, read from it while this is open. */
export function NodeLog({ nodeId, nodeName }: { nodeId: string; nodeName: string }) {
  const [asked, setLevel] = useAddressParam("level");
  const level = LOG_LEVELS.find((one) => one === asked) ?? "info";
  const [asText, setText] = useAddressParam("find");
  const text = asText ?? "";
  const [paused, setPaused] = useState(false);
  const { view, error, behind } = useNodeLog(nodeId, paused);
  const shown = useMemo(() => filterLog(view.entries, level, text), [view, level, text]);
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever what is shown changes
  useEffect(() => { if (atEnd.current && box.current) box.current.scrollTop = box.current.scrollHeight; }, [shown]);
  const save = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([logText(filterLog(view.entries, level, text))], { type: "text/plain" }));
    link.download = `${nodeName}.log`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <div data-testid="node-log">
      <div className="mb-2 flex flex-wrap items-center gap-2">
        <label className="flex items-center gap-1.5"><span className="text-xs text-ink-3">Level</span><select className="field w-auto!" value={level} onChange={(event) => setLevel(event.target.value === "info" ? null : event.target.value)}>{LOG_LEVELS.map((one) => <option key={one} value={one}>{one === "error" ? "error" : `${one} and worse`}</option>)}</select></label>
        <input className="field w-48!" placeholder="Filter" aria-label="Filter the log" value={text} onChange={(event) => setText(event.target.value || null, "replace")} />
        <Button onClick={() => setPaused(!paused)} aria-pressed={paused} data-testid="log-pause">{paused ? <Play size={13} /> : <Pause size={13} />}{paused ? "Follow" : "Pause"}</Button>
        <Button onClick={save} disabled={shown.length === 0}><Download size={13} />Download</Button>
        <span className="text-xs text-ink-2"><span role="status">{paused ? "Paused" : ""}</span>{paused ? (behind > 0 ? `, ${behind} line${behind === 1 ? "" : "s"} behind` : "") : `${shown.length} line${shown.length === 1 ? "" : "s"}, following`}</span>
      </div>
      {error !== null && <div className="mb-2"><Problem title={view.entries.length > 0 ? "What follows cannot be read now" : "The log cannot be read now"} error={error} /></div>}
      {view.nextSeq === null ? (error === null && <Skeleton rows={6} label="Asking the agent" />) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reached by keys
        <div ref={box} role="log" aria-label={`Log of ${nodeName}`} aria-live="off" tabIndex={0} className="max-h-[60vh] overflow-auto rounded-md border border-line bg-sunken px-2 py-1.5" onScroll={(event) => { const { scrollHeight, scrollTop, clientHeight } = event.currentTarget; atEnd.current = scrollHeight - scrollTop - clientHeight < END_PX; }}>
          {shown.length === 0 && <p className="text-ink-2">No line of this kind. The agent keeps its last 2,000 lines.</p>}
          {shown.map((entry) => <Line key={entry.kind === "line" ? `${entry.row.bootId}-${entry.row.seq}` : `${entry.kind}-${entry.key}`} entry={entry} />)}
        </div>
      )}
      <p className="mt-2 max-w-prose text-xs text-ink-3">The lines lie with the agent and are read while this is open; the console keeps none. Tokens and keys never get into them.</p>
    </div>
  );
}

function Line({ entry }: { entry: LogEntry }) {
  if (entry.kind === "missing") return <p className="text-xs text-warn">{entry.count} older lines were dropped by the agent before they were read.</p>;
  if (entry.kind === "restarted") return <p className="text-xs text-warn">The agent was started anew.</p>;
  const { at, level, code, message } = entry.row;
  return (
    <p className="num grid grid-cols-[6.2rem_2.6rem_minmax(0,1fr)] gap-x-2 text-xs leading-5 max-sm:grid-cols-[2.6rem_minmax(0,1fr)]" data-testid="log-line" data-level={level}>
      <time dateTime={at} className="text-ink-3 max-sm:hidden" title={at}>{at.slice(11, 23)}</time><span className={`font-medium ${LOOKS[level]}`}>{level}</span><span className="min-w-0 break-words"><span className="text-ink-3">{code} </span>{message}</span>
    </p>
  );
}
