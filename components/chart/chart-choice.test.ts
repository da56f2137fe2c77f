import { expect, test } from "vitest";
import { chosenOf, toggledChoice } from "./chart-choice.ts";

const specs = ["latency", "rate", "errors"].map((key) => ({ key }));
const [latency, rate, errors] = specs as [{ key: string }, { key: string }, { key: string }];

test("all are shown until some are chosen, in their own order; what is not there is not asked for", () => {
  expect(chosenOf(specs, null)).toEqual(specs);
  expect(chosenOf(specs, "errors,latency")).toEqual([latency, errors]);
  expect(chosenOf(specs, "asg_gone")).toEqual(specs);
});

test("one is turned on or off; the last one stays, and all of them need no address", () => {
  expect(toggledChoice(specs, specs, rate)).toBe("latency,errors");
  expect(toggledChoice(specs, [latency, errors], rate)).toBeNull();
  expect(toggledChoice(specs, [rate], rate)).toBe("rate");
  expect(toggledChoice(specs, [errors], latency)).toBe("latency,errors");
});
