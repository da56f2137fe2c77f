"use client";
import { useEffect, useId, useRef, useState } from "react";
import { Button } from "../ui/Button.tsx";
import { Problem } from "../ui/Problem.tsx";

type Props = {
  /** "Stop upright": the button's own words. */
  verb: string;
  /** What must be typed first; null = the button is enough. */
  typed: string | null;
  danger: boolean;
  pending: boolean;
  error: unknown;
  onConfirm: () => void;
  onLeave: () => void;
};

/** The foot of every action: leave it, or do it. What destroys is not under the first key pressed: its name is typed, or leaving has the focus. */
export function ConfirmForm({ verb, typed, danger, pending, error, onConfirm, onLeave }: Props) {
  const [text, setText] = useState("");
  const id = useId();
  const form = useRef<HTMLFormElement>(null);
  // The preview was fetched while the dialog was open: the focus comes here now, unless the user has moved it meanwhile.
  useEffect(() => { if (document.activeElement?.matches("[role=dialog], body")) form.current?.querySelector<HTMLElement>("[data-initial-focus]")?.focus(); }, []);
  const ready = typed === null || text.trim() === typed;
  return (
    <form ref={form} className="mt-4 border-t border-line pt-3" onSubmit={(event) => { event.preventDefault(); if (ready && !pending) onConfirm(); }}>
      {error !== null && error !== undefined && <div className="mb-3"><Problem title="It was not done" error={error} /></div>}
      {typed !== null && (
        <div className="mb-3">
          <label htmlFor={id} className="mb-0.5 block text-ink-2">Type <b className="font-medium text-ink select-all">{typed}</b> to confirm</label>
          <input id={id} data-initial-focus className="field" autoComplete="off" spellCheck={false} value={text} onChange={(event) => setText(event.target.value)} data-testid="typed-name" />
        </div>
      )}
      <div className="flex flex-wrap justify-end gap-2">
        <Button look="quiet" onClick={onLeave} {...(typed === null && danger ? { "data-initial-focus": true } : {})}>Not now</Button>
        <Button type="submit" look={danger ? "danger" : "primary"} disabled={!ready} busy={pending} {...(typed === null && !danger ? { "data-initial-focus": true } : {})} data-testid="confirm-action">{pending ? "Sending…" : verb}</Button>
      </div>
    </form>
  );
}
