// Owns which process a dialled data connection goes to. Reading the preamble, its limits and its time-out are the data port's own.
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { AgentError, messageOf } from "./agent-error.ts";
import type { Child } from "./child-process.ts";
import type { Preamble } from "./protocol/preamble.ts";
import { type DataPort, type DataPortOptions, startDataPort } from "./stage/data-port.ts";
import type { SocketMessage } from "./stage/messages.ts";

export type Destinations = {
  stage(assignmentId: string): Child<SocketMessage> | null;
  ingress(): Child<SocketMessage> | null;
  /** Answer in this process. */
  probe(socket: Socket): void;
  /** Null = this node gives none. */
  artifacts: ((socket: Socket) => void) | null;
};

/** Hands a connection over, or says why not. */
export function routeDialled(destinations: Destinations): DataPortOptions["route"] {
  return (dialled: Preamble, socket: Socket) => {
    if (dialled.kind === "probe") {
      destinations.probe(socket);
      return null;
    }
    if (dialled.kind === "artifacts") {
      if (!destinations.artifacts) return "unknown-target";
      destinations.artifacts(socket);
      return null;
    }
    const stage = /^stage:(.+)$/.exec(dialled.target)?.[1];
    const { kind, target } = dialled;
    const child = kind === "ingress" ? destinations.ingress() : stage ? destinations.stage(stage) : null;
    if (!child) return "unknown-target";
    child.send({ type: "socket", dialled: { kind, target } }, socket);
    return null;
  };
}

/** A predecessor killed a moment ago may still hold the port. */
const BUSY_ATTEMPTS = 10;
const BUSY_PAUSE_MS = 300;

/** Listens on `port`; a port that was only remembered, not asked for, is given up when someone else has it. @throws AgentError "usage" */
export async function listenForData(options: { host: string; port: number; rememberedPort: number; route: DataPortOptions["route"]; onMoved(from: number, to: number): void }): Promise<DataPort> {
  const wanted = options.port || options.rememberedPort;
  for (let attempt = 1; ; attempt++) {
    try {
      return await startDataPort({ host: options.host, port: wanted, route: options.route });
    } catch (error) {
      const busy = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
      if (busy && attempt < BUSY_ATTEMPTS) await sleep(BUSY_PAUSE_MS);
      else if (busy && options.port === 0) {
        const moved = await startDataPort({ host: options.host, port: 0, route: options.route });
        options.onMoved(wanted, moved.port);
        return moved;
      } else throw new AgentError("usage", `cannot listen on ${options.host}:${wanted} for data: ${messageOf(error)}`);
    }
  }
}
