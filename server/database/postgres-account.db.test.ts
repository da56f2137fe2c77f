import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startEmbeddedPostgres } from "./embedded-postgres.ts";
import { choosePostgresAccount } from "./postgres-account.ts";
import { findPostgresPrograms } from "./postgres-programs.ts";

const isRoot = process.getuid?.() === 0;
let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "cutplane-account-test-"));
  chmodSync(home, 0o700);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test("PostgreSQL runs below a folder only its owner may enter; as root also below somebody else's", async () => {
  // A number nobody has: root's console in a person's home.
  if (isRoot) chownSync(home, 54_321, 54_321);
  const folder = path.join(home, "data/postgres");
  const server = await startEmbeddedPostgres({ folder, log: pino({ level: "silent" }), durable: false });
  expect(server.origin).toBe("created");
  await server.stop();
  const again = await startEmbeddedPostgres({ folder, log: pino({ level: "silent" }), durable: false });
  expect(again.origin).toBe("started");
  await again.stop();
});

test("a program that no account can run is named, with what to do", async () => {
  const folder = path.join(home, "postgres");
  mkdirSync(folder);
  const program = path.join(home, "nothing-there");
  // Not root: nothing is asked, PostgreSQL runs as we are.
  if (!isRoot) expect(choosePostgresAccount({ folder, program }).how).toBe("same user");
  else expect(() => choosePostgresAccount({ folder, program })).toThrow(/nothing-there.*ordinary user.*--data.*DATABASE_URL/);
  const { postgres } = await findPostgresPrograms();
  expect(choosePostgresAccount({ folder, program: postgres }).how).toEqual(isRoot ? expect.stringMatching(/namespace|capabilities|other user/) : "same user");
  expect(existsSync(folder)).toBe(true);
});
