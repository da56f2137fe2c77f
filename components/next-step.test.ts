import { expect, test } from "vitest";
import { ERROR_STATUS } from "../server/errors.ts";
import { nextStep } from "./next-step.ts";

/** Their messages always come with the server's own advice: what to do depends on the model or the placement. */
const SAID_BY_THE_SERVER = ["model-refused", "infeasible"];

test("every error tells a next step", () => {
  for (const code of Object.keys(ERROR_STATUS)) if (!SAID_BY_THE_SERVER.includes(code)) expect(nextStep(code), code).not.toBeNull();
});
