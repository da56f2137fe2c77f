"use client";
import { type SaveState, useWorkbench } from "./workbench-store.ts";

const WORDS: Record<SaveState, string> = { saved: "saved", unsaved: "…", saving: "saving", merged: "merged with a change from elsewhere", failed: "not saved, trying again" };

export function SaveIndicator() {
  const save = useWorkbench((state) => state.save);
  return <span role="status" data-testid="save-state" data-state={save} className={`px-2 text-xs ${save === "failed" ? "text-bad" : "text-ink-3"}`}>{WORDS[save]}</span>;
}
