// Owns the one connection to PostgreSQL by which a console holds its lead and talks with the others. Lost, it is made anew at the next use.
import pg from "pg";
import type { Logger } from "pino";
import type { PeerMessage } from "../live/peer-message.ts";
import type { Run } from "../store/consoles.ts";
import { createPayloadReader, toPayloads } from "./notice-parts.ts";

const CHANNEL = "cutplane_consoles";
/** Messages of one moment are one text. */
const GATHER_MS = 60;
/** Waiting while the database is away: at more, the oldest go; a node's state is said again. */
const MAX_WAITING = 20_000;
/** On a connection that is only half there, a look must end before the lease does. */
const STATEMENT_TIMEOUT_MS = 4_000;
/** PostgreSQL's own side: a machine that vanished must not keep the lock. */
const SESSION = { timezone: "UTC", tcp_keepalives_idle: 3, tcp_keepalives_interval: 1, tcp_keepalives_count: 3, lock_timeout: STATEMENT_TIMEOUT_MS };

export type ConsoleConnection = {
  /** Of the connection there is, or of a new one. @throws when the database does not answer */
  open(): Promise<Run>;
  /** To every other console, soon. */
  tell(message: PeerMessage): void;
  forget(consoleId: string): void;
  /** Ends it; `onLost` is told. */
  drop(): void;
  /** Last words, then the end; `onLost` is not told. */
  close(lastWords: (run: Run) => Promise<void>): Promise<void>;
};
export type ConnectionOptions = { databaseUrl: string; consoleId: string; applicationName: string; log: Logger; onMessage(from: string, message: PeerMessage): void; onLost(): void };

export function createConsoleConnection(options: ConnectionOptions): ConsoleConnection {
  const reader = createPayloadReader(options.consoleId);
  let client: pg.Client | null = null;
  let waiting: PeerMessage[] = [];
  let textNumber = 0;
  let timer: NodeJS.Timeout | null = null;

  const lose = (lost: pg.Client): void => {
    lost.end().catch(() => {});
    if (client !== lost) return;
    client = null;
    options.onLost();
  };
  const send = async (): Promise<void> => {
    timer = null;
    const current = client;
    if (!current || waiting.length === 0) return;
    const messages = waiting;
    waiting = [];
    try {
      await current.query("SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload", [CHANNEL, toPayloads(options.consoleId, ++textNumber, messages)]);
    } catch (error) {
      options.log.debug({ err: error }, "other consoles could not be told");
      lose(current);
    }
  };
  const tell = (message: PeerMessage): void => {
    waiting.push(message);
    if (waiting.length > MAX_WAITING) waiting.shift();
    timer ??= setTimeout(() => void send(), GATHER_MS).unref();
  };
  const hear = (payload: string): void => {
    const heard = reader.hear(payload);
    for (const message of heard?.messages ?? []) options.onMessage(heard?.from ?? "", message);
  };

  return {
    tell,
    async open() {
      if (!client) {
        client = await connect(options, hear, lose);
        tell({ kind: "introduce" });
      }
      const current = client;
      return async (sql, values) => (await current.query(sql, values)).rows;
    },
    forget: (consoleId) => reader.forget(consoleId),
    drop() {
      if (client) lose(client);
    },
    async close(lastWords) {
      if (timer) clearTimeout(timer);
      const current = client;
      client = null;
      if (!current) return;
      await lastWords(async (sql, values) => (await current.query(sql, values)).rows).catch(() => {});
      await current.end().catch(() => {});
    },
  };
}

async function connect(options: ConnectionOptions, hear: (payload: string) => void, lose: (client: pg.Client) => void): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: options.databaseUrl, application_name: options.applicationName, keepAlive: true, connectionTimeoutMillis: STATEMENT_TIMEOUT_MS, query_timeout: STATEMENT_TIMEOUT_MS,
    options: Object.entries(SESSION).map(([name, value]) => `-c ${name}=${value}`).join(" "),
  });
  client.on("error", () => lose(client));
  client.on("end", () => lose(client));
  client.on("notification", ({ payload }) => hear(payload ?? ""));
  try {
    await client.connect();
    await client.query(`LISTEN ${CHANNEL}`);
    return client;
  } catch (error) {
    client.end().catch(() => {});
    throw error;
  }
}
