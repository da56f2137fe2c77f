// What consoles on one database tell each other. Nothing of it must arrive: who missed something reads rows at the next look, and a node says everything again.
import type { Hardware, HeldArtifact, ObservedAssignment, ObservedIngress, ObservedMeasure, Report } from "../../agents/protocol/control.ts";
import type { LogPage, LogQuery } from "../../agents/protocol/log-page.ts";
import type { ErrorCode } from "../errors.ts";
import type { OperationProgress } from "../events/catalogue.ts";
import type { AdaptThought } from "./adapt-thought.ts";

/** All of a node that is connected to the sender, but its samples. */
export type PeerNode = {
  nodeId: string; bootId: string; cursor: number; hardware: Hardware | null; data: { host: string; port: number } | null;
  assignments: ObservedAssignment[]; ingress: ObservedIngress[];
  /** Without results: they are written by whom they were told. */
  measures: ObservedMeasure[];
  held: HeldArtifact[] | null;
  /** What it runs has come over its connection; absent where a console does not tell it. */
  hasTold?: boolean;
};
export type PeerMessage =
  /** Sent by who has just come: the others say what is connected to them. */
  | { kind: "introduce" }
  | { kind: "node"; node: PeerNode }
  | { kind: "report"; nodeId: string; name: string; report: Report }
  /** `closed`: by its own side or its system, not for silence; absent where a console does not tell it. */
  | { kind: "gone"; nodeId: string; closed?: boolean }
  /** Events were appended up to here. */
  | { kind: "head"; seq: number }
  /** Rows changed that the leader's loops look at. */
  | { kind: "wake"; reason: string }
  | { kind: "desired"; nodeIds: string[] }
  | { kind: "progress"; progress: OperationProgress }
  | { kind: "abort"; operationId: string }
  | { kind: "ask-logs"; askId: string; nodeId: string; query: LogQuery }
  | { kind: "logs"; askId: string; page: LogPage | null; error: string | null }
  /** To the one that leads. */
  | { kind: "ask-thought"; askId: string; deploymentId: string }
  | { kind: "thought"; askId: string; thought: AdaptThought }
  /** To the one that leads: what it has learnt, and looks at again before it acts, is in its memory. */
  | { kind: "ask-accept"; askId: string; accept: AcceptAsked }
  | { kind: "accepted"; askId: string; answer: AcceptAnswer };

export type AcceptAsked = { deploymentId: string; decisionId: string; /** Who accepts. */ actor: string };
/** The move's operation, or why there is none. */
export type AcceptAnswer = { operationId: string } | { refused: { code: ErrorCode; message: string; place: string | null; fix: string | null } };

export type PeerConsole = { id: string; url: string; agentHost: string; agentPort: number; hostname: string };
/** The other consoles on this database, as commands and doors see them. */
export type Peers = {
  consoleId: string;
  /** Those that gave a sign of life lately, without this one. */
  others(): PeerConsole[];
  /** Null = nobody does at this moment. */
  leaderId(): string | null;
  /** To all of them, soon; nothing while there is none. */
  tell(message: PeerMessage): void;
  /** Of a node that is connected to another console. */
  askLogs(nodeId: string, query: LogQuery): Promise<LogPage>;
  /** What the loop of the console that leads thinks of a deployment. */
  askThought(deploymentId: string): Promise<AdaptThought>;
  /** Has the console that leads accept a suggestion. @throws Error when it does not answer: it may have accepted it all the same */
  askAccept(accept: AcceptAsked): Promise<AcceptAnswer>;
};
