// Weights from the nearest holder, with built agents: who gives them, what travels, what happens when a holder dies or its copy is damaged.
import { randomBytes } from "node:crypto";
import { openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type TestAgent, TestAgents } from "./testdata/test-agents.ts";

const LAYER = 600_000;
const LAYERS = 5;
let fleet: TestAgents;
beforeAll(async () => { fleet = await TestAgents.start(); }, 60_000);
afterEach(() => { fleet.console.onArtifact = null; return fleet.endAgents(); });
afterAll(() => fleet?.close());

/** Layers [from, to) of a file, each a range of its own. */
const layers = (from: number, to: number): [number, number][] => Array.from({ length: to - from }, (_, i) => [(from + i) * LAYER, LAYER]);
const fileOf = (agent: TestAgent, digest: string) => join(agent.folder, "cache/files", digest);
const bytesIn = (agent: TestAgent, digest: string, from: number, to: number) => readFileSync(fileOf(agent, digest)).subarray(from * LAYER, to * LAYER);

test("a node gets from another one what that has, and only the layers it has not: as many bytes as were predicted", async () => {
  const weights = randomBytes(LAYERS * LAYER);
  const [holder, other] = [await fleet.agent(), await fleet.agent()];
  const file = fleet.weights(weights, layers(0, LAYERS));
  const whole = fleet.assignment("whole", file);
  fleet.desire(holder, { assignments: [whole], peers: [other.peer()] });
  await fleet.ready(holder, "whole");
  expect(holder.assignment("whole")!.bytesMoved).toBe(LAYERS * LAYER + whole.segment.skeletonBytes);
  const asked = fleet.askedOfConsole(file.digest);
  // Two layers first, then four: the two that are here do not travel again.
  for (const [id, to, predicted] of [["first", 2, 2 * LAYER], ["second", 4, 2 * LAYER]] as const) {
    const one = fleet.assignment(id, fleet.weights(weights, layers(0, to)));
    fleet.desire(other, { assignments: [one], peers: [holder.peer()] });
    await fleet.ready(other, id);
    const moved = other.assignment(id)!.bytesMoved!;
    expect(Math.abs(moved - predicted) / predicted).toBeLessThanOrEqual(0.02);
  }
  expect(fleet.askedOfConsole(file.digest)).toBe(asked);
  expect(bytesIn(other, file.digest, 0, 4).equals(weights.subarray(0, 4 * LAYER))).toBe(true);
}, 180_000);

test.each(["SIGKILL", "SIGSTOP"] as const)("a holder that ends by %s in the middle, its connection closed or only silent: the rest comes from the console, and nothing twice", async (signal) => {
  const weights = randomBytes(LAYERS * LAYER);
  // Slow enough to be killed in between.
  const [holder, other] = [await fleet.agent(["--share-rate", "500K"]), await fleet.agent()];
  const file = fleet.weights(weights, layers(0, LAYERS));
  fleet.desire(holder, { assignments: [fleet.assignment("whole", file)], peers: [other.peer()] });
  await fleet.ready(holder, "whole");
  const asked = fleet.askedOfConsole(file.digest);
  fleet.desire(other, { assignments: [fleet.assignment("whole", file)], peers: [holder.peer()] });
  await fleet.until("some of it has come", () => (other.assignment("whole")?.bytesMoved ?? 0) > LAYER, other);
  expect(fleet.askedOfConsole(file.digest)).toBe(asked);
  if (signal === "SIGKILL") await holder.kill(signal);
  else holder.process.kill(signal);
  await fleet.ready(other, "whole");
  const fromConsole = fleet.askedOfConsole(file.digest) - asked;
  expect(fromConsole).toBeGreaterThan(0);
  expect(fromConsole).toBeLessThan((LAYERS - 1) * LAYER);
  expect(other.assignment("whole")!.bytesMoved).toBeLessThanOrEqual(LAYERS * LAYER * 1.02);
  expect(bytesIn(other, file.digest, 0, LAYERS).equals(weights)).toBe(true);
}, 180_000);

test("what a holder's disk has damaged is noticed and comes from the console; a stranger and a node that shares nothing give nothing", async () => {
  const weights = randomBytes(LAYERS * LAYER);
  const [holder, other, silent] = [await fleet.agent(), await fleet.agent(), await fleet.agent(["--share-rate", "0"])];
  const file = fleet.weights(weights, layers(0, LAYERS));
  fleet.desire(holder, { assignments: [fleet.assignment("whole", file)], peers: [other.peer()] });
  fleet.desire(silent, { assignments: [fleet.assignment("whole", file)], peers: [other.peer()] });
  await fleet.ready(holder, "whole");
  await fleet.ready(silent, "whole");
  const damaged = openSync(fileOf(holder, file.digest), "r+");
  writeSync(damaged, Buffer.alloc(1000), 0, 1000, LAYER + 5);
  const asked = fleet.askedOfConsole(file.digest);
  fleet.desire(other, { assignments: [fleet.assignment("whole", file)], peers: [holder.peer(), silent.peer()] });
  await fleet.ready(other, "whole");
  // The damaged layer alone comes again.
  expect(fleet.askedOfConsole(file.digest) - asked).toBe(LAYER);
  expect(bytesIn(other, file.digest, 0, LAYERS).equals(weights)).toBe(true);
  // Whom the console does not name as a peer gets nothing from it.
  const stranger = await fleet.agent();
  fleet.desire(stranger, { assignments: [fleet.assignment("whole", file)], peers: [holder.peer(), silent.peer()] });
  await fleet.ready(stranger, "whole");
  expect(fleet.askedOfConsole(file.digest) - asked).toBe(LAYER + LAYERS * LAYER);
}, 180_000);

test("where two nodes do not reach each other, a third one relays, if that is faster than the console", async () => {
  const weights = randomBytes(LAYERS * LAYER);
  const [holder, other, relay] = [await fleet.agent(), await fleet.agent(), await fleet.agent()];
  const file = fleet.weights(weights, layers(0, LAYERS));
  fleet.desire(holder, { assignments: [fleet.assignment("whole", file)], peers: [relay.peer()] });
  fleet.desire(relay, { peers: [holder.peer(), other.peer()] });
  await fleet.ready(holder, "whole");
  const asked = fleet.askedOfConsole(file.digest);
  // The console's link is slow, as the node learns from what it fetches there first.
  fleet.console.onArtifact = (res, body, start) => {
    setTimeout(() => res.writeHead(206, { "content-length": body.length, "content-range": `bytes ${start}-${start + body.length - 1}/*` }).end(body), 1_000);
    return true;
  };
  fleet.desire(other, { assignments: [fleet.assignment("before", fleet.weights(randomBytes(LAYER), layers(0, 1)))] });
  await fleet.ready(other, "before");
  // Nobody listens on port 1.
  fleet.desire(other, { assignments: [fleet.assignment("whole", file)], peers: [holder.peer({ port: 1 }), relay.peer()] });
  await fleet.ready(other, "whole");
  expect(fleet.askedOfConsole(file.digest)).toBe(asked);
  expect(bytesIn(other, file.digest, 0, LAYERS).equals(weights)).toBe(true);
}, 180_000);
