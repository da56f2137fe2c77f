"use client";
import { useState } from "react";
import { Choice, Field } from "../canvas/Field.tsx";
import { editRequest, useWorkbench, useWorkbenchStore } from "../canvas/workbench-store.ts";
import { Button } from "../ui/Button.tsx";
import { readRange } from "./read-range.ts";
import { keepApart } from "./request-edit.ts";

/** Two runs of layers that may not meet on one node, or in one zone. */
export function AddApart() {
  const store = useWorkbenchStore();
  const layerCount = useWorkbench((state) => state.problem?.layerCount ?? 0);
  const [first, setFirst] = useState("");
  const [second, setSecond] = useState("");
  const [within, setWithin] = useState<"node" | "zone">("node");
  const [a, b] = [readRange(first, layerCount), readRange(second, layerCount)];
  const overlap = a !== null && b !== null && a.from < b.to && b.from < a.to;
  const add = () => {
    if (!a || !b || overlap) return;
    editRequest(store, (now) => keepApart(now, { first: a, second: b, within }));
    setFirst("");
    setSecond("");
  };
  if (layerCount < 2) return null;
  const wrong = overlap ? "They overlap: a layer can’t be apart from itself." : (first !== "" && !a) || (second !== "" && !b) ? `A layer or a range of them, 1 to ${layerCount}, like 3 or 3–7.` : null;
  return (
    <details className="mt-1" data-testid="add-apart">
      <summary className="cursor-pointer text-xs text-ink-2">Keep layers apart…</summary>
      <div className="mt-1 grid grid-cols-2 gap-x-3">
        <Field label="These layers" value={first} save={setFirst} />
        <Field label="and these" value={second} save={setSecond} />
        <Choice label="share no" value={within} options={[["node", "node"], ["zone", "zone"]]} save={(value) => setWithin(value === "zone" ? "zone" : "node")} />
        <div className="self-center"><Button onClick={add} disabled={!a || !b || overlap} data-testid="keep-apart">Keep apart</Button></div>
      </div>
      {wrong && <p role="alert" className="text-xs text-bad">{wrong}</p>}
    </details>
  );
}
