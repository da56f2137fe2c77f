// Owns an upload's life: progress, cancel, the server's answer. XMLHttpRequest, because fetch reports no upload progress.
import { useRef, useState } from "react";
import { queryClient, type ModelRow, type ProblemText } from "../api.ts";

export type UploadState =
  | { step: "idle" }
  | { step: "sending"; name: string; sentBytes: number; totalBytes: number; bytesPerSecond: number }
  | { step: "reading"; name: string; totalBytes: number }
  | { step: "done"; name: string; modelId: string }
  | { step: "refused"; name: string; problem: ProblemText & { place: string | null } };

export type Upload = { state: UploadState; start: (files: File[]) => void; cancel: () => void };
const UPLOAD_PATH = "/api/v1/models";

export function useUpload(): Upload {
  const [state, setState] = useState<UploadState>({ step: "idle" });
  const request = useRef<XMLHttpRequest | null>(null);
  const cancel = () => {
    request.current?.abort();
    request.current = null;
    setState({ step: "idle" });
  };
  const start = (files: File[]) => {
    const main = files.find((file) => /\.onnx$/i.test(file.name)) ?? files[0];
    if (!main) return;
    request.current?.abort();
    request.current = send(main, files, setState);
  };
  return { state, start, cancel };
}

/** One file goes as a raw body, a model with external data as multipart. */
function send(main: File, files: File[], setState: (state: UploadState) => void): XMLHttpRequest {
  const xhr = new XMLHttpRequest();
  const name = main.name.replace(/\.onnx$/i, "");
  const startedMs = performance.now();
  const totalBytes = files.reduce((sum, file) => sum + file.size, 0);
  xhr.upload.onprogress = ({ loaded }) => {
    const bytesPerSecond = loaded / Math.max(0.001, (performance.now() - startedMs) / 1000);
    setState({ step: "sending", name: main.name, sentBytes: Math.min(loaded, totalBytes), totalBytes, bytesPerSecond });
  };
  xhr.upload.onload = () => setState({ step: "reading", name: main.name, totalBytes });
  xhr.onload = () => {
    const answer = parse(xhr.responseText);
    if (xhr.status < 300 && answer?.model) {
      setState({ step: "done", name: answer.model.name, modelId: answer.model.id });
      void queryClient.invalidateQueries();
    } else setState({ step: "refused", name: main.name, problem: { code: "internal", message: `The server answered ${xhr.status}.`, fix: null, place: null, ...answer?.error } });
  };
  xhr.onerror = () => setState({ step: "refused", name: main.name, problem: { code: "unreachable", message: "The connection broke while sending.", fix: "Check the server and try again; nothing was kept.", place: null } });
  xhr.open("POST", `${UPLOAD_PATH}?name=${encodeURIComponent(name)}&fileName=${encodeURIComponent(main.name)}`);
  setState({ step: "sending", name: main.name, sentBytes: 0, totalBytes, bytesPerSecond: 0 });
  if (files.length === 1) {
    xhr.setRequestHeader("content-type", "application/octet-stream");
    xhr.send(main);
  } else {
    const form = new FormData();
    for (const file of files) form.append("files", file, file.name);
    xhr.send(form);
  }
  return xhr;
}

type Answer = { model?: ModelRow; error?: Partial<ProblemText & { place: string | null }> };
function parse(text: string): Answer | null {
  try { return JSON.parse(text) as Answer; } catch { return null; }
}
