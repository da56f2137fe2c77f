// What the doors (API, files, sockets) get beside what commands use. Made once in the composition root.
import type { IncomingMessage } from "node:http";
import type { AgentEndpoint } from "../agents/protocol/control.ts";
import type { Actor, Deps } from "./commands/deps.ts";
import type { CertificateAuthority } from "./trust/certificate-authority.ts";

export type ConsoleInfo = {
  version: string;
  /** ISO 8601. */
  startedAt: string;
  database: "embedded" | "external";
  /** Absolute. */
  dataFolder: string;
  /** Where browsers and scripts reach the console. */
  consoleUrl: string;
  /** A demo fleet is started by this process. */
  demo: boolean;
  /** HTTPS and a credential are demanded: the console listens beyond loopback. */
  secure: boolean;
  /** Of its HTTPS listener's key, as curl takes it; null = plain HTTP. */
  keyPin: string | null;
  maxUploadBytes: number;
};

export type DoorDeps = Deps & {
  info: ConsoleInfo;
  authority: CertificateAuthority;
  /** Known once the agents' listener is up, which is before any request is answered. */
  agentEndpoint(): AgentEndpoint;
  /** Who asks: "console" on loopback without a token, else "api:<credential name>"; null = a credential is demanded and missing. */
  actorOf(headers: IncomingMessage["headers"]): Promise<Actor | null>;
};

/** Answers the request and returns true, or leaves it untouched and returns false. */
export type RequestHandler = (req: IncomingMessage, res: import("node:http").ServerResponse) => Promise<boolean>;
