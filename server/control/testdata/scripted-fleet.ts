// For tests of the control plane: a model of four layers, three nodes, plans, and agents that report what the test says, all on a real database.
import { pino } from "pino";
import type { ObservedAssignment, ObservedIngress } from "../../../agents/protocol/control.ts";
import { createDeployment } from "../../commands/create-deployment.ts";
import type { Deps } from "../../commands/deps.ts";
import { createPublisher } from "../../events/publish.ts";
import type { StoredEvent } from "../../events/catalogue.ts";
import { liveFleet, liveNode } from "../../live/live-fleet.ts";
import type { ModelFacts } from "../../model/model.ts";
import type { PlanRequest } from "../../planner/plan-request.ts";
import type { Db } from "../../store/db.ts";
import { toJson } from "../../store/json.ts";
import type { ProgressMemory } from "../drive-migrations.ts";
import { reconcileOnce } from "../start.ts";

const LAYERS = 4;
/** What a plan says that one of its stages holds. */
const STAGE_BYTES = 106_000_000;
export const NODE_IDS = ["nod_a", "nod_b", "nod_c"];

/** What the agents do with what they are told; null = they do it well. */
export type Script = {
  assignment?: (nodeId: string, observed: ObservedAssignment) => ObservedAssignment | null;
  ingress?: (observed: ObservedIngress) => ObservedIngress;
  silent?: Set<string>;
  /** Killed: its connection closes at once, and who dials it is refused. */
  dead?: Set<string>;
  /** "from>to", as data goes: the receiver is not through, and nobody refuses it. */
  cut?: Set<string>;
  inFlight?: (epoch: number) => number;
};

export type ScriptedFleet = {
  deps: Deps;
  events: StoredEvent[];
  clock: { nowMs: number };
  script: Script;
  /** Agents report, then the loops look: `passes` times, a second apart. */
  run(passes: number): Promise<void>;
  /** Placement of layers [0, at) on the first node and the rest on the second; a parity of its own. */
  makePlan(id: string, nodes: [string, string], options?: { at?: number; parity?: unknown; /** What was asked of it; absent = nothing. */ request?: PlanRequest }): Promise<string>;
  /** A deployment of layers [0, 2) on a and the rest on b, driven until it serves. @returns its id */
  deploy(request?: PlanRequest): Promise<string>;
  restart(): void;
};

export function testDeps(db: Db, clock: { nowMs: number }): Deps {
  const now = { now: () => clock.nowMs };
  const log = pino({ level: "silent" });
  return { db, clock: now, log, publisher: createPublisher(db, now), dataFolder: "/nonexistent", wake: () => {} };
}

export async function startScriptedFleet(db: Db): Promise<ScriptedFleet> {
  const clock = { nowMs: Date.now() };
  const deps = testDeps(db, clock);
  const events: StoredEvent[] = [];
  deps.publisher.listen((event) => events.push(event));
  await seed(db, clock.nowMs);
  const fleet = liveFleet(db);
  fleet.nodes.clear();
  fleet.desired.clear();
  fleet.startedAtMs = clock.nowMs;
  let memory: ProgressMemory = new Map();
  const scripted: ScriptedFleet = {
    deps,
    events,
    clock,
    script: {},
    async run(passes) {
      for (let pass = 0; pass < passes; pass++) {
        clock.nowMs += 1_000;
        for (const nodeId of NODE_IDS) report(db, nodeId, scripted.script, clock.nowMs);
        await reconcileOnce(deps, memory);
      }
    },
    async makePlan(id, nodes, options = {}) {
      const at = options.at ?? 2;
      const placement = [{ from: 0, to: at, topologyNodeId: `tn_${nodes[0]}` }, { from: at, to: LAYERS, topologyNodeId: `tn_${nodes[1]}` }];
      const document = { modelDigest: "d", inputsHash: "h", placement, estimate: { kind: "estimated", latencyMs: 12, stages: placement.map((stage) => ({ ...stage, computeMs: 1, kind: "estimated", weightBytes: 8, memoryBytes: STAGE_BYTES })) }, origin: { by: "operator" }, explanation: [], ...(options.request ? { request: options.request } : {}) };
      const revision = (await db.plan.count()) + 1;
      const parity = options.parity ?? { status: "equal", maxRelError: 1e-7, tolerance: 1e-5, perOutput: [], inputs: "fixed", checkedAt: "" };
      await db.plan.create({ data: { id, hash: id, modelId: "mdl_x", topologyId: "top_x", topologyRevision: 1, revision, document: toJson(document), parity: toJson(parity), parityDigest: "e".repeat(64), createdBy: "test" } });
      return id;
    },
    async deploy(request) {
      const planId = await scripted.makePlan("pln_1", ["nod_a", "nod_b"], request ? { request } : {});
      const { deploymentId } = await createDeployment(deps, { name: "x", planId, actor: "test" });
      await scripted.run(8);
      return deploymentId;
    },
    restart() {
      memory = new Map();
      fleet.nodes.clear();
      fleet.desired.clear();
      fleet.snapshot = null;
      fleet.startedAtMs = clock.nowMs;
    },
  };
  for (const nodeId of NODE_IDS) report(db, nodeId, scripted.script, clock.nowMs);
  return scripted;
}

