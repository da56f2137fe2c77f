"use client";
import { useEffect, useId, useRef, useState } from "react";

/** `clash`: what somebody else saved while this was typed is not overwritten; both values are told instead. */
type Typed<T> = { label: string; value: T; save: (value: T) => void; clash?: ((ours: T, theirs: T) => void) | undefined; hint?: string | undefined };

/** A text saved when it is left or Enter is pressed: one undoable step, not one per key. */
export function Field({ label, value, save, clash, hint }: Typed<string>) {
  const id = useId();
  const { text, type, done, drop } = useTyped(value);
  const end = () => done((typed, old) => { if (typed === value) return; if (old === value || !clash) save(typed); else clash(typed, value); });
  useAtLeave(end);
  return (
    <div className="mb-2.5">
      <label htmlFor={id} className="mb-0.5 block text-xs text-ink-3">{label}</label>
      <input id={id} className="field" value={text} onChange={(event) => type(event.target.value)} onBlur={end} onKeyDown={(event) => { if (event.key === "Enter") end(); if (event.key === "Escape") drop(); }} />
      {hint && <p className="mt-0.5 text-xs text-ink-3">{hint}</p>}
    </div>
  );
}

type NumberProps = Typed<number | null> & { unit: string; /** Value × scale is shown. */ scale?: number; placeholder?: string; allowZero?: boolean };

/** A number with its unit; empty = not given. */
export function NumberField({ label, unit, value, scale = 1, save, clash, placeholder, hint, allowZero = true }: NumberProps) {
  const shown = value === null ? "" : String(Number((value * scale).toPrecision(6)));
  const id = useId();
  const { text, type, done, drop } = useTyped(shown);
  const number = Number(text);
  const bad = text.trim() !== "" && !(Number.isFinite(number) && (number > 0 || (allowZero && number === 0)));
  const end = () => {
    if (bad) return;
    done((typed, old) => {
      const next = typed === "" ? null : number / scale;
      if (typed === shown) return;
      if (old === shown || !clash) save(next);
      else clash(next, value);
    });
  };
  useAtLeave(end);
  return (
    <div className="mb-2.5">
      <label htmlFor={id} className="mb-0.5 block text-xs text-ink-3">{label}</label>
      <div className="flex items-center gap-2"><input id={id} inputMode="decimal" aria-invalid={bad} className="field num" value={text} placeholder={placeholder} onChange={(event) => type(event.target.value)} onBlur={end} onKeyDown={(event) => { if (event.key === "Enter") end(); if (event.key === "Escape") drop(); }} /><span className="w-16 shrink-0 text-xs text-ink-3">{unit}</span></div>
      {bad ? <p className="mt-0.5 text-xs text-bad">A number{allowZero ? "" : " above 0"} is needed here, or nothing.</p> : hint && <p className="mt-0.5 text-xs text-ink-3">{hint}</p>}
    </div>
  );
}

export function Choice({ label, value, options, save }: { label: string; value: string; options: readonly (readonly [string, string])[]; save: (value: string) => void }) {
  const id = useId();
  return (
    <div className="mb-2.5">
      <label htmlFor={id} className="mb-0.5 block text-xs text-ink-3">{label}</label>
      <select id={id} className="field" value={value} onChange={(event) => save(event.target.value)}>{options.map(([key, text]) => <option key={key} value={key}>{text}</option>)}</select>
    </div>
  );
}

/** Also when the field goes away under the user's hands: somebody else deleted what it is of. */
function useAtLeave(end: () => void): void {
  const last = useRef(end);
  useEffect(() => { last.current = end; });
  useEffect(() => () => last.current(), []);
}

/** Text on its way: follows `shown` until somebody types, and then no more. */
function useTyped(shown: string) {
  const [text, setText] = useState(shown);
  const began = useRef<string | null>(null);
  useEffect(() => { if (began.current === null) setText(shown); }, [shown]);
  return {
    text,
    type: (next: string) => { began.current ??= shown; setText(next); },
    drop: () => { began.current = null; setText(shown); },
    /** Hands over what was typed, and what stood there when typing began. */
    done: (take: (typed: string, began: string) => void) => {
      const old = began.current;
      if (old === null) return;
      began.current = null;
      setText(shown);
      take(text.trim(), old);
    },
  };
}
