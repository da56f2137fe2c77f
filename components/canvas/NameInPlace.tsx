// biome-ignore-all lint/a11y/noAutofocus: it appears because the user asked to type here
"use client";
import { useRef } from "react";
import { useWorkbenchStore } from "./workbench-store.ts";

/** A name typed where it stands: Enter or leaving keeps it as one undoable step, Escape does not. */
export function NameInPlace({ name, label, save }: { name: string; label: string; save: (name: string) => void }) {
  const store = useWorkbenchStore();
  const ended = useRef(false);
  const end = (text: string | null) => {
    if (ended.current) return;
    ended.current = true;
    store.setState({ namingId: null });
    if (text?.trim() && text.trim() !== name) save(text.trim());
  };
  return (
    <input autoFocus aria-label={label} data-testid="name-in-place" maxLength={200} defaultValue={name} onFocus={(event) => event.target.select()} onBlur={(event) => end(event.target.value)}
      onKeyDown={(event) => { event.stopPropagation(); if (event.key === "Enter") end(event.currentTarget.value); if (event.key === "Escape") end(null); }}
      onDoubleClick={(event) => event.stopPropagation()} onPointerDown={(event) => event.stopPropagation()}
      className="nodrag nopan pointer-events-auto min-w-0 flex-1 rounded-sm border border-accent bg-ground px-1 font-medium" />
  );
}
