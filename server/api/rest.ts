// Owns the REST twins of the procedures: matches method and path, turns query and body into the input, answers errors in one shape.
// The paths, names and schemas are those of the OpenAPI document: both are made from the same meta.
import type { IncomingMessage, ServerResponse } from "node:http";
import { TRPCError } from "@trpc/server";
import type { OpenApiMeta } from "trpc-to-openapi";
import { z } from "zod";
import { AppError, ERROR_STATUS } from "../errors.ts";
import type { Context } from "./context.ts";
import { appRouter } from "./router.ts";
import { toPublicError } from "./trpc.ts";

/** Drawings of a thousand nodes are about 2 MB; models come another way. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

type Route = { method: string; pattern: RegExp; call: string; shape: Record<string, z.ZodType>; input: z.ZodType | undefined };
const routes = collectRoutes();

/** `path` is below /api/v1. Always answers. */
export async function answerRest(req: IncomingMessage, res: ServerResponse, url: URL, path: string, makeContext: () => Promise<Context>): Promise<void> {
  let context: Context | null = null;
  try {
    const { route, parameters } = findRoute(req.method ?? "GET", path);
    context = await makeContext();
    const input = { ...(hasBody(req.method) ? await readBody(req) : readQuery(url, route.shape)), ...parameters };
    const strange = strangeName(input, route.input, "");
    if (strange !== null) throw new AppError("bad-request", `There is no “${strange}” here; it would have no effect.`, { place: strange, fix: "Look at the address's input at /api/docs." });
    sendJson(res, 200, await callProcedure(context, route.call, input));
  } catch (thrown) {
    const error = toPublicError(thrown);
    if (error.code === "internal") context?.deps.log.error({ err: thrown instanceof TRPCError ? (thrown.cause ?? thrown) : thrown, path }, "a procedure failed");
    sendJson(res, ERROR_STATUS[error.code], { error });
  }
}

export function sendJson(res: ServerResponse, status: number, body: unknown): void {
  if (res.headersSent || res.destroyed) return;
  const bytes = Buffer.from(JSON.stringify(body));
  res.writeHead(status, { "content-type": "application/json; charset=utf-8", "content-length": bytes.length, "cache-control": "no-store" });
  res.end(bytes);
}

async function callProcedure(context: Context, call: string, input: unknown): Promise<unknown> {
  let target: unknown = appRouter.createCaller(context);
  for (const name of call.split(".")) target = (target as Record<string, unknown>)[name];
  return (target as (input: unknown) => Promise<unknown>)(input);
}

function findRoute(method: string, path: string): { route: Route; parameters: Record<string, string> } {
  const matching = routes.filter((route) => route.pattern.test(path));
  const route = matching.find((candidate) => candidate.method === method);
  if (!route) {
    const others = matching.map((candidate) => candidate.method).join(", ");
    throw new AppError("not-found", others ? `${method} is not possible at /api/v1${path}; ${others} is.` : `There is nothing at /api/v1${path}.`, { place: path, fix: "Look at /api/docs." });
  }
  const groups = route.pattern.exec(path)?.groups ?? {};
  return { route, parameters: Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decode(value)])) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function hasBody(method: string | undefined): boolean {
  return method === "POST" || method === "PUT" || method === "PATCH";
}

/** An empty body is an empty object, so that `curl -X POST` alone calls a procedure without input. */
async function readBody(req: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new AppError("too-large", `The body is larger than ${MAX_BODY_BYTES} bytes.`, { place: "body", fix: "Send less at once." });
    chunks.push(chunk);
  }
  if (bytes === 0) return {};
  const body = parseJson(Buffer.concat(chunks).toString("utf8"));
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new AppError("bad-request", "The body is not a JSON object.", { place: "body", fix: "Send {…} with content-type: application/json." });
  return body as Record<string, unknown>;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError("bad-request", `The body is not JSON: ${(error as Error).message}`, { place: "body", fix: "Send a JSON object with content-type: application/json." });
  }
}

/** Numbers and booleans are read as their schema says; anything else stays text, and the schema judges. */
function readQuery(url: URL, shape: Record<string, z.ZodType>): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const [name, text] of url.searchParams) input[name] = coerce(text, shape[name]);
  return input;
}

function coerce(text: string, schema: z.ZodType | undefined): unknown {
  const inner = bare(schema);
  if (inner instanceof z.ZodNumber && text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
  if (inner instanceof z.ZodBoolean && (text === "true" || text === "false")) return text === "true";
  return text;
}

function bare(schema: z.ZodType | undefined): unknown {
  let inner: unknown = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodNullable) inner = inner.def.innerType;
  return inner;
}

/** The first name the input has and its schema has not: dropped in silence it would be believed. What is in lists may come as it was read. Null = none. */
function strangeName(value: unknown, schema: z.ZodType | undefined, at: string): string | null {
  const inner = bare(schema);
  const isClosed = inner instanceof z.ZodObject && (inner.def.catchall === undefined || inner.def.catchall instanceof z.ZodNever);
  if (!isClosed || typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const shape = inner.shape as Record<string, z.ZodType>;
  for (const [name, child] of Object.entries(value)) {
    const place = at === "" ? name : `${at}.${name}`;
    const found = Object.hasOwn(shape, name) ? strangeName(child, shape[name], place) : place;
    if (found !== null) return found;
  }
  return null;
}

function collectRoutes(): Route[] {
  const procedures = appRouter._def.procedures as unknown as Record<string, { _def: { meta?: OpenApiMeta; inputs: unknown[] } }>;
  return Object.entries(procedures).flatMap(([call, { _def }]) => {
    const meta = _def.meta?.openapi;
    if (!meta) return [];
    const pattern = new RegExp(`^${meta.path.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}/?$`);
    return [{ method: meta.method, pattern, call, shape: shapeOf(_def.inputs[0]), input: _def.inputs[0] as z.ZodType | undefined }];
  });
}

function shapeOf(input: unknown): Record<string, z.ZodType> {
  let inner = input;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodOptional) inner = inner.def.innerType;
  return inner instanceof z.ZodObject ? (inner.shape as Record<string, z.ZodType>) : {};
}
