// Owns following a node's log while it is looked at: asks the console, which asks the agent, once a second; on pause nothing is asked.
import { useEffect, useRef, useState } from "react";
import { client } from "../api.ts";
import { addLogPage, type LogView, mustStartOver, NO_LOG } from "./log-lines.ts";

const POLL_MS = 1_000;
/** After a failure: the node is away, or too many look. */
const RETRY_MS = 4_000;
const PAGE_LINES = 500;

/** `behind`: lines the agent has that are not shown, while paused. */
export function useNodeLog(nodeId: string, paused: boolean): { view: LogView; error: unknown; behind: number } {
  const [view, setView] = useState(NO_LOG);
  const [error, setError] = useState<unknown>(null);
  const [behind, setBehind] = useState(0);
  const now = useRef(view);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    let stopped = false;
    const ask = async () => {
      let waitMs = POLL_MS;
      try {
        const { nextSeq } = now.current;
        const page = await client.nodes.logs.query({ id: nodeId, limit: paused ? 1 : PAGE_LINES, ...(nextSeq === null ? {} : { afterSeq: nextSeq }) });
        if (stopped) return;
        setError(null);
        if (paused) setBehind(mustStartOver(now.current, page) ? page.headSeq : Math.max(0, page.headSeq - (nextSeq ?? 0)));
        else {
          const anew = mustStartOver(now.current, page) ? await client.nodes.logs.query({ id: nodeId, limit: PAGE_LINES, afterSeq: 0 }) : page;
          if (stopped) return;
          now.current = addLogPage(now.current, anew);
          setView(now.current);
          setBehind(0);
          if (anew.nextSeq < anew.headSeq) waitMs = 0;
        }
      } catch (thrown) {
        if (stopped) return;
        setError(thrown);
        waitMs = RETRY_MS;
      }
      timer = setTimeout(() => void ask(), waitMs);
    };
    void ask();
    return () => {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
    };
  }, [nodeId, paused]);
  return { view, error, behind };
}
