// For *.db.test.ts of the doors: a console's web side on a free port, with a database and a data folder of its own, without agents.
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { pino } from "pino";
import { systemClock } from "../../clock.ts";
import { startTestDatabase, type TestDatabase } from "../../database/test-database.ts";
import type { DoorDeps, RequestHandler } from "../../deps.ts";
import { createPublisher } from "../../events/publish.ts";
import { openCertificateAuthority } from "../../trust/certificate-authority.ts";

export type TestConsole = {
  url: string;
  deps: DoorDeps;
  dataFolder: string;
  /** Any method; JSON in and out. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }>;
  stop(): Promise<void>;
};

/** `makeDoors` gives the doors under test. `maxUploadBytes` is small, so that limits can be reached. */
export async function startTestConsole(makeDoors: (deps: DoorDeps) => RequestHandler[], options: { maxUploadBytes?: number; actorOf?: DoorDeps["actorOf"] } = {}): Promise<TestConsole> {
  const database: TestDatabase = await startTestDatabase();
  const dataFolder = await mkdtemp(path.join(tmpdir(), "cutplane-test-"));
  const info = { version: "0.0.0", startedAt: new Date(0).toISOString(), database: "embedded" as const, dataFolder, consoleUrl: "http://127.0.0.1", demo: false, secure: false, keyPin: null, maxUploadBytes: options.maxUploadBytes ?? 64 * 1024 * 1024 };
  const deps: DoorDeps = {
    db: database.db,
    clock: systemClock,
    log: pino({ level: "silent" }),
    publisher: createPublisher(database.db, systemClock),
    dataFolder,
    wake: () => {},
    info,
    authority: await openCertificateAuthority(path.join(dataFolder, "trust"), Date.now()),
    agentEndpoint: () => ({ host: "127.0.0.1", port: 1, caPem: "", controlVersion: 1 }),
    actorOf: options.actorOf ?? (async () => "api:test"),
  };
  const doors = makeDoors(deps);
  const server = createServer(async (req, res) => {
    for (const door of doors) if (await door(req, res)) return;
    res.writeHead(404).end();
  });
  const url = await listen(server);
  return {
    url,
    deps,
    dataFolder,
    async call(method, at, body) {
      const answer = await fetch(url + at, { method, ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }) });
      return { status: answer.status, body: await answer.json() };
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await database.stop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
