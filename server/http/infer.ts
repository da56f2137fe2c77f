// Owns trying a deployment from the console: a bounded body is forwarded to one of its ready ingresses, the answer comes back as it is.
// Convenience only: whoever serves users sends requests to an ingress, and the console is not on that path.
import type { IncomingMessage, ServerResponse } from "node:http";
import { findIngress, type IngressTarget, makeIngressKey } from "../commands/find-ingress.ts";
import type { DoorDeps, RequestHandler } from "../deps.ts";
import { AppError } from "../errors.ts";
import { answerError } from "./answer.ts";

export const MAX_TRY_BYTES = 32 * 1024 * 1024;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MS = 60_000;
/** A new key reaches the ingress with its next desired state. */
const KEY_ATTEMPTS = 20;
const KEY_RETRY_MS = 250;
const PATH = /^\/api\/v1\/deployments\/([^/]+)\/(try|infer)$/;
/** Who passes a request on says so (RFC 9110, 7.6.3): what an ingress lets processes of its own machine do, a browser elsewhere may not. */
const VIA = "1.1 cutplane-console";
/** Of the answer; others belong to the connection. */
const PASSED_HEADERS = ["content-type", "retry-after", "inference-header-content-length"];

export function createInferHandler(deps: DoorDeps): RequestHandler {
  /** This process' own keys, by deployment: an ingress beyond loopback demands one. Never written down. */
  const keys = new Map<string, string>();
  return async (req, res) => {
    const match = PATH.exec(new URL(req.url ?? "/", "http://console").pathname);
    if (req.method !== "POST" || !match?.[1]) return false;
    try {
      if ((await deps.actorOf(req.headers)) === null) throw new AppError("unauthorized", "This console demands a credential.", { fix: "Send the header Authorization: Bearer <token>, or log in." });
      const body = await readBounded(req);
      const target = await findIngress(deps, decodeURIComponent(match[1]));
      const answer = await forward(deps, keys, target, match[2] === "try" ? "process" : "infer", req, body);
      await pass(res, answer);
    } catch (error) {
      if (!(error instanceof AppError)) deps.log.error({ err: error }, "a request could not be tried");
      answerError(res, error);
      req.resume();
    }
    return true;
  };
}

async function forward(deps: DoorDeps, keys: Map<string, string>, target: IngressTarget, verb: "process" | "infer", req: IncomingMessage, body: Buffer): Promise<Response> {
  const url = `${target.url}/v2/models/${encodeURIComponent(target.modelName)}/${verb}`;
  const send = (key: string | undefined): Promise<Response> => {
    const headers: Record<string, string> = { via: VIA, "content-type": req.headers["content-type"] ?? (verb === "infer" ? "application/json" : "application/octet-stream") };
    const headerLength = req.headers["inference-header-content-length"];
    if (typeof headerLength === "string") headers["inference-header-content-length"] = headerLength;
    if (key !== undefined) headers.authorization = `Bearer ${key}`;
    return fetch(url, { method: "POST", headers, body: new Uint8Array(body), signal: AbortSignal.timeout(TIMEOUT_MS), redirect: "manual" }).catch((cause: unknown) => {
      if ((cause as Error).name === "TimeoutError") throw new AppError("unavailable", `The ingress did not answer within ${TIMEOUT_MS / 1000} s.`, { place: target.url, fix: "Look at the deployment's stages.", cause });
      throw new AppError("unavailable", "The ingress can't be reached from the console.", { place: target.url, fix: "Check that its address is reachable from here, or send requests to it from where it is.", cause });
    });
  };
  const first = await send(keys.get(target.deploymentId));
  if (first.status !== 401 && first.status !== 403) return first;
  const { token: key } = await makeIngressKey(deps, "console", target.deploymentId);
  keys.set(target.deploymentId, key);
  for (let attempt = 1; ; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, KEY_RETRY_MS));
    const answer = await send(key);
    if ((answer.status !== 401 && answer.status !== 403) || attempt >= KEY_ATTEMPTS) return answer;
    await answer.body?.cancel();
  }
}

async function pass(res: ServerResponse, answer: Response): Promise<void> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of (answer.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
    bytes += part.byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw new AppError("too-large", "The answer is too large to be shown here.", { fix: "Send the request to the ingress itself." });
    parts.push(part);
  }
  const headers = Object.fromEntries(PASSED_HEADERS.flatMap((name) => (answer.headers.get(name) === null ? [] : [[name, answer.headers.get(name) as string]])));
  res.writeHead(answer.status, { ...headers, "content-length": bytes, "cache-control": "no-store" });
  res.end(Buffer.concat(parts));
}

async function readBounded(req: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of req as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MAX_TRY_BYTES) throw new AppError("too-large", `More than ${MAX_TRY_BYTES / 1024 / 1024} MiB can't be tried here.`, { fix: "Send it to the ingress itself." });
    parts.push(part);
  }
  return Buffer.concat(parts);
}
