// Owns this console's place among those on one database: its sign of life, who leads, and what they tell each other. All of it goes over one
// connection to PostgreSQL: with it go the advisory lock and with that the lead.
//
//   following ──lock free, or its holder silent past the lease and its sessions ended──▶ new term ──▶ leading
//   leading ──connection lost, or no look for a whole lease──▶ following
//
// A leader that slept and wakes finds its sessions ended and its term over: `fence`, asked in each transaction of the loops, throws.
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { LogPage } from "../../agents/protocol/log-page.ts";
import type { AdaptThought } from "../live/adapt-thought.ts";
import type { AcceptAnswer, PeerConsole, PeerMessage, Peers } from "../live/peer-message.ts";
import { LEASE_MS, LOOK_INTERVAL_MS, nextLeadershipStep } from "../policy/leadership.ts";
import { beginTerm, deleteConsole, findLeadership, holdTerm, listConsoles, type NewConsole, type Run, saveConsole, type StoredConsole } from "../store/consoles.ts";
import type { Tx } from "../store/db.ts";
import { type ConsoleConnection, createConsoleConnection } from "./console-connection.ts";
import { createPendingAsks } from "./pending-asks.ts";

/** Any constant that is no other lock's: PostgreSQL keeps advisory locks per database. */
const LEADER_LOCK_KEY = 2_718_281_828;
const LOCK_TRIES = 20;
const LOCK_TRY_PAUSE_MS = 50;

export type Fence = (tx: Tx) => Promise<void>;
export type ConsolesOptions = {
  databaseUrl: string;
  me: NewConsole;
  log: Logger;
  /** `fence` throws in a transaction once the term is over. */
  /** `after`: how the lead of another console ended that this one knew of; null = there was none, as at every start of a console that is alone. */
  onLead(lead: { term: number; reason: string; after: "stopped" | "lost" | null; fence: Fence }): void;
  onFollow(): void;
  onMessage(from: string, message: PeerMessage): void;
  /** The others that live now, and those that lived at the last look. */
  onOthers(now: PeerConsole[], goneIds: string[]): void;
};
export type Consoles = { peers: Peers; /** Answers a question of another console's. */ answerLogs(askId: string, answer: Promise<LogPage>): void; stop(): Promise<void> };

export class TermOver extends Error {
  constructor() {
    super("this console does not lead any more: nothing was written");
  }
}

/** As PostgreSQL lists it; sessions of a console are found, and ended, by it. */
export function applicationName(consoleId: string): string {
  return `cutplane-${consoleId}`;
}

type State = { hasLock: boolean; /** Null = it follows. */ term: number | null; leaderId: string | null; others: PeerConsole[]; /** There have been some since the start. */ hasKnownOthers: boolean; lookedAtMs: number };
type Context = { options: ConsolesOptions; state: State; connection: ConsoleConnection; tell(message: PeerMessage): void };

/** Leads or follows when it returns. @throws when the database does not answer */
export async function joinConsoles(options: ConsolesOptions): Promise<Consoles> {
  const { me, log } = options;
  const state: State = { hasLock: false, term: null, leaderId: null, others: [], hasKnownOthers: false, lookedAtMs: performance.now() };
  const asks = createPendingAsks<LogPage>("the console it is connected to did not answer");
  const thoughts = createPendingAsks<AdaptThought>("the console that leads did not answer");
  const accepts = createPendingAsks<AcceptAnswer>("the console that leads did not answer");
  const connection = createConsoleConnection({
    databaseUrl: options.databaseUrl, consoleId: me.id, applicationName: `${applicationName(me.id)}-lead`, log,
    onMessage(from, message) {
      if (message.kind === "logs") asks.answered(message.askId, message.page, message.error);
      else if (message.kind === "thought") thoughts.answered(message.askId, message.thought, null);
      else if (message.kind === "accepted") accepts.answered(message.askId, message.answer, null);
      else options.onMessage(from, message);
    },
    onLost: () => follow(context),
  });
  const tell = (message: PeerMessage): void => {
    if (state.others.length > 0) connection.tell(message);
  };
  const context: Context = { options, state, connection, tell };
  await look(context);
  const looks = keepLooking(context);
  return {
    peers: {
      consoleId: me.id,
      others: () => state.others,
      leaderId: () => state.leaderId,
      tell,
      askLogs: (nodeId, query) => asks.ask((askId) => tell({ kind: "ask-logs", askId, nodeId, query })),
      askThought: (deploymentId) => thoughts.ask((askId) => tell({ kind: "ask-thought", askId, deploymentId })),
      askAccept: (accept) => accepts.ask((askId) => tell({ kind: "ask-accept", askId, accept })),
    },
    answerLogs(askId, answer) {
      answer.then(
        (page) => tell({ kind: "logs", askId, page, error: null }),
        (error: Error) => tell({ kind: "logs", askId, page: null, error: error.message }),
      );
    },
    async stop() {
      await looks.stop();
      state.term = null;
      await connection.close((run) => deleteConsole(run, me.id));
    },
  };
}

