import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { nextStep } from "./next-step.ts";

/** Their messages always come with the server's own advice: what to do depends on the model or the placement. */
const SAID_BY_THE_SERVER = ["model-refused", "infeasible"];

test("every error the server knows tells a next step", () => {
  const list = /ERROR_STATUS = \{(.*?)\}/s.exec(readFileSync(new URL("../server/errors.ts", import.meta.url), "utf8"))?.[1] ?? "";
  const codes = [...list.matchAll(/^\s*"?([a-z-]+)"?:/gm)].map((match) => match[1] ?? "");
  expect(codes.length).toBeGreaterThan(8);
  for (const code of codes) if (!SAID_BY_THE_SERVER.includes(code)) expect(nextStep(code), code).not.toBeNull();
});
