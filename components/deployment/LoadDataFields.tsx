"use client";
import { useMutation } from "@tanstack/react-query";
import type { Dataset } from "../../server/loadgen/method/dataset.ts";
import type { UrlApi } from "../../server/loadgen/method/load-target.ts";
import { Problem } from "../ui/Problem.tsx";
import { ScrollArea } from "../ui/ScrollArea.tsx";
import { giveData, type LoadData } from "./load-data.ts";
import { factsText, type FormValues } from "./load-words.ts";

const LINES = `{"text": "Meet me at noon", "label": "ham"}
{"base64": "iVBORw0KGgo…", "label": "TOTAL 12"}
{"inputs": [{"name": "x", "datatype": "FP32",
  "shape": [1, 2], "data": [0.1, 0.9]}], "label": 1}`;

const OPENAI_LINES = `{"text": "Meet me at noon", "label": "ham"}
{"request": {"messages": [{"role": "user",
  "content": "Capital of Peru?"}]}, "label": "Lima"}`;

type Props = { deploymentId: string; /** What is spoken at the address that is asked; null = the deployment's model is. */ api: UrlApi | null; values: FormValues; set(change: Partial<FormValues>): void; data: LoadData | null; setData(data: LoadData | null): void; earlier: readonly Dataset[] };

const OPENAI_HINTS: Record<Exclude<UrlApi, "oip">, string> = {
  "openai-chat": "A text, sent as what the user says, or a whole request. A label is the text that is answered, word for word.",
  "openai-completions": "A text, sent as the prompt, or a whole request. A label is the text that follows, word for word.",
  "openai-embeddings": "A text, sent as the input, or a whole request. A label is what the sample is: its embedding is told by the other samples of each label, of which there are 2 to 100, with two samples at least.",
};

/** What an accuracy run asks: a file of labelled samples, or one that a run before asked. It is read, and refused by its line, before anything is sent. */
export function LoadDataFields({ deploymentId, api, values, set, data, setData, earlier }: Props) {
  const give = useMutation({ mutationFn: (file: File) => giveData(deploymentId, api, file), onMutate: () => setData(null), onSuccess: setData });
  const isOpenAi = api !== null && api !== "oip";
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
          <select className="field" data-testid="load-data-earlier" value={isEarlier ? data.digest : ""} onChange={(event) => { give.reset(); const chosen = earlier.find(({ digest }) => digest === event.target.value); setData(chosen ? { ...chosen, facts: null, api } : null); }}>
            <option value="">choose</option>
            {earlier.map(({ name, digest }) => <option key={digest} value={digest}>{name} ({digest.slice(0, 8)})</option>)}
          </select>
        </label>
      )}
      {give.isPending && <p role="status" className="text-xs text-ink-2">Reading every line…</p>}
      {give.error && <Problem title="These samples can’t be asked" error={give.error} />}
      {data !== null && <p className="text-xs break-words text-ink-2" data-testid="load-data-facts" role="status">{data.name}: {data.facts === null ? "as asked before." : data.api === api ? factsText(data.facts) : "it was read for another target, and is read again when the run starts."}</p>}
      <label className="block text-xs text-ink-2">Under way at once<input className="field num" inputMode="numeric" data-testid="load-concurrency" value={values.concurrency} onChange={(event) => set({ concurrency: event.target.value })} /></label>
      <details className="text-xs text-ink-2"><summary>What a line looks like</summary>
        <ScrollArea label="Lines of a dataset" className="mt-1 overflow-x-auto"><pre className="num rounded-md bg-sunken p-2">{isOpenAi ? OPENAI_LINES : LINES}</pre></ScrollArea>
        <p className="mt-1">{isOpenAi ? OPENAI_HINTS[api] : "A text or a picture (PNG, JPEG, in base64) for the model’s processor, or tensors as the Open Inference Protocol has them in JSON. A label is the text to be read, a class by name or index, or a number."} At most 64 MiB, 10,000 samples.</p>
      </details>
    </fieldset>
  );
}
