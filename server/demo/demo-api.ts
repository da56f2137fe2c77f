// Owns speaking to the console: its public REST API, nothing else. Types are only what the demo reads of the answers.
import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessorSpec } from "../../agents/protocol/control.ts";
import type { Estimate, Parity, Placement } from "../planner/plan.ts";
import type { LiveLink, LiveNode, TopologyDocument, TopologyLayout } from "../topology/topology.ts";

export type ApiOperation = { id: string; status: "running" | "succeeded" | "failed" | "cancelled"; progress: { step: string; done: number; total: number; unit: string; detail: string }; error: { message: string; fix: string | null } | null };
export type ApiModel = { id: string; name: string; status: string; processorKind: string | null };
export type ApiNode = { id: string; name: string; status: "online" | "connecting" | "late" | "lost"; hardware: { cores: number; deviceClass: string } | null };
export type ApiTopology = { id: string; name: string; revision: number; followsFleet: boolean; document: TopologyDocument; layout: TopologyLayout; live: { nodes: LiveNode[]; links: LiveLink[] } };
export type ApiPlan = { id: string; plan: { placement: Placement; estimate: Estimate }; parity: Parity; topologyId: string };
export type ApiDeployment = {
  id: string; name: string; modelId: string; modelName: string; topologyId: string; desired: "running" | "stopped"; status: string; statusReason: string;
  currentRevision: { number: number; planId: string } | null; migration?: { state: string } | null; ingress: { nodeId: string; url: string; ready: boolean }[]; predictedLatencyMs: number | null;
};
export type Solved = { placement: Placement; estimate: Estimate; origin: unknown; explanation: string[] } | { infeasible: true; refusals: { message: string; fix: string | null }[] };

/** What the demo says when something is not as it must be: one sentence for the terminal. */
export class DemoError extends Error {}

export type DemoApi = {
  get<T>(path: string): Promise<T>;
  send<T>(method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<T>;
  /** Raw bytes. */
  upload<T>(method: "POST" | "PUT", path: string, body: Uint8Array): Promise<T>;
  /** Until it ended. @throws DemoError when it failed */
  follow(operation: ApiOperation, onProgress?: (operation: ApiOperation) => void): Promise<ApiOperation>;
};

const REQUEST_TIMEOUT_MS = 90_000;
/** A console that restarts its database refuses for a moment; the demo's own steps are repeatable. */
const GET_ATTEMPTS = 4;

export function createDemoApi(consoleUrl: string, token: string | null, signal: AbortSignal): DemoApi {
  const base = `${consoleUrl.replace(/\/+$/, "")}/api/v1`;
  async function call<T>(method: string, path: string, body: string | Uint8Array<ArrayBuffer> | undefined, contentType: string): Promise<T> {
    const headers: Record<string, string> = body === undefined ? {} : { "content-type": contentType };
    if (token) headers.authorization = `Bearer ${token}`;
    const response = await fetch(`${base}${path}`, { method, headers, ...(body === undefined ? {} : { body }), signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]) });
    const text = await response.text();
    if (!response.ok) throw new DemoError(`the console refused ${method} ${path}: ${refusalOf(text, response.status)}`);
    return (text === "" ? null : JSON.parse(text)) as T;
  }
  async function get<T>(path: string): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await call<T>("GET", path, undefined, "");
      } catch (error) {
        if (attempt >= GET_ATTEMPTS || signal.aborted) throw error;
        await sleep(250 * attempt, undefined, { signal });
      }
    }
  }
  return {
    get,
    send: (method, path, body) => call(method, path, body === undefined ? undefined : JSON.stringify(body), "application/json"),
    upload: (method, path, body) => call(method, path, new Uint8Array(body), "application/octet-stream"),
    async follow(operation, onProgress) {
      let seen = operation;
      while (seen.status === "running") {
        seen = await get<ApiOperation>(`/operations/${seen.id}?waitSeconds=2`);
        onProgress?.(seen);
      }
      if (seen.status !== "succeeded") throw new DemoError(`${seen.error?.message ?? `the operation was ${seen.status}`}${seen.error?.fix ? ` ${seen.error.fix}` : ""}`);
      return seen;
    },
  };
}

function refusalOf(text: string, status: number): string {
  try {
    const parsed = JSON.parse(text) as { message?: string; fix?: string; error?: { message?: string; fix?: string }; data?: { cutplane?: { message?: string } } };
    const message = parsed.error?.message ?? parsed.data?.cutplane?.message ?? parsed.message;
    return [message ?? `status ${status}`, parsed.error?.fix ?? parsed.fix].filter(Boolean).join(" ");
  } catch {
    return `status ${status} ${text.slice(0, 200)}`;
  }
}

/** Asks every `everyMs` until the answer is not null, at most `timeoutMs` long; null then. */
export async function waitFor<T>(ask: () => Promise<T | null>, options: { timeoutMs: number; everyMs: number; signal: AbortSignal }): Promise<T | null> {
  const until = performance.now() + options.timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null || performance.now() > until) return answer;
    await sleep(options.everyMs, undefined, { signal: options.signal });
  }
}

export type ProcessorFile = { name: string; digest: string };
export type { ProcessorSpec };
