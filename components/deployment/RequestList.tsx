"use client";
import { type KeyboardEvent, useRef } from "react";
import type { RecentRequest } from "../api.ts";
import { ms } from "../format.ts";
import { Figure } from "../ui/Figure.tsx";
import { State } from "../ui/State.tsx";

type Props = { requests: readonly RecentRequest[]; chosen: RecentRequest | null; choose: (request: RecentRequest) => void };

/** Finished requests, one to choose: by click, or by arrow keys. */
export function RequestList({ requests, chosen, choose }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const at = requests.findIndex((one) => one.requestId === chosen?.requestId);
  const keys = (event: KeyboardEvent) => {
    const last = requests.length - 1;
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last, PageDown: at + 8, PageUp: at - 8 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const index = Math.min(last, Math.max(0, next));
    const request = requests[index];
    if (request) choose(request);
    box.current?.children[index]?.scrollIntoView({ block: "nearest" });
  };
  return (
    <div ref={box} role="listbox" tabIndex={0} aria-label="Requests" aria-activedescendant={at < 0 ? undefined : optionId(chosen)} onKeyDown={keys} className="min-h-0 flex-1 overflow-y-auto rounded-md border border-line max-md:max-h-28" data-testid="request-list">
      {requests.map((request) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the list takes the keys
        // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus
        <div key={request.requestId} id={optionId(request)} role="option" aria-selected={request.requestId === chosen?.requestId} onClick={() => choose(request)}
          className="grid cursor-pointer grid-cols-[4.6rem_1fr_auto] items-center gap-2 border-b border-line px-2 py-0.5 text-xs aria-selected:bg-accent-wash">
          <span className="num text-ink-2">{new Date(request.startedAt).toLocaleTimeString("en-GB")}</span>
          <span className="truncate"><State tone={request.ok ? "ok" : "bad"}>{request.ok ? "answered" : (request.errorCode ?? "failed")}</State></span>
          <Figure figure={ms(request.totalMs)} />
        </div>
      ))}
    </div>
  );
}

const optionId = (request: RecentRequest | null): string => `request-${request?.requestId ?? ""}`;
