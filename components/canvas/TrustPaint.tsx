"use client";
import { Check, LockKeyhole } from "lucide-react";
import { useEffect } from "react";
import type { Trust } from "../../server/topology/topology.ts";
import { setRequest } from "../plan/request-edit.ts";
import { isTyping } from "../shell/is-typing.ts";
import { Button } from "../ui/Button.tsx";
import { editRequest, useRequest, useWorkbench, useWorkbenchStore } from "./workbench-store.ts";

const BRUSHES: readonly (readonly [Trust, string])[] = [["untrusted", "Untrusted"], ["trusted", "Trusted"]];

/** While trust is painted: the brush, the model's inputs, and the way out. Nodes and links are painted on the canvas, or chosen and painted with T. */
export function TrustPaint() {
  const store = useWorkbenchStore();
  const painting = useWorkbench((state) => state.painting);
  const isOpen = painting !== null;
  useEffect(() => {
    if (!isOpen) return;
    const end = (event: KeyboardEvent) => { if (event.key === "Escape" && !isTyping(event)) store.setState({ painting: null }); };
    addEventListener("keydown", end);
    return () => removeEventListener("keydown", end);
  }, [isOpen, store]);
  if (painting === null) return null;
  return (
    <section aria-label="Paint trust" data-testid="trust-paint" className="absolute bottom-2 left-14 z-10 max-w-[min(27rem,calc(100%-4rem))] rounded-md border border-accent bg-panel/95 px-2.5 py-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <fieldset className="flex items-center gap-2"><legend className="sr-only">Brush</legend>
          {BRUSHES.map(([trust, label]) => <label key={trust} className="flex min-h-6.5 items-center gap-1.5"><input type="radio" name="brush" className="accent-(--accent)" checked={painting === trust} onChange={() => store.setState({ painting: trust })} />{label}</label>)}
        </fieldset>
        <Button className="ml-auto" onClick={() => store.setState({ painting: null })}><Check size={14} />Done</Button>
      </div>
      <p className="text-xs text-ink-2">Press or drag over nodes and links. By keyboard: choose one, then <kbd className="num">T</kbd>. <LockKeyhole size={12} aria-hidden className="inline" /> marks what sees something sensitive: it keeps to trusted nodes and links.</p>
      <Inputs />
    </section>
  );
}

/** An input that is not sensitive frees everything that is made from it alone. */
function Inputs() {
  const store = useWorkbenchStore();
  const request = useRequest();
  const inputs = useWorkbench((state) => state.problem?.flow?.inputs);
  if (!inputs?.length) return null;
  const sensitive = request.sensitiveInputs ?? inputs;
  const toggle = (name: string) => {
    const next = inputs.filter((input) => (input === name ? !sensitive.includes(name) : sensitive.includes(input)));
    editRequest(store, (now) => setRequest(now, { sensitiveInputs: next.length === inputs.length ? undefined : next }));
  };
  return (
    <fieldset className="mt-1.5"><legend className="mb-0.5 text-xs text-ink-2">The model’s inputs</legend>
      <div className="flex max-h-24 flex-wrap gap-1 overflow-y-auto">
        {inputs.map((name) => {
          const on = sensitive.includes(name);
          return <button key={name} type="button" aria-pressed={on} onClick={() => toggle(name)} className={`flex min-h-6.5 max-w-full items-center gap-1 rounded-md border px-1.5 text-xs ${on ? "border-accent bg-accent-wash" : "border-line-strong text-ink-2"}`}>{on && <LockKeyhole size={12} aria-hidden />}<span className="truncate">{name}</span><span className="text-ink-2">{on ? "sensitive" : "free"}</span></button>;
        })}
      </div>
    </fieldset>
  );
}
