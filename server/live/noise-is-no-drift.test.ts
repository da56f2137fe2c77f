// Everything pure between a ping and a drift, over ten simulated minutes: round trips, requests' traces, a second's report, what is learnt of links, the detector.
import { expect, test } from "vitest";
import { RoundTrips } from "../../agents/stage/round-trips.ts";
import type { IngressSample, NodeSample, RequestTrace } from "../../agents/protocol/control.ts";
import type { Observation } from "../policy/adapt/controller.ts";
import { observeDrift, type Watched } from "../policy/adapt/observe-drift.ts";
import { seededRandom } from "../model/seeded-random.ts";
import type { Placement } from "../planner/plan.ts";
import { randomProblem } from "../planner/testdata/random-problem.ts";
import { createCapacity, learnCapacity } from "./capacity.ts";

const PING_EVERY_MS = 100;
const TEN_MINUTES_MS = 600_000;
const PER_SECOND = 6;
const ROUND_TRIP_MS = 3;
const RECEIVE_MS = 5;
/** A core is away for so long, now and then: pings and requests wait. */
const STALL_EVERY_MS = 20_000;
const STALL_MS = 400;

const drawn = randomProblem(3, { layers: 4, nodes: 2, tightMemory: false, source: false });
const [A, B] = drawn.nodes.map((node) => node.topologyNodeId) as [string, string];
const path = { latencyMs: ROUND_TRIP_MS / 2, bandwidthBytesPerSecond: 40e6, kind: "measured" as const, via: [], linkIds: [], trusted: true };
const problem = { ...drawn, sourceIndex: 0, paths: drawn.paths.map((row, from) => row.map((one, to) => (from === to ? one : path))) };
const running: Placement = [{ from: 0, to: 2, topologyNodeId: A }, { from: 2, to: 4, topologyNodeId: B }];

type Fleet = { /** Added to each way of the link. */ longerMs(atMs: number): number; noise: number; seed: number; untilMs: number };
/** Seconds with a drift of the link, of those that were looked at. */
function drifting({ longerMs, noise, seed, untilMs }: Fleet): number[] {
  const random = seededRandom(seed);
  const spread = () => Math.exp(noise * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
  const waits = (atMs: number) => (random() < 0.2 ? 20 * random() : 0) + Math.max(0, STALL_MS - ((atMs + stallPhaseMs) % STALL_EVERY_MS));
  // Elsewhere in the second between two reports, or across one.
  const stallPhaseMs = (seed * 137) % 1000;
  const trips = new RoundTrips();
  const capacity = createCapacity();
  let watched: Watched = { signals: {}, served: [] };
  let recent: RequestTrace[] = [];
  let ping: { sentAtMs: number; pongAtMs: number } | null = null;
  let nextRequestMs = 0;
  const seconds: number[] = [];
  for (let nowMs = 0; nowMs < untilMs; nowMs += PING_EVERY_MS) {
    // One ping at a time.
    if (ping && ping.pongAtMs <= nowMs) {
      trips.add(ping.pongAtMs - ping.sentAtMs);
      ping = null;
    }
    ping ??= { sentAtMs: nowMs, pongAtMs: nowMs + ROUND_TRIP_MS * spread() + 2 * longerMs(nowMs) + waits(nowMs) };
    for (; nextRequestMs <= nowMs; nextRequestMs += (-Math.log(1 - random()) * 1000) / PER_SECOND) {
      const roundTripMs = trips.pathMs(nowMs - ping.sentAtMs);
      const times = { receiveMs: RECEIVE_MS * spread() + waits(nowMs) / 4, roundTripMs, holdMs: 1 };
      recent.push({ requestId: `r${nowMs}`, startedAt: "", totalMs: 20, ok: true, errorCode: null, stages: [{ stageIndex: 0, nodeId: A, queueMs: 0, computeMs: 1, receivedBytes: 1000, times: { ...times, roundTripMs: 0 } }, { stageIndex: 1, nodeId: B, queueMs: 0, computeMs: 1, receivedBytes: 200_000, times }], answer: { receiveMs: 1, roundTripMs, bytes: 100 } });
    }
    if (nowMs % 1000 !== 0) continue;
    const ingress: IngressSample = { deploymentId: "d", epoch: 1, accepted: 1, succeeded: 1, failed: 0, inFlight: 0, latencyMsP50: 9, latencyMsP99: 9, errors: {}, trace: null, recent };
    recent = [];
    const sample: NodeSample = { cpuRatio: 0.5, agentCpuCores: 0.1, memoryUsedBytes: 1, agentRssBytes: 1, stages: [], ingress: [ingress] };
    learnCapacity(capacity, A, sample, (from, to) => `${from}>${to}`, nowMs);
    const told = capacity.hops.get("d");
    const seen: Observation = { nowMs, problem, request: { objective: "latency" }, running, home: running, stageMs: [], hopMs: told?.atMs === nowMs ? told.hopMs : [], idleSlowdowns: new Map(), isMoving: false, moves: [], moveOverheadSeconds: 0 };
    const looked = observeDrift(watched, seen);
    watched = looked.watched;
    if (looked.drifts.length > 0) seconds.push(nowMs / 1000);
  }
  return seconds;
}

test.each([0.05, 0.1, 0.2])("ten minutes of noise %f, of frames before pings and of stalls are no drift of a link", (noise) => {
  for (let seed = 1; seed <= 12; seed++) expect(drifting({ longerMs: () => 0, noise, seed, untilMs: TEN_MINUTES_MS }), `seed ${seed}`).toEqual([]);
});

test.each([0.05, 0.1, 0.2])("a link that becomes 40 ms longer is a drift within three reports, noise %f", (noise) => {
  for (let seed = 1; seed <= 12; seed++) {
    const sinceMs = 61_000 + seed * 80;
    const [first = Number.POSITIVE_INFINITY] = drifting({ longerMs: (atMs) => (atMs >= sinceMs ? 40 : 0), noise, seed, untilMs: 80_000 });
    expect(first * 1000 - sinceMs, `seed ${seed}`).toBeLessThanOrEqual(3_000);
    expect(first * 1000).toBeGreaterThan(sinceMs);
  }
});
