// Owns how what a run is of is said, and what is asked for by the fields of it. Pure.
import { type KeptTarget, type LoadTarget, type UrlApi, urlTargetProblem } from "../../server/loadgen/method/load-target.ts";
import { digits } from "../format.ts";

export const API_NAMES: Record<UrlApi, string> = { oip: "Open Inference Protocol", "openai-chat": "OpenAI, chat", "openai-completions": "OpenAI, completions", "openai-embeddings": "OpenAI, embeddings" };
/** `choice`: "deployment", "url", or a node's id. `key`: a secret, in this page's memory and nowhere else. `shapes`: "NAME=1,4", several apart by spaces; empty = as the deployment's sample. */
export type TargetValues = { choice: string; url: string; api: UrlApi; model: string; key: string; shapes: string; besideRunning: boolean };
export const FIRST_TARGET: TargetValues = { choice: "deployment", url: "", api: "oip", model: "", key: "", shapes: "", besideRunning: false };

/** "revision 3", "two by itself", "resnet at grpc://10.0.0.7:9000". */
export function targetText({ target, revisionNumber }: { target: KeptTarget; revisionNumber: number }): string {
  if (target.kind === "node") return `${target.nodeName} by itself${target.othersPerSecond >= 1 ? `, beside ${digits(target.othersPerSecond)} /s of others` : ""}`;
  return target.kind === "url" ? `${target.model} at ${target.url}` : `revision ${revisionNumber}`;
}

/** `problem`: what is missing or wrong, in a sentence. */
export function toTarget({ choice, url, api, model, shapes }: TargetValues): { target: LoadTarget; problem: null } | { target: null; problem: string } {
  if (choice === "deployment") return { target: { kind: "deployment" }, problem: null };
  if (choice !== "url") return { target: { kind: "node", nodeId: choice }, problem: null };
  const given = api === "oip" ? toShapes(shapes) : {};
  if (given === null) return { target: null, problem: "Shapes look like x=1,4, several apart by spaces." };
  const target = { kind: "url", url: url.trim(), api, model: model.trim(), ...(Object.keys(given).length > 0 ? { shapes: given } : {}) } as const;
  const problem = urlTargetProblem(target);
  return problem === null ? { target, problem } : { target: null, problem };
}

function toShapes(text: string): Record<string, number[]> | null {
  const parts = text.split(/\s+/).filter((part) => part !== "");
  const shapes = parts.flatMap((part): [string, number[]][] => {
    const [, name, sizes] = /^([^=]+)=([1-9]\d*(?:,[1-9]\d*)*)$/.exec(part) ?? [];
    return name && sizes ? [[name, sizes.split(",").map(Number)]] : [];
  });
  return shapes.length === parts.length ? Object.fromEntries(shapes) : null;
}