/** An agent that does at once what its document says, bent by the script. */
function report(db: Db, nodeId: string, script: Script, nowMs: number): void {
  const fleet = liveFleet(db);
  const live = liveNode(fleet, nodeId);
  if (script.silent?.has(nodeId) || script.dead?.has(nodeId)) {
    if (live.connected && script.dead?.has(nodeId)) live.leftAtMs = nowMs;
    live.connected = false;
    return;
  }
  const dead = (ends: readonly { nodeId: string }[]) => {
    const refusedBy = ends.map((end) => end.nodeId).filter((id) => script.dead?.has(id));
    return refusedBy.length > 0 ? { refusedBy } : {};
  };
  const reaches = (end: { nodeId: string }) => !script.dead?.has(end.nodeId) && !script.cut?.has(`${end.nodeId}>${nodeId}`);
  const unlinked = (ends: readonly { nodeId: string }[]) => {
    const unlinkedFrom = ends.filter((end) => !reaches(end)).map((end) => end.nodeId);
    return unlinkedFrom.length > 0 ? { unlinkedFrom } : {};
  };
  const isThrough = (ends: readonly { nodeId: string }[]) => ends.every(reaches);
  const document = fleet.desired.get(nodeId)?.document;
  const inFlight = script.inFlight ?? (() => 0);
  const assignments = (document?.assignments ?? []).flatMap((assignment): ObservedAssignment[] => {
    const lanes = assignment.lanes.map((lane) => ({ laneId: lane.laneId, epoch: lane.epoch, upstreamLinked: isThrough(lane.upstream), inFlight: 0, ...dead(lane.upstream), ...unlinked(lane.upstream) }));
    const good: ObservedAssignment = { assignmentId: assignment.assignmentId, segmentId: assignment.segment.segmentId, state: assignment.filesOnly ? "fetched" : "ready", bytesDone: 10, bytesTotal: 10, bytesPerSecond: 0, loadMs: 1, warmMs: 1, residentBytes: 1, restarts: 0, lanes, error: null };
    const bent = script.assignment ? script.assignment(nodeId, good) : good;
    return bent ? [bent] : [];
  });
  const ingress = (document?.ingress ?? []).map((route): ObservedIngress => {
    const verify = route.verify && { taskId: route.verify.taskId, state: "passed" as const, maxRelError: 1e-7, message: null };
    const good: ObservedIngress = { deploymentId: route.deploymentId, currentEpoch: route.currentEpoch, url: "http://127.0.0.1:1/", pipelines: route.pipelines.map(({ epoch, replica, last }) => ({ epoch, linked: isThrough([last]), inFlight: inFlight(epoch), ...dead([last]), ...(replica === undefined ? {} : { replica }) })), verify, error: null };
    return script.ingress ? script.ingress(good) : good;
  });
  Object.assign(live, { connected: true, presence: "online", lastSeenAtMs: nowMs, leftAtMs: null, isGone: false, bootId: "boot", hasTold: true, cursor: document?.version ?? 0, data: { host: "127.0.0.1", port: 9 }, assignments, ingress });
}

