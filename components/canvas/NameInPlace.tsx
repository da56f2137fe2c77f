// biome-ignore-all lint/a11y/noAutofocus: it appears because the user asked to type here
"use client";
import { useEffect, useRef } from "react";
import { showConflict, useWorkbenchStore } from "./workbench-store.ts";

type Props = { kind: "node" | "zone"; id: string; name: string; label: string; save: (name: string) => void };

/** A name typed where it stands: Enter or leaving keeps it as one undoable step, Escape does not. One that was changed elsewhere meanwhile is not overwritten unseen. */
export function NameInPlace({ kind, id, name, label, save }: Props) {
  const store = useWorkbenchStore();
  const ended = useRef(false);
  const began = useRef(name);
  const end = (text: string | null) => {
    if (ended.current) return;
    ended.current = true;
    store.setState({ namingId: null });
    const typed = text?.trim() ?? "";
    if (typed === "" || typed === name || typed === began.current) return;
    if (name === began.current) save(typed);
    else showConflict(store, { kind, id, name, field: "name", ours: typed, theirs: name, kept: "theirs" });
  };
  // The card goes away under the user's hands: out of sight, or deleted by somebody else.
  const typing = useRef<string | null>(null);
  const last = useRef(end);
  useEffect(() => { last.current = end; });
  useEffect(() => () => { if (typing.current !== null) last.current(typing.current); }, []);
  // A key ends it while the focus is here: what was named has it next, not the top of the page.
  const endByKey = (input: HTMLInputElement, text: string | null) => {
    const named = input.closest<HTMLElement>(".react-flow__node");
    end(text);
    named?.focus({ preventScroll: true });
  };
  return (
    <input autoFocus aria-label={label} data-testid="name-in-place" maxLength={200} defaultValue={name} onFocus={(event) => event.target.select()} onChange={(event) => { typing.current = event.target.value; }} onBlur={(event) => end(event.target.value)}
      onKeyDown={(event) => { event.stopPropagation(); if (event.key === "Enter") endByKey(event.currentTarget, event.currentTarget.value); if (event.key === "Escape") endByKey(event.currentTarget, null); }}
      onDoubleClick={(event) => event.stopPropagation()} onPointerDown={(event) => event.stopPropagation()}
      className="nodrag nopan pointer-events-auto min-w-0 flex-1 rounded-sm border border-accent bg-ground px-1 font-medium" />
  );
}
