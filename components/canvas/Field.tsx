"use client";
import { useEffect, useId, useState } from "react";

type TextProps = { label: string; value: string; save: (value: string) => void; hint?: string };

/** A text saved when it is left or Enter is pressed: one undoable step, not one per key. */
export function Field({ label, value, save, hint }: TextProps) {
  const [text, setText] = useState(value);
  const id = useId();
  useEffect(() => setText(value), [value]);
  const done = () => { if (text.trim() !== value) save(text.trim()); };
  return (
    <div className="mb-2.5">
      <label htmlFor={id} className="mb-0.5 block text-xs text-ink-3">{label}</label>
      <input id={id} className="field" value={text} onChange={(event) => setText(event.target.value)} onBlur={done} onKeyDown={(event) => { if (event.key === "Enter") done(); if (event.key === "Escape") setText(value); }} />
      {hint && <p className="mt-0.5 text-xs text-ink-3">{hint}</p>}
    </div>
  );
}

type NumberProps = { label: string; unit: string; value: number | null; /** Value × scale is shown. */ scale?: number; save: (value: number | null) => void; placeholder?: string; hint?: string; allowZero?: boolean };

/** A number with its unit; empty = not given. */
export function NumberField({ label, unit, value, scale = 1, save, placeholder, hint, allowZero = true }: NumberProps) {
  const shown = value === null ? "" : String(Number((value * scale).toPrecision(6)));
  const [text, setText] = useState(shown);
  const id = useId();
  useEffect(() => setText(shown), [shown]);
  const number = Number(text);
  const bad = text.trim() !== "" && !(Number.isFinite(number) && (number > 0 || (allowZero && number === 0)));
  const done = () => { if (!bad && text !== shown) save(text.trim() === "" ? null : number / scale); };
  return (
    <div className="mb-2.5">
      <label htmlFor={id} className="mb-0.5 block text-xs text-ink-3">{label}</label>
      <div className="flex items-center gap-2"><input id={id} inputMode="decimal" aria-invalid={bad} className="field num" value={text} placeholder={placeholder} onChange={(event) => setText(event.target.value)} onBlur={done} onKeyDown={(event) => { if (event.key === "Enter") done(); if (event.key === "Escape") setText(shown); }} /><span className="w-16 shrink-0 text-xs text-ink-3">{unit}</span></div>
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
