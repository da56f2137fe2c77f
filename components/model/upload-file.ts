import { type ProblemText, RequestRefused } from "../api.ts";

/** Sends the raw bytes of a file that something will name: a processor's labels, keys or tokenizer, a sample, or a labelled dataset. @throws RequestRefused what the server said, or that it did not answer */
export async function uploadFile(kind: "processor" | "sample" | "dataset", file: File, signal?: AbortSignal): Promise<{ name: string; digest: string }> {
  const response = await fetch(`/api/v1/files/${kind}?name=${encodeURIComponent(file.name)}`, { method: "PUT", headers: { "content-type": "application/octet-stream" }, body: file, ...(signal ? { signal } : {}) }).catch((): never => {
    throw new RequestRefused({ code: "unreachable", message: `The connection broke while sending “${file.name}”.`, fix: "Check that the server runs and that the file can still be read, and save again; nothing was changed." });
  });
  const answer = (await response.json().catch(() => null)) as { digest?: string; error?: Partial<ProblemText> } | null;
  if (response.ok && answer?.digest) return { name: file.name, digest: answer.digest };
  const said = { code: "internal", message: `The server answered ${response.status}.`, fix: null, ...answer?.error };
  throw new RequestRefused({ ...said, message: `“${file.name}” was not taken. ${said.message}` });
}
