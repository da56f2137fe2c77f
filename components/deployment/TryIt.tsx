// biome-ignore-all lint/a11y/noStaticElementInteractions: a place to drop; a button beside it does the same
// biome-ignore-all lint/a11y/useMediaCaption: the user's own recording
// biome-ignore-all lint/performance/noImgElement: the user's own file, never fetched
"use client";
import { useQuery } from "@tanstack/react-query";
import { type DragEvent, useEffect, useRef, useState } from "react";
import { api, type DeploymentFull } from "../api.ts";
import { bytes, ms, written } from "../format.ts";
import { Button } from "../ui/Button.tsx";
import { CopyText } from "../ui/CopyText.tsx";
import { Figure } from "../ui/Figure.tsx";
import { type Answer, tryIt } from "./try-it.ts";
import { UseAsSample } from "./UseAsSample.tsx";

/** Sends a picture, a text or a sound through the running pipeline and shows what comes back. */
export function TryIt({ deployment }: { deployment: DeploymentFull }) {
  const model = useQuery(api.models.get.queryOptions({ id: deployment.modelId })).data;
  const [text, setText] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [sent, setSent] = useState<File | string | null>(null);
  const [busy, setBusy] = useState(false);
  const abort = useRef<AbortController | null>(null);
  const send = async (body: File | string) => {
    abort.current?.abort();
    const control = new AbortController();
    abort.current = control;
    setBusy(true);
    const result = await tryIt(deployment.id, body, model?.processor ? "try" : "infer", control.signal);
    if (abort.current === control) { setBusy(false); setSent(body); setAnswer(result); }
  };
  const take = (taken: File | undefined) => { if (taken) { setFile(taken); setText(""); void send(taken); } };
  const drop = (event: DragEvent) => { event.preventDefault(); take(event.dataTransfer.files[0]); };
  const url = deployment.ingress[0]?.url;
  const hint = model?.processor ? `Processor: ${model.processor.kind}.` : "This model has no processor: send an Open Inference Protocol request as JSON.";
  return (
    <div className="grid gap-4 md:grid-cols-2" data-testid="try-it">
      <div onDragOver={(event) => event.preventDefault()} onDrop={drop} className="space-y-2">
        <p className="text-xs text-ink-3">{hint} Choose or drop a file, or write a text. At most 32 MiB.</p>
        <div className="flex flex-wrap items-center gap-2"><label className="sr-only" htmlFor="try-file">File to send</label><input id="try-file" data-testid="try-file" type="file" accept={model?.processor ? "image/*,audio/*,text/*" : ".json"} className="max-w-full text-xs file:mr-2 file:h-7 file:rounded-md file:border file:border-solid file:border-line-strong file:bg-raised file:px-2.5 file:text-ink" onChange={(event) => take(event.target.files?.[0])} /></div>
        <form className="flex items-start gap-2" onSubmit={(event) => { event.preventDefault(); setFile(null); void send(text); }}>
          <textarea aria-label="Text to send" data-testid="try-text" rows={2} className="field h-auto! py-1" value={text} onChange={(event) => setText(event.target.value)} />
          <Button type="submit" look="primary" disabled={text.trim() === ""} busy={busy} data-testid="try-send">Send</Button>
        </form>
        {busy && <p role="status" className="flex items-center gap-2 text-ink-2">Waiting for the answer <Button look="quiet" onClick={() => { abort.current?.abort(); setBusy(false); }}>Cancel</Button></p>}
        {file && <Preview file={file} />}
        {model && sent && answer?.ok && <UseAsSample model={model} sent={sent} />}
      </div>
      <div aria-live="polite">{answer ? <Shown answer={answer} stages={deployment.plan?.plan.placement.length ?? 0} again={file ? () => void send(file) : null} /> : url && <><p className="mb-1 text-xs text-ink-3">From a shell, straight to the ingress; the console is not on the way:</p><CopyText label="request command" text={model?.processor ? `curl -sS --data-binary @FILE -H 'content-type: image/png' ${url.replace(/\/$/, "")}/v2/models/${deployment.name}/process` : `curl -sS ${url.replace(/\/$/, "")}/v2/models/${deployment.name}/infer -d @REQUEST.json`} /></>}</div>
    </div>
  );
}

function Preview({ file }: { file: File }) {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => { const made = URL.createObjectURL(file); setUrl(made); return () => URL.revokeObjectURL(made); }, [file]);
  return <div className="flex items-center gap-3 text-xs text-ink-2">{url && file.type.startsWith("image/") && <img src={url} alt={`Sent: ${file.name}`} className="max-h-20 max-w-52 border border-line bg-raised object-contain" />}{url && file.type.startsWith("audio/") && <audio src={url} controls className="h-8" />}<span>{file.name}, {written(bytes(file.size))}</span></div>;
}

function Shown({ answer, stages, again }: { answer: Answer; stages: number; again: (() => void) | null }) {
  if (!answer.ok) return <div role="alert" className="border-l-2 border-bad bg-bad-wash px-3 py-2" data-testid="try-error"><p className="font-medium">No answer</p><p className="text-ink-2">{answer.problem.message}</p>{answer.problem.fix && <p className="text-ink-2">{answer.problem.fix}</p>}</div>;
  return (
    <div data-testid="try-answer">
      <div className="mb-1.5 flex flex-wrap items-center gap-x-4 text-xs"><span>there and back <Figure figure={ms(answer.totalMs)} /></span><span className="text-ink-2">through {stages} stage{stages === 1 ? "" : "s"} and this console’s try-it door</span>{again && <Button look="quiet" onClick={again}>Again</Button>}</div>
      {answer.headline !== null && <p className="mb-2 text-lg break-words" data-testid="try-headline">{answer.headline}</p>}
      <details open={answer.headline === null}><summary className="text-xs text-ink-3">The whole answer</summary><pre className="num mt-1 max-h-40 overflow-auto rounded-md bg-sunken p-2 text-xs break-all whitespace-pre-wrap">{answer.json}</pre></details>
    </div>
  );
}
