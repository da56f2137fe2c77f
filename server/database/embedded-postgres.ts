// Owns the embedded PostgreSQL: creates it, starts it, takes over one that a killed console left running, restarts it when it dies, stops it.
// Folder: data/ (PostgreSQL's own), password (0600), server.log.
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Logger } from "pino";
import { explainPostgres } from "./explain-postgres.ts";
import { choosePostgresAccount, type PostgresAccount } from "./postgres-account.ts";
import { findPostgresPrograms } from "./postgres-programs.ts";

export type EmbeddedPostgres = {
  /** Of the console's own database. */
  url: string;
  port: number;
  /** The postmaster's process now; it changes after a restart. */
  pid(): number | null;
  /** "reused" = it was still running from a console that was killed. */
  origin: "created" | "started" | "reused";
  stop(): Promise<void>;
};
export type EmbeddedPostgresOptions = {
  /** Absolute. */
  folder: string;
  log: Logger;
  /** False: faster and not crash-safe, for tests. */
  durable?: boolean;
};

const DATABASE = "cutplane";
const USER = "cutplane";
/** Recovery after a crash replays at most about a gigabyte of log: seconds, on a slow disk a minute. */
const START_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 20_000;
const WATCH_INTERVAL_MS = 500;
const CONNECT_TIMEOUT_MS = 3_000;
const LOG_LIMIT_BYTES = 16 * 1024 * 1024;

/** A real PostgreSQL under one folder. Throws an Error with a plain sentence when it can't be had. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { folder, log } = options;
  const data = path.join(folder, "data");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const account = choosePostgresAccount({ folder, program: (await findPostgresPrograms()).postgres });
  const password = keptPassword(path.join(folder, "password"));
  let origin: EmbeddedPostgres["origin"] = "started";
  if (!existsSync(path.join(data, "PG_VERSION"))) {
    await createCluster({ folder, data, account });
    origin = "created";
  }
  giveTo(data, account);

  const port = await runningPort(data, password).then((running) => running ?? freePort());
  const server: Server = { folder, data, port, password, account, durable: options.durable ?? true };
  if (await answers(server)) origin = "reused";
  else await launch(server);
  await ensureDatabase(server).catch(async (error) => {
    await stopServer(server);
    throw error;
  });

  const stopping = new AbortController();
  const watching = watch(server, log, stopping.signal);
  return {
    url: urlOf(server, DATABASE),
    port,
    pid: () => postmaster(data)?.pid ?? null,
    origin,
    async stop() {
      stopping.abort();
      await watching;
      await stopServer(server);
    },
  };
}

type Server = { folder: string; data: string; port: number; password: string; account: PostgresAccount; durable: boolean };

function urlOf(server: Server, database: string): string {
  return `postgresql://${USER}:${server.password}@127.0.0.1:${server.port}/${database}`;
}

/** Made once; 256 random bits, hexadecimal so that it needs no quoting anywhere. */
function keptPassword(file: string): string {
  if (!existsSync(file)) {
    writeFileSync(`${file}.new`, randomBytes(32).toString("hex"), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  return readFileSync(file, "utf8").trim();
}

/** Into a folder of its own first: a half-made cluster never carries the final name. */
async function createCluster(at: { folder: string; data: string; account: PostgresAccount }): Promise<void> {
  const fresh = path.join(at.folder, "data.new");
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  const passwordFile = path.join(fresh, "..", "password.initdb");
  writeFileSync(passwordFile, readFileSync(path.join(at.folder, "password")), { mode: 0o600 });
  for (const entry of [fresh, passwordFile]) if (at.account.owner) chownSync(entry, at.account.owner.uid, at.account.owner.gid);
  const { initdb } = await findPostgresPrograms();
  try {
    const flags = [`--pgdata=${fresh}`, `--username=${USER}`, `--pwfile=${passwordFile}`, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions"];
    const { code, output } = await run(at.account.wrap(initdb, flags), at.folder);
    if (code !== 0) throw new Error(`PostgreSQL could not create its files in ${at.folder}: ${explain(output, at.folder)}`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(fresh, at.data);
}

function explain(output: string, folder: string): string {
  return explainPostgres(output, freeBytesOf(folder));
}

function freeBytesOf(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}

function run(program: ReturnType<PostgresAccount["wrap"]>, cwd: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program.command, program.args, { cwd, stdio: ["ignore", "pipe", "pipe"], env: postgresEnv(), ...identity(program) });
    let output = "";
    const collect = (chunk: Buffer) => {
      output = `${output}${chunk}`.slice(-8_192);
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.once("error", (cause) => reject(new Error(`${program.command} could not be started: ${cause.message}`, { cause })));
    child.once("close", (code) => resolve({ code, output }));
  });
}
const identity = (program: { uid?: number; gid?: number }) => (program.uid === undefined ? {} : { uid: program.uid, gid: program.gid });
/** The operator's PG* variables are for the operator's own server. */
function postgresEnv(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("PG") && !name.startsWith("LC_") && name !== "LANG");
  return { ...Object.fromEntries(kept), LC_ALL: "C" } as unknown as NodeJS.ProcessEnv;
}

/** The same data may have been used under another account (once in a container, once not): then its files change hands. */
function giveTo(data: string, account: PostgresAccount): void {
  const owner = account.owner;
  if (!owner || statSync(data).uid === owner.uid) return;
  for (const entry of readdirSync(data, { recursive: true, withFileTypes: true })) chownSync(path.join(entry.parentPath, entry.name), owner.uid, owner.gid);
  chownSync(data, owner.uid, owner.gid);
}

/** PostgreSQL's own lock file: line 1 the process, line 4 the port. */
function postmaster(data: string): { pid: number; port: number } | null {
  try {
    const lines = readFileSync(path.join(data, "postmaster.pid"), "utf8").split("\n");
    const pid = Number(lines[0]);
    return pid > 1 && alive(pid) ? { pid, port: Number(lines[3]) } : null;
  } catch {
    return null;
  }
}
function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function runningPort(data: string, password: string): Promise<number | null> {
  const running = postmaster(data);
  if (!running?.port) return null;
  return (await answers({ data, port: running.port, password })) ? running.port : null;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject).listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === "object" ? resolve(address.port) : reject(new Error("No free port."))));
    });
  });
}

