import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { listenForStop, SAME_SIGNAL_MS } from "./stop-signals.ts";

test("signals sent twice are one stop; a person who asks again is heard", () => {
  const source = new EventEmitter();
  let nowMs = 5;
  const did: string[] = [];
  const signal = listenForStop({ source, now: () => nowMs, onFirst: () => did.push("first"), onImpatient: () => did.push("impatient") });
  expect(signal.aborted).toBe(false);
  source.emit("SIGTERM");
  expect(signal.aborted).toBe(true);
  source.emit("SIGTERM");
  nowMs += SAME_SIGNAL_MS - 1;
  source.emit("SIGINT");
  expect(did).toEqual(["first"]);
  nowMs += 1;
  source.emit("SIGINT");
  expect(did).toEqual(["first", "impatient"]);
});
