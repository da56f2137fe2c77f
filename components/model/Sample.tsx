// biome-ignore-all lint/a11y/useMediaCaption: the user's own recording
// biome-ignore-all lint/performance/noImgElement: served by this console as it was given
"use client";
import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { sampleKindOf } from "../../server/model/model-sample.ts";
import { shortDigest } from "../../server/planner/describe-inputs.ts";
import { api, type ModelFull } from "../api.ts";
import { bytes, written } from "../format.ts";
import { Button } from "../ui/Button.tsx";
import { Section } from "../ui/Page.tsx";
import { Problem } from "../ui/Problem.tsx";
import { State } from "../ui/State.tsx";
import { Time } from "../ui/Time.tsx";
import { useGiveSample } from "./use-give-sample.ts";

const ACCEPTS = { picture: "image/png,image/jpeg", text: ".txt,text/plain", audio: ".wav,audio/wav" } as const;
const CHOOSE = { picture: "Choose a picture", text: "Choose a text", audio: "Choose a recording" } as const;
/** Of a text that is shown on the page; the file itself is one click away. */
const SHOWN_CHARACTERS = 600;

/** The real input the model's plans are compared on: what it is, replacing it, taking it away. */
export function Sample({ model }: { model: ModelFull }) {
  const give = useGiveSample(model);
  const { sample, builtInSample } = model;
  const takes = model.processor === null ? null : sampleKindOf(model.processor.kind);
  return (
    <Section title="Sample" aside={<Comparing modelId={model.id} />}>
      <div className="grid gap-x-6 gap-y-3 sm:grid-cols-2" data-testid="sample" data-source={sample ? sample.origin : builtInSample ? "built-in" : "made-up"}>
        <div className="min-w-0 space-y-2">
          {(sample ?? builtInSample) !== null && <Preview model={model} />}
          {sample ? <Own sample={sample} /> : <p className="text-ink-2">{builtInSample ? `This model has no sample of its own, so its plans are compared with the whole model on Cutplane’s own ${builtInSample.kind === "audio" ? "recording" : builtInSample.kind}.` : "This model has no sample, so its plans are compared with the whole model on made-up inputs."}</p>}
          {sample && takes !== sample.kind && sample.kind !== "tensors" && <p role="note" className="text-warn">{takes ? `The processor takes ${takes}, not ${sample.kind}: plans are compared on Cutplane’s own sample.` : "Without a processor it cannot be used: plans are compared on made-up inputs."}</p>}
        </div>
        <div className="space-y-2">
          <div className="flex flex-wrap gap-2">
            {takes && <Pick label={sample ? `${CHOOSE[takes]} instead` : CHOOSE[takes]} accept={ACCEPTS[takes]} busy={give.isPending} testId="sample-file" pick={(file) => give.mutate({ file, form: "raw" })} />}
            <Pick label={takes ? "Choose tensors" : sample ? "Choose tensors instead" : "Choose tensors"} accept=".json,application/json" busy={give.isPending} testId="sample-tensors" pick={(file) => give.mutate({ file, form: "tensors" })} />
            {sample && <Button look="quiet" busy={give.isPending} onClick={() => give.mutate(null)} data-testid="sample-remove">Remove</Button>}
          </div>
          <p className="text-xs text-ink-3">At most 32 MiB. Tensors are an Open Inference Protocol request as JSON.{takes === null && " A picture, a text or a recording needs a processor."}</p>
          <div role="status">{give.isPending && <State tone="busy">running the whole model on it</State>}</div>
          {give.error && <Problem title="The sample was not taken" error={give.error} />}
        </div>
      </div>
    </Section>
  );
}

function Pick({ label, accept, busy, testId, pick }: { label: string; accept: string; busy: boolean; testId: string; pick: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button busy={busy} onClick={() => input.current?.click()}>{label}</Button>
      <input ref={input} type="file" hidden accept={accept} aria-label={label} data-testid={testId} onChange={(event) => { const file = event.target.files?.[0]; if (file) pick(file); event.target.value = ""; }} />
    </>
  );
}

function Own({ sample }: { sample: NonNullable<ModelFull["sample"]> }) {
  const facts = [
    ["File", <span key="f" className="break-all">{sample.fileName}, {written(bytes(sample.bytes))}</span>], ["Digest", <span key="d" className="num" title={sample.digest}>{shortDigest(sample.digest)}</span>],
    ["Tensors", <span key="t" className="num break-all">{sample.tensors.map(({ name, dataType, shape }) => `${name} ${dataType} [${shape.join("×")}]`).join(", ")}</span>],
    ...(sample.steps > 1 ? [["Steps", <span key="s" className="num">{sample.steps}, state carried</span>] as const] : []),
    ["Set", <span key="w"><Time iso={sample.setAt} /> by {sample.setBy}{sample.origin === "bundled" && ", bundled with the model"}</span>],
  ] as const;
  return <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-0.5 text-xs">{facts.map(([name, value]) => <div key={name} className="contents"><dt className="text-ink-3">{name}</dt><dd className="min-w-0">{value}</dd></div>)}</dl>;
}

function Preview({ model }: { model: ModelFull }) {
  const shown = model.sample ?? model.builtInSample;
  // The digest makes a replaced file another address.
  const url = `/api/v1/models/${model.id}/sample/file?digest=${shown?.digest}`;
  if (shown?.kind === "picture") return <img src={url} alt={`Sample ${shown.fileName}`} className="max-h-32 max-w-full border border-line bg-raised object-contain" />;
  if (shown?.kind === "audio") return <audio src={url} controls aria-label={`Sample ${shown.fileName}`} className="h-8 max-w-full" />;
  if (shown?.kind === "text") return <TextPreview url={url} />;
  return <a href={url} className="underline underline-offset-4" target="_blank" rel="noreferrer">See the request</a>;
}

function TextPreview({ url }: { url: string }) {
  const text = useQuery({ queryKey: ["sample-text", url], queryFn: async () => (await fetch(url)).text() }).data;
  return <blockquote className="border-l-2 border-line-strong pl-3 break-words">{text === undefined ? "…" : text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text}</blockquote>;
}

/** The check of the current plans that a new sample or processor has started. */
function Comparing({ modelId }: { modelId: string }) {
  const running = useQuery(api.operations.list.queryOptions({ subjectId: modelId, status: "running" })).data?.find((one) => one.kind === "check-parity");
  if (!running) return <>what plans are compared with the whole model on</>;
  const { done, total } = running.progress;
  return <State tone="busy" testId="sample-comparing">comparing the current plans{total > 0 ? `, ${done} of ${total} done` : ""}</State>;
}
