"use client";
import { Plus, X } from "lucide-react";
import { clockText, MAX_PROTECTED_WINDOWS, type ProtectedWindow, type RepairLosses } from "../../server/policy/adapt/adapt-settings.ts";
import { Button } from "../ui/Button.tsx";
import { IconButton } from "../ui/IconButton.tsx";
import { minuteOf } from "./minute-of.ts";

/** A first guess that is easily changed: the night. */
const NEW_WINDOW: ProtectedWindow = { fromMinute: 22 * 60, toMinute: 6 * 60 };

/** Times of day in which nothing moves by itself, but what is lost where that is chosen. They are UTC, like the server's, so that a fleet over several zones has one meaning. */
export function ProtectedWindows({ windows, losses, onSet }: { windows: readonly ProtectedWindow[]; losses: RepairLosses; onSet(windows: ProtectedWindow[]): void }) {
  const change = (index: number, part: Partial<ProtectedWindow>) => onSet(windows.map((one, at) => (at === index ? { ...one, ...part } : one)));
  return (
    <fieldset className="flex flex-col" data-testid="protected-windows">
      <legend className="eyebrow">{losses === "always" ? "Only losses by itself between (UTC)" : "Never by itself between (UTC)"}</legend>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        {windows.map((window, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two windows may be equal, and only their order tells them apart
          <span key={index} className="flex items-center gap-1">
            <Clock label={`Protected from, ${index + 1}`} minute={window.fromMinute} onSet={(fromMinute) => change(index, { fromMinute })} />
            <span className="text-ink-3">to</span>
            <Clock label={`Protected to, ${index + 1}`} minute={window.toMinute} onSet={(toMinute) => change(index, { toMinute })} />
            <IconButton label={`Protect no more from ${clockText(window.fromMinute)} to ${clockText(window.toMinute)}`} onClick={() => onSet(windows.filter((_, at) => at !== index))}><X size={13} /></IconButton>
          </span>
        ))}
        {windows.length < MAX_PROTECTED_WINDOWS && <Button look="quiet" onClick={() => onSet([...windows, NEW_WINDOW])} data-testid="protect-add"><Plus size={13} aria-hidden />{windows.length === 0 ? "Protect hours" : "More"}</Button>}
      </div>
    </fieldset>
  );
}

function Clock({ label, minute, onSet }: { label: string; minute: number; onSet(minute: number): void }) {
  return (
    <input
      key={minute} type="time" aria-label={label} defaultValue={clockText(minute)} className="field num w-28!"
      onBlur={(event) => { const next = minuteOf(event.currentTarget.value); if (next !== null && next !== minute) onSet(next); else event.currentTarget.value = clockText(minute); }}
      onKeyDown={(event) => { if (event.key === "Enter") event.currentTarget.blur(); }}
    />
  );
}
