// biome-ignore-all lint/a11y/noStaticElementInteractions: a place to drop; a button beside it does the same
"use client";
import { Upload as UploadIcon } from "lucide-react";
import Link from "next/link";
import { type DragEvent, useRef, useState } from "react";
import { bytes, bytesPerSecond, written } from "../format.ts";
import { Button, buttonClass } from "../ui/Button.tsx";
import { Meter } from "../ui/Meter.tsx";
import { type UploadState, useUpload } from "./use-upload.ts";

/** Drop area and file picker for one model with its external data files. */
export function UploadModel() {
  const upload = useUpload();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    upload.start([...event.dataTransfer.files]);
  };
  return (
    <div data-testid="model-drop" onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)} onDrop={drop} className={`mb-6 rounded-lg border border-dashed px-4 py-4 ${over ? "border-accent bg-accent-wash" : "border-line-strong bg-panel"}`}>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Button onClick={() => input.current?.click()}><UploadIcon size={14} />Choose an ONNX file</Button>
        <p className="text-ink-2">or drop it here. Drop external data files together with the model; files over 2 GB are fine.</p>
        <input ref={input} type="file" multiple hidden aria-label="ONNX file" data-testid="model-file" onChange={(event) => { upload.start([...(event.target.files ?? [])]); event.target.value = ""; }} />
      </div>
      <Progress state={upload.state} cancel={upload.cancel} />
    </div>
  );
}

function Progress({ state, cancel }: { state: UploadState; cancel: () => void }) {
  if (state.step === "idle") return null;
  if (state.step === "refused") {
    return (
      <div role="alert" className="mt-3 border-l-2 border-bad bg-bad-wash px-3 py-2">
        <p className="font-medium">{state.name} was refused</p>
        <p className="text-ink-2">{state.problem.message}</p>
        {state.problem.place && <p className="num text-xs text-ink-2">at {state.problem.place}</p>}
        {state.problem.fix && <p className="text-ink-2">{state.problem.fix}</p>}
      </div>
    );
  }
  if (state.step === "done") {
    return <p role="status" className="mt-3 flex flex-wrap items-center gap-3" data-testid="upload-done"><span>{state.name} is imported.</span><Link className={buttonClass("primary")} href={`/models/${state.modelId}`}>See its layers and cuts</Link></p>;
  }
  const sent = state.step === "sending" ? state.sentBytes : state.totalBytes;
  const text = state.step === "sending" ? `${written(bytes(sent))} of ${written(bytes(state.totalBytes))}, ${written(bytesPerSecond(state.bytesPerSecond))}` : "sent; reading layers and cuts";
  return (
    <div className="mt-3 flex items-center gap-3" role="status">
      <div className="min-w-0 flex-1">
        <div className="mb-1 flex justify-between gap-3"><span className="truncate">{state.name}</span><span className="num text-xs text-ink-2">{text}</span></div>
        <Meter label="Upload" ratio={sent / Math.max(1, state.totalBytes)} text={text} />
      </div>
      <Button look="quiet" onClick={cancel}>Cancel</Button>
    </div>
  );
}