async function seed(db: Db, nowMs: number): Promise<void> {
  const tensor = (name: string) => ({ name, dataType: "float32" as const, shape: [1, "batch"] });
  const layer = (index: number) => ({ index, name: `l${index}`, scope: [], kind: "Conv", opCount: 1, opTypes: { Conv: 1 }, opNames: [`op${index}`], parameterCount: 1, weightBytes: 4, flops: 10, workspaceBytes: 4, outputs: [tensor(`t${index}`)] });
  const layers = Array.from({ length: LAYERS }, (_, index) => layer(index));
  const cuts = Array.from({ length: LAYERS - 1 }, (_, index) => ({ index, legal: true, reason: null, tensors: [{ name: `t${index}`, dataType: "float32" as const, shape: [1, 1], bytes: 4 }], bytes: 4 }));
  const facts: ModelFacts = { digest: "d", fileBytes: 1, externalFiles: [], opset: [], irVersion: 8, producer: "", inputs: [tensor("in")], outputs: [tensor("out")], states: [], opCount: LAYERS, parameterCount: 4, weightBytes: 16, dimensionValues: { batch: 1 }, layers, cuts, noCutReason: null, warnings: [] };
  await db.model.create({ data: { id: "mdl_x", name: "x", status: "ready", origin: "upload", fileName: "x.onnx", digest: "d", bytes: 1n, facts: toJson(facts), createdBy: "test" } });
  for (let from = 0; from < LAYERS; from++) {
    for (let to = from + 1; to <= LAYERS; to++) {
      const spec = { segmentId: `seg_${from}_${to}`, skeletonDigest: "f".repeat(64), skeletonBytes: 1, files: [], inputs: [tensor(from === 0 ? "in" : `t${from - 1}`)], outputs: [tensor(to === LAYERS ? "out" : `t${to - 1}`)], memoryBytes: 1_000, states: [] };
      await db.segment.create({ data: { id: spec.segmentId, modelId: "mdl_x", fromLayer: from, toLayer: to, spec: toJson(spec) } });
    }
  }
  const hardware = { hostname: "h", platform: "linux", arch: "x64", cpuModel: "cpu", cores: 1, memoryBytes: 8e9, memoryAvailableBytes: 8e9, diskFreeBytes: 1e12, providers: ["cpu"], deviceClass: "class", nodeVersion: "20", agentVersion: "0", ortVersion: "1" };
  for (const id of NODE_IDS) {
    await db.node.create({ data: { id, name: id.slice(4), certificateFingerprint: id, certificateExpiresAt: new Date(nowMs + 1e9), enrolledBy: "test", approvedAt: new Date(nowMs), approvedBy: "test" } });
    await db.nodeObserved.create({ data: { nodeId: id, hardware: toJson(hardware), bootId: "", dataHost: "127.0.0.1", dataPort: 9, lastSeenAt: new Date(nowMs) } });
  }
  const nodes = NODE_IDS.map((id) => ({ id: `tn_${id}`, name: id, zoneId: null, nodeId: id, trust: "trusted", memoryBytes: null, speed: null, pricePerHour: null, idleWatts: null, activeWatts: null }));
  const links = NODE_IDS.flatMap((from, index) => NODE_IDS.slice(index + 1).map((to) => ({ id: `tl_${from}${to}`, fromId: `tn_${from}`, toId: `tn_${to}`, bidirectional: true, latencyMs: 1, bandwidthBytesPerSecond: 1e8, trust: "trusted" })));
  await db.topology.create({ data: { id: "top_x", name: "t", revision: 1, document: toJson({ nodes, links, zones: [], sourceId: null }) } });
  await db.artifact.create({ data: { digest: "e".repeat(64), kind: "parity", bytes: 5n } });
}