function keepLooking(context: Context): { stop(): Promise<void> } {
  const { state, connection, options } = context;
  let isStopped = false;
  let timer: NodeJS.Timeout | null = null;
  let looking: Promise<void> = Promise.resolve();
  const again = (): void => {
    if (isStopped) return;
    timer = setTimeout(() => {
      // Before the look: a process that slept must not go on where it was.
      if (performance.now() - state.lookedAtMs > LEASE_MS) follow(context);
      looking = look(context)
        .catch((error) => {
          options.log.debug({ err: error }, "the other consoles could not be looked at");
          connection.drop();
        })
        .finally(again);
    }, LOOK_INTERVAL_MS);
  };
  again();
  return {
    async stop() {
      isStopped = true;
      if (timer) clearTimeout(timer);
      await looking;
    },
  };
}

async function look(context: Context): Promise<void> {
  const { options, state, connection } = context;
  const { me, log } = options;
  const run = await connection.open();
  await saveConsole(run, me);
  const consoles = await listConsoles(run);
  noteOthers(context, consoles);
  state.hasKnownOthers ||= state.others.length > 0;
  const leadership = await findLeadership(run);
  state.hasLock ||= await tryLock(run);
  state.leaderId = leadership?.consoleId ?? null;
  const leaderSilentMs = consoles.find((one) => one.id === state.leaderId)?.silentMs ?? null;
  const step = nextLeadershipStep({ me: me.id, hasLock: state.hasLock, leaderId: state.leaderId, leaderSilentMs });
  if (step.action === "oust") {
    log.warn({ consoleId: step.consoleId }, step.reason);
    state.hasLock = await oust(run, me.id, step.consoleId);
  }
  if (!state.hasLock) follow(context);
  else if (state.term === null || leadership?.term !== state.term) {
    const isSuccessor = state.hasKnownOthers && state.leaderId !== null && state.leaderId !== me.id;
    const after = isSuccessor ? (leaderSilentMs === null ? "stopped" : "lost") : null;
    const term = await beginTerm(run, me.id);
    const reason = "reason" in step ? step.reason : "Its connection to the database is back.";
    state.term = term;
    state.leaderId = me.id;
    log.info({ term, reason }, "this console leads");
    const fence: Fence = async (tx) => {
      if (state.term !== term || (await holdTerm(tx)) !== term) throw new TermOver();
    };
    options.onLead({ term, reason, after, fence });
  }
  state.lookedAtMs = performance.now();
}

function follow({ options, state }: Context): void {
  state.hasLock = false;
  if (state.term === null) return;
  state.term = null;
  options.log.warn("this console does not lead any more");
  options.onFollow();
}

function noteOthers({ options, state, connection, tell }: Context, consoles: StoredConsole[]): void {
  // One that still starts has no port yet, and no connections.
  const now = consoles.filter((one) => one.id !== options.me.id && one.agentPort > 0 && one.silentMs < LEASE_MS).map(({ id, url, agentHost, agentPort, hostname }) => ({ id, url, agentHost, agentPort, hostname }));
  const gone = state.others.filter((one) => !now.some((other) => other.id === one.id)).map((one) => one.id);
  const isNew = now.some((one) => !state.others.some((other) => other.id === one.id));
  for (const id of gone) connection.forget(id);
  state.others = now;
  if (isNew || gone.length > 0) options.onOthers(now, gone);
  // Who comes says so itself; that may have been before this one listened.
  if (isNew) tell({ kind: "introduce" });
}

async function tryLock(run: Run): Promise<boolean> {
  return (await run<{ locked: boolean }>("SELECT pg_try_advisory_lock($1::bigint) AS locked", [LEADER_LOCK_KEY]))[0]?.locked ?? false;
}

/** Ends the sessions of a console that is silent, or the lost one of this console. True when the lock came free of it. */
async function oust(run: Run, me: string, consoleId: string): Promise<boolean> {
  const pattern = `${applicationName(consoleId)}${consoleId === me ? "-lead" : "%"}`;
  await run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE $1", [pattern]);
  for (let attempt = 0; attempt < LOCK_TRIES; attempt++) {
    if (await tryLock(run)) return true;
    await sleep(LOCK_TRY_PAUSE_MS);
  }
  return false;
}
