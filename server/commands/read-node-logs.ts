// Reads lines of an agent's own log, over its connection, while somebody looks. The console keeps none of them.
import type { LogPage, LogQuery } from "../../agents/protocol/log-page.ts";
import { AppError } from "../errors.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { findNode } from "../store/nodes.ts";
import type { Deps } from "./deps.ts";
import { notFound } from "./not-found.ts";

/** Of one node at once: a person with several windows, and a script. */
const MAX_READERS = 4;
const readers = new Map<string, number>();

/** @throws AppError not-found, unavailable while the node is away or does not answer, too-many */
export async function readNodeLogs(deps: Pick<Deps, "db" | "peers">, input: { nodeId: string; query: LogQuery }): Promise<LogPage> {
  const { nodeId, query } = input;
  const node = await findNode(deps.db, nodeId);
  if (!node || node.removedAt) throw notFound("node", nodeId, "id");
  const fleet = liveFleet(deps.db);
  const live = fleet.nodes.get(nodeId);
  const read = live?.via != null ? deps.peers?.askLogs : fleet.readLogs;
  if (!read || !live?.connected) {
    throw new AppError("unavailable", `${node.name} is not connected, and its log lies with its agent.`, { fix: "On the machine itself the service's journal has it." });
  }
  const others = readers.get(nodeId) ?? 0;
  if (others >= MAX_READERS) throw new AppError("too-many", `${MAX_READERS} readers ask ${node.name} for its log already.`, { fix: "Ask again in a moment." });
  readers.set(nodeId, others + 1);
  try {
    return await read(nodeId, query);
  } catch (error) {
    throw new AppError("unavailable", `${node.name} did not answer with its log: ${(error as Error).message}`, { fix: "An agent of an older version cannot: run the install line of this console on the node." });
  } finally {
    const left = (readers.get(nodeId) ?? 1) - 1;
    if (left > 0) readers.set(nodeId, left);
    else readers.delete(nodeId);
  }
}
