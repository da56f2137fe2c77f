// Owns the door of the API: /trpc for the console, /api/v1 for scripts, /api/docs for people.
import type { IncomingMessage, ServerResponse } from "node:http";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import compression from "compression";
import type { Actor } from "../commands/deps.ts";
import type { DoorDeps, RequestHandler } from "../deps.ts";
import { AppError } from "../errors.ts";
import type { Context } from "./context.ts";
import { answerDocs } from "./docs-page.ts";
import { openApiDocument } from "./openapi.ts";
import { answerRest } from "./rest.ts";
import { appRouter } from "./router.ts";

/** Calls in one batch; the console's own client sends up to 8. */
const MAX_BATCH_SIZE = 32;
const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** A day of figures shrinks to a tenth; for what fits a few packets the work is not worth it. */
const MIN_COMPRESSED_BYTES = 16 * 1024;

/** Put it after the doors of files (`POST /api/v1/models` and the like), which share its address space. */
export function createApiHandler(deps: DoorDeps): RequestHandler {
  const makeContext = async (req: IncomingMessage, res: ServerResponse): Promise<Context> => {
    const actor = await requireActor(deps, req);
    const controller = new AbortController();
    res.on("close", () => controller.abort());
    return { deps, actor, signal: controller.signal };
  };
  const trpc = createHTTPHandler({ router: appRouter, basePath: "/trpc/", maxBodySize: MAX_BODY_BYTES, maxBatchSize: MAX_BATCH_SIZE, createContext: ({ req, res }) => makeContext(req, res) });

  const compress = compression({ threshold: MIN_COMPRESSED_BYTES });

  return async (req, res) => {
    const url = new URL(req.url ?? "/", "http://console");
    const path = url.pathname;
    // It was made for Express, of whose requests it reads nothing but headers.
    if (path.startsWith("/trpc/") || path.startsWith("/api/v1/")) compress(req as never, res as never, () => {});
    if (path.startsWith("/trpc/")) {
      trpc(req, res);
      return true;
    }
    if (path === "/api/docs" || path.startsWith("/api/docs/")) return answerDocs(res, path.slice("/api/docs/".length));
    if (path === "/api/v1/openapi.json") {
      res.writeHead(200, { "content-type": "application/json; charset=utf-8" });
      res.end(openApiDocument(deps.info.version));
      return true;
    }
    if (!path.startsWith("/api/v1/")) return false;
    await answerRest(req, res, url, path.slice("/api/v1".length), () => makeContext(req, res));
    return true;
  };
}

/** @throws AppError unauthorized */
async function requireActor(deps: DoorDeps, req: IncomingMessage): Promise<Actor> {
  const actor = await deps.actorOf(req.headers);
  if (actor === null) throw new AppError("unauthorized", "This console demands a credential.", { fix: "Send the header Authorization: Bearer <token>, or log in." });
  return actor;
}
