// Owns what Prometheus asks the console about agents: which there are (`/metrics/targets`, HTTP service discovery) and each one's figures
// (`/metrics/nodes/ID`), asked over its own connection. So a node behind NAT is scraped too, no agent opens a port for it, and one credential is enough.
import type { RequestHandler } from "../deps.ts";
import type { DoorDeps } from "../deps.ts";
import { listScrapeTargets } from "../commands/list-scrape-targets.ts";
import { AppError } from "../errors.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { answerError, answerJson } from "./answer.ts";

const PATH = /^\/metrics\/(?:targets|nodes\/([A-Za-z0-9_-]{1,64}))$/;
/** Nodes asked at one time: a Prometheus spreads its scrapes, a stranger's loop does not. */
const MAX_SCRAPES = 64;

export function createNodeMetricsHandler(deps: Pick<DoorDeps, "db" | "peers" | "info" | "log">): RequestHandler {
  /** One question a node at a time; who asks meanwhile gets the same answer. */
  const asking = new Map<string, Promise<string>>();
  const ask = (nodeId: string): Promise<string> => {
    const known = asking.get(nodeId);
    if (known) return known;
    if (asking.size >= MAX_SCRAPES) throw new AppError("too-many", `${MAX_SCRAPES} nodes are asked for their figures already.`, { fix: "Ask again in a moment." });
    const asked = readNode(deps, nodeId).finally(() => asking.delete(nodeId));
    asking.set(nodeId, asked);
    return asked;
  };
  return async (req, res) => {
    const match = PATH.exec(new URL(req.url ?? "/", "http://console").pathname);
    if (!match) return false;
    try {
      if (req.method !== "GET") throw new AppError("bad-request", "Figures are read with GET.", { fix: "Use GET." });
      if (!match[1]) answerJson(res, 200, await listScrapeTargets(deps, deps.info.consoleUrl));
      else {
        const text = await ask(match[1]);
        res.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8", "cache-control": "no-store" });
        res.end(text);
      }
    } catch (error) {
      if (!(error instanceof AppError)) deps.log.error({ err: error }, "figures for Prometheus could not be read");
      answerError(res, error);
    }
    return true;
  };
}

async function readNode({ db }: Pick<DoorDeps, "db">, nodeId: string): Promise<string> {
  const fleet = liveFleet(db);
  const live = fleet.nodes.get(nodeId);
  if (!live) throw new AppError("not-found", `No node "${nodeId}" has connected to this console since it started.`, { fix: "/metrics/targets lists the nodes and where each is asked." });
  if (!fleet.readMetrics || !live.connected || live.via !== null) throw new AppError("unavailable", `The node is not connected to this console${live.via === null ? "" : " but to another one"}.`, { fix: "/metrics/targets says where each is asked." });
  try {
    return await fleet.readMetrics(nodeId);
  } catch (error) {
    throw new AppError("unavailable", `The node did not answer with its figures: ${(error as Error).message}`, { fix: "An agent of an older version cannot: run the install line of this console on the node." });
  }
}
