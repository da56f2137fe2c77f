"use client";
import { useMutation } from "@tanstack/react-query";
import type { Dataset } from "../../server/loadgen/method/dataset.ts";
import { Problem } from "../ui/Problem.tsx";
import { ScrollArea } from "../ui/ScrollArea.tsx";
import { giveData, type LoadData } from "./load-data.ts";
import { factsText, type FormValues } from "./load-words.ts";

const LINES = `{"text": "Meet me at noon", "label": "ham"}
{"base64": "iVBORw0KGgo…", "label": "TOTAL 12"}
{"inputs": [{"name": "x", "datatype": "FP32",
  "shape": [1, 2], "data": [0.1, 0.9]}], "label": 1}`;

type Props = { deploymentId: string; values: FormValues; set(change: Partial<FormValues>): void; data: LoadData | null; setData(data: LoadData | null): void; earlier: readonly Dataset[] };

/** What an accuracy run asks: a file of labelled samples, or one that a run before asked. It is read, and refused by its line, before anything is sent. */
export function LoadDataFields({ deploymentId, values, set, data, setData, earlier }: Props) {
  const give = useMutation({ mutationFn: (file: File) => giveData(deploymentId, file), onMutate: () => setData(null), onSuccess: setData });
  const isEarlier = data !== null && earlier.some(({ digest }) => digest === data.digest);
  return (
    <fieldset className="space-y-2">
      <legend className="sr-only">Labelled samples</legend>
      <label className="block text-xs text-ink-2">Labelled samples, JSON Lines
        {/* Emptied first: the same file, put right and chosen again, would be no change. */}
        <input type="file" accept=".jsonl,.ndjson,.json" data-testid="load-data" className="mt-0.5 block w-full max-w-full text-xs file:mr-2 file:h-7 file:rounded-md file:border file:border-solid file:border-line-strong file:bg-raised file:px-2.5 file:text-ink" onClick={(event) => { event.currentTarget.value = ""; }} onChange={(event) => { const file = event.target.files?.[0]; if (file) give.mutate(file); }} />
      </label>
      {earlier.length > 0 && (
        <label className="block text-xs text-ink-2">Or those of a run before
          <select className="field" data-testid="load-data-earlier" value={isEarlier ? data.digest : ""} onChange={(event) => { give.reset(); const chosen = earlier.find(({ digest }) => digest === event.target.value); setData(chosen ? { ...chosen, facts: null } : null); }}>
            <option value="">choose</option>
            {earlier.map(({ name, digest }) => <option key={digest} value={digest}>{name} ({digest.slice(0, 8)})</option>)}
          </select>
        </label>
      )}
      {give.isPending && <p role="status" className="text-xs text-ink-2">Reading every line…</p>}
      {give.error && <Problem title="These samples can’t be asked" error={give.error} />}
      {data !== null && <p className="text-xs break-words text-ink-2" data-testid="load-data-facts" role="status">{data.name}: {data.facts ? factsText(data.facts) : "as asked before."}</p>}
      <label className="block text-xs text-ink-2">Under way at once<input className="field num" inputMode="numeric" data-testid="load-concurrency" value={values.concurrency} onChange={(event) => set({ concurrency: event.target.value })} /></label>
      <details className="text-xs text-ink-2"><summary>What a line looks like</summary>
        <ScrollArea label="Lines of a dataset" className="mt-1 overflow-x-auto"><pre className="num rounded-md bg-sunken p-2">{LINES}</pre></ScrollArea>
        <p className="mt-1">A text or a picture (PNG, JPEG, in base64) for the model’s processor, or tensors as the Open Inference Protocol has them in JSON. A label is the text to be read, a class by name or index, or a number. At most 64 MiB, 10,000 samples.</p>
      </details>
    </fieldset>
  );
}
