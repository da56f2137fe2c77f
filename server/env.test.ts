import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { SETTINGS as AGENT_SETTINGS } from "../agents/env.ts";
import { parseEnv, SETTINGS, UsageError } from "./env.ts";

const root = path.resolve(import.meta.dirname, "..");
const none = {} as NodeJS.ProcessEnv;
const variables = (values: Record<string, string>) => values as unknown as NodeJS.ProcessEnv;

test("without flags: loopback, a folder of the repository, the demo", () => {
  expect(parseEnv([], none, "/srv/cutplane")).toMatchObject({ host: "127.0.0.1", port: 7700, dataFolder: "/srv/cutplane/.data", databaseUrl: null, demo: true, once: false });
});

test("a flag wins over its variable, and both are taken from where the command was called", () => {
  const env = parseEnv(["--port", "8080"], variables({ CUTPLANE_PORT: "9090", CUTPLANE_DATA: "here", INIT_CWD: "/home/me", CUTPLANE_NO_DEMO: "1" }), "/srv/cutplane");
  expect(env).toMatchObject({ port: 8080, dataFolder: "/home/me/here", demo: false });
});

test("the shared folder is the data folder, unless several consoles on a PostgreSQL have one in common", () => {
  expect(parseEnv(["--data", "/d"], none, "/")).toMatchObject({ sharedFolder: "/d" });
  expect(parseEnv(["--data", "/d", "--shared", "/s", "--database-url", "postgresql://h/d"], none, "/")).toMatchObject({ dataFolder: "/d", sharedFolder: "/s" });
  expect(() => parseEnv(["--shared", "/s"], none, "/")).toThrow("--database-url");
});

test("--once runs the demo whatever else is said", () => {
  expect(parseEnv(["--once", "--no-demo"], none, "/")).toMatchObject({ once: true, demo: true });
});

test.each([
  [["--port", "70000"], "--port"],
  [["--host", "a b"], "--host"],
  [["--public-host", "good.example,b/d"], "--public-host"],
  [["--log-level", "loud"], "--log-level"],
  [["--what"], "--what"],
  [["rest"], "rest"],
])("%o is refused by name", (args, name) => {
  expect(() => parseEnv(args, none, "/")).toThrow(UsageError);
  expect(() => parseEnv(args, none, "/")).toThrow(name);
});

test("an own database's address must be one", () => {
  expect(() => parseEnv([], variables({ DATABASE_URL: "mysql://x" }), "/")).toThrow("DATABASE_URL");
});

test("the example file names every variable of console and agent, and no other", () => {
  const named = [...readFileSync(path.join(root, ".env.example"), "utf8").matchAll(/^#? ?([A-Z][A-Z_]+)=/gm)].map((match) => match[1]);
  const known = [...SETTINGS, ...AGENT_SETTINGS].map(([, variable]) => variable);
  expect([...new Set(named)].sort()).toEqual([...new Set(known)].sort());
});
