// What this console does with what another one says. The sender writes what is to be written, but for what only the one that leads can do.
import { acceptHere } from "../commands/accept-suggestion.ts";
import type { Deps } from "../commands/deps.ts";
import { recordReport } from "../commands/record-report.ts";
import { abortOperation, tellProgress } from "../commands/run-operation.ts";
import { adaptThought } from "../live/adapt-thought.ts";
import { liveFleet } from "../live/live-fleet.ts";
import type { PeerMessage } from "../live/peer-message.ts";
import { peerNode, takePeerGone, takePeerNode } from "../live/peer-node.ts";
import type { Consoles } from "./join-consoles.ts";

export type PeerHearing = {
  deps: Deps;
  answerLogs: Consoles["answerLogs"];
  /** Makes the loops of this process look, without telling others to. */
  wake(reason: string): void;
};

export function hearPeer({ deps, answerLogs, wake }: PeerHearing, from: string, message: PeerMessage): void {
  const fleet = liveFleet(deps.db);
  switch (message.kind) {
    case "introduce":
      return tellOwnNodes(deps);
    case "node":
      takePeerNode(fleet, from, message.node, deps.clock.now());
      return wake("an agent connected to another console");
    case "report":
      return recordReport({ ...deps, wake }, { nodeId: message.nodeId, name: message.name, report: message.report, via: from });
    case "gone":
      if (takePeerGone(fleet, from, message.nodeId, message.closed ? deps.clock.now() : null)) wake("an agent left another console");
      return;
    case "head":
      return deps.publisher.catchUp(message.seq);
    case "wake":
      return wake(message.reason);
    case "desired":
      return wake("another console wrote documents");
    case "progress":
      return tellProgress(message.progress);
    case "abort":
      return void abortOperation(message.operationId);
    case "ask-logs": {
      const live = fleet.nodes.get(message.nodeId);
      if (!live?.connected || live.via !== null || !fleet.readLogs) return;
      return answerLogs(message.askId, fleet.readLogs(message.nodeId, message.query));
    }
    case "ask-thought": {
      const { peers } = deps;
      if (peers && peers.leaderId() === peers.consoleId) peers.tell({ kind: "thought", askId: message.askId, thought: adaptThought(deps.db, message.deploymentId, deps.clock.now()) });
      return;
    }
    case "ask-accept": {
      const { peers } = deps;
      if (peers && peers.leaderId() === peers.consoleId) void acceptHere(deps, message.accept).then((answer) => peers.tell({ kind: "accepted", askId: message.askId, answer }));
      return;
    }
    case "accepted":
    case "logs":
    case "thought":
      return;
  }
}

/** To every other console: the agents that are connected here. */
export function tellOwnNodes(deps: Pick<Deps, "db" | "peers">): void {
  for (const live of liveFleet(deps.db).nodes.values()) if (live.connected && live.via === null) deps.peers?.tell({ kind: "node", node: peerNode(live) });
}

/** A console that gives no sign of life any more has no connections either: its agents are on their way to another. */
export function forgetPeer(deps: Pick<Deps, "db">, consoleId: string): void {
  const fleet = liveFleet(deps.db);
  for (const live of fleet.nodes.values()) takePeerGone(fleet, consoleId, live.nodeId, null);
}
