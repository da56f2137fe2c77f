import { fork } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildEntries } from "./stage/testdata/test-nodes.ts";

let folder = "";
beforeAll(async () => { folder = await buildEntries(); });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(["stage.mjs", "ingress.mjs"])("%s whose agent is gone before it has begun ends, and so does one that has begun", async (entry) => {
  const start = () => fork(join(folder, entry), [], { serialization: "advanced", stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv: [] });
  const early = start();
  const earlyEnd = once(early, "exit");
  early.disconnect();
  expect((await earlyEnd)[0]).toBe(0);
  const begun = start();
  await once(begun, "message");
  const end = once(begun, "exit");
  begun.disconnect();
  expect((await end)[0]).toBe(0);
});