function clientOf(server: Pick<Server, "port" | "password">, database: string): pg.Client {
  const client = new pg.Client({ host: "127.0.0.1", port: server.port, user: USER, password: server.password, database, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on("error", () => {});
  return client;
}

/** True when a server with our password and our data answers there: another's on the same port is none of ours. */
async function answers(server: Pick<Server, "data" | "port" | "password">): Promise<boolean> {
  const client = clientOf(server, "postgres");
  try {
    await client.connect();
    const { rows } = await client.query("SHOW data_directory");
    return statSync(rows[0].data_directory).ino === statSync(server.data).ino;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/** Starts the postmaster and waits until it answers. Backends of a killed one, or one that is still stopping, hold the data for a moment: tried again. */
async function launch(server: Server): Promise<void> {
  const until = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const child = await spawnPostmaster(server);
    let exited = false;
    child.once("exit", () => {
      exited = true;
    });
    while (!exited && performance.now() < until) {
      if (await answers(server)) return;
      await sleep(50);
    }
    const said = tail(path.join(server.folder, "server.log"));
    const held = /lock file .* already exists|pre-existing shared memory block/.test(said);
    if (!held || performance.now() >= until) {
      if (!exited) child.kill("SIGQUIT");
      throw new Error(`PostgreSQL did not start in ${server.folder}: ${explain(said, server.folder)}`);
    }
    await sleep(300);
  }
}

async function spawnPostmaster(server: Server): Promise<ChildProcess> {
  const logFile = path.join(server.folder, "server.log");
  if (existsSync(logFile) && statSync(logFile).size > LOG_LIMIT_BYTES) renameSync(logFile, `${logFile}.1`);
  const settings: Record<string, string | number> = { listen_addresses: "127.0.0.1", unix_socket_directories: "", max_connections: 100, log_checkpoints: "off", timezone: "UTC" };
  if (!server.durable) Object.assign(settings, { fsync: "off", synchronous_commit: "off", full_page_writes: "off" });
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const { postgres } = await findPostgresPrograms();
  const program = server.account.wrap(postgres, ["-D", server.data, "-p", String(server.port), ...flags]);
  const output = openSync(logFile, "a", 0o600);
  chmodSync(logFile, 0o600);
  try {
    // A process group of its own: Ctrl-C in the terminal reaches us alone, and we stop it after everything that uses it.
    const child = spawn(program.command, program.args, { cwd: server.folder, detached: true, stdio: ["ignore", output, output], env: postgresEnv(), ...identity(program) });
    child.unref();
    await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject));
    return child;
  } finally {
    closeSync(output);
  }
}

function tail(file: string): string {
  try {
    return readFileSync(file, "utf8").slice(-2_000).split("\n").slice(-6).join("\n");
  } catch {
    return "";
  }
}

async function ensureDatabase(server: Server): Promise<void> {
  const client = clientOf(server, "postgres");
  await client.connect();
  try {
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [DATABASE]);
    if (!rowCount) await client.query(`CREATE DATABASE ${DATABASE}`);
  } catch (cause) {
    throw new Error(`PostgreSQL could not make the console's database in ${server.folder}: ${explain((cause as Error).message, server.folder)}`, { cause });
  } finally {
    await client.end();
  }
}

/** Nothing else restarts a postmaster that was killed. The port stays, so that pools find it again by themselves. */
async function watch(server: Server, log: Logger, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    await sleep(WATCH_INTERVAL_MS, undefined, { ref: false, signal: stopping }).catch(() => {});
    if (stopping.aborted || postmaster(server.data)) continue;
    log.warn("PostgreSQL is gone; starting it again");
    await launch(server).then(
      () => log.info("PostgreSQL runs again"),
      (error) => log.error({ err: error }, "PostgreSQL does not start; trying on"),
    );
  }
}

async function stopServer(server: Server): Promise<void> {
  const running = postmaster(server.data);
  if (!running) return;
  const until = performance.now() + STOP_TIMEOUT_MS;
  // "Fast" shutdown: ends connections, writes a checkpoint. "Immediate" only if that takes too long; the log is replayed at the next start.
  for (const signal of ["SIGINT", "SIGQUIT"] as const) {
    if (!alive(running.pid)) return;
    process.kill(running.pid, signal);
    while (alive(running.pid) && performance.now() < until + (signal === "SIGQUIT" ? 5_000 : 0)) await sleep(25);
  }
}
