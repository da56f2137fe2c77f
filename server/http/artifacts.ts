// Serves stored bytes by digest to nodes: whole or one range, so that a broken download goes on where it stopped.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { AppError } from "../errors.ts";
import { artifactPath } from "../store/artifacts.ts";

/** Answers `GET /artifacts/<digest>`. The caller has made sure of who asks. @throws AppError bad-request, not-found */
export async function serveArtifact(req: IncomingMessage, res: ServerResponse, options: { dataFolder: string; digest: string }): Promise<void> {
  const file = artifactPath(options.dataFolder, options.digest);
  const found = await stat(file).catch(() => null);
  if (!found?.isFile()) throw new AppError("not-found", "There is no artifact of that digest.", { place: options.digest, fix: "The agent asks again once its node is told what it runs now." });
  const range = parseRange(req.headers.range, found.size);
  const common = { "content-type": "application/octet-stream", "accept-ranges": "bytes", etag: `"${options.digest}"`, "cache-control": "private, immutable" };
  if (range === "unsatisfiable") {
    res.writeHead(416, { "content-range": `bytes */${found.size}` });
    return void res.end();
  }
  if (range) res.writeHead(206, { ...common, "content-length": range.end - range.start + 1, "content-range": `bytes ${range.start}-${range.end}/${found.size}` });
  else res.writeHead(200, { ...common, "content-length": found.size });
  if (req.method === "HEAD" || found.size === 0) return void res.end();
  // A reader that goes away ends the stream; there is nobody left to tell.
  await pipeline(createReadStream(file, range ?? {}), res).catch(() => res.destroy());
}

/** One range only, as RFC 9110 has it; anything else is answered whole. `end` is inclusive. */
export function parseRange(header: string | undefined, size: number): { start: number; end: number } | "unsatisfiable" | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return null;
  const last = size - 1;
  const start = match[1] === "" ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = match[1] === "" || match[2] === "" ? last : Math.min(Number(match[2]), last);
  if (match[1] !== "" && match[2] !== "" && Number(match[2]) < start) return null;
  return start > last || (match[1] === "" && Number(match[2]) === 0) ? "unsatisfiable" : { start, end };
}
