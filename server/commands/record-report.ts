// Takes an agent's report into memory, at once and without the database: the flush loop writes what changed, in batches, so that an outage
// of the database loses nothing and a thousand agents cost one statement.
import type { IngressSample, Notice, ObservedAssignment, Report } from "../../agents/protocol/control.ts";
import type { KeyCount } from "../../agents/protocol/own-key.ts";
import { periodOf } from "../../agents/protocol/quota-period.ts";
import { addPendingEvent, type LiveFleet, type LiveNode, linkKey, liveFleet, liveNode, toLiveLink } from "../live/live-fleet.ts";
import { learnCapacity, learnCores, learnNodeMemory } from "../live/capacity.ts";
import { addHandover } from "../live/handover.ts";
import { learnLosses } from "../live/link-losses.ts";
import { addTransfer } from "../live/link-spread.ts";
import { createRequestLog, keepRequests } from "../live/recent-requests.ts";
import { pushSample } from "../live/sample-ring.ts";
import { learnLoads } from "../live/seen-loads.ts";
import type { Deps } from "./deps.ts";
import { countKeyOf } from "./flush-key-counts.ts";

/** A node that chatters must not push others out of the feed. */
export const MAX_NOTICES_PER_MINUTE = 30;
/** Intervals outside this are clock trouble, not samples. */
const MAX_SAMPLE_SECONDS = 10;

const DAY_MS = 86_400_000;

const noticeCounts = new WeakMap<LiveNode, { minute: number; count: number }>();

/** The report has passed its parser; `name` is the node's, for the feed. `via`: the other console that took it, and that writes what it says. */
export function recordReport(deps: Deps, input: { nodeId: string; name: string; report: Report; via?: string }): void {
  const { nodeId, name, report, via = null } = input;
  if (via === null) deps.peers?.tell({ kind: "report", nodeId, name, report: withoutResults(report) });
  const nowMs = deps.clock.now();
  const fleet = liveFleet(deps.db);
  const live = liveNode(fleet, nodeId);
  const previousAtMs = live.sampleAtMs;
  Object.assign(live, { connected: true, via, lastSeenAtMs: nowMs, cursor: report.cursor, bootId: report.bootId });
  const saidAtMs = Date.parse(report.at);
  if (Number.isFinite(saidAtMs)) live.clockOffsetMs = saidAtMs - nowMs;
  let didChange = false;
  if (report.assignments) {
    didChange = tellAssignments(fleet, { nodeId, name, via }, live.assignments, report.assignments) || linksOf(live.assignments) !== linksOf(report.assignments);
    live.assignments = report.assignments;
    learnLoads(live, report.assignments);
    live.dirty = via === null;
  }
  if (report.ingress) {
    didChange ||= JSON.stringify(live.ingress) !== JSON.stringify(report.ingress);
    live.ingress = report.ingress;
    live.dirty = via === null;
  }
  if (report.measures) {
    live.measures = report.measures;
    live.dirty = via === null;
    didChange ||= report.measures.some((measure) => measure.state === "done" || measure.state === "failed");
  }
  if (via === null) keepCounts(fleet, nodeId, report.keyCounts ?? [], nowMs);
  // The first one over a connection has them all.
  if (report.assignments && report.ingress) live.hasTold = true;
  if (report.held) live.held = report.held;
  const coresNow = report.coresNow ?? report.sample?.coresNow;
  if (coresNow !== undefined && learnCores(fleet.capacity, nodeId, { coresNow, usualCores: live.hardware?.cores ?? coresNow }, nowMs)) fleet.onFigures?.();
  const keyOf = (from: string, to: string) => (isNode(fleet, from) && isNode(fleet, to) ? linkKey(from, to) : null);
  if (report.losses) learnLosses(fleet.capacity.losses, nodeId, report.losses, keyOf, nowMs);
  if (report.sample) {
    learnCapacity(fleet.capacity, nodeId, report.sample, keyOf, nowMs);
    learnNodeMemory(fleet.capacity, nodeId, report.sample, live.hardware?.memoryBytes ?? null, nowMs);
    keepTraces(fleet, live, report.sample.ingress, nowMs);
    learnLinks(fleet, nodeId, report.sample.ingress, nowMs);
    // Browsers are sent a node's sample each second: requests are read where they are looked at.
    live.sample = { ...report.sample, ingress: report.sample.ingress.map(({ recent: _recent, ...one }) => one) };
    live.sampleAtMs = nowMs;
    live.sampleSeconds = previousAtMs === 0 ? 1 : Math.min(MAX_SAMPLE_SECONDS, Math.max(0.2, (nowMs - previousAtMs) / 1000));
    const { cpuRatio, memoryUsedBytes, agentRssBytes, agentCpuCores } = report.sample;
    pushSample(live.ring, nowMs, [cpuRatio, memoryUsedBytes, agentRssBytes, agentCpuCores, report.sample.stages.reduce((sum, stage) => sum + stage.queueLength, 0)]);
    recordTraffic(fleet, live);
    if (report.sample.stages.length + report.sample.ingress.length > 0) fleet.onFigures?.();
  }
  for (const link of report.links ?? []) {
    if (!isPeer(fleet, nodeId, link.toNodeId)) continue;
    const key = linkKey(nodeId, link.toNodeId);
    fleet.links.set(key, toLiveLink({ ...link, at: onOurClock(link.at, live.clockOffsetMs, nowMs) }, fleet.links.get(key)));
    if (via === null) fleet.dirtyLinks.add(key);
    fleet.touched.links.add(key);
  }
  for (const notice of via === null ? (report.notices ?? []) : []) tellNotice(fleet, live, { nodeId, name }, notice, nowMs);
  fleet.touched.nodes.add(nodeId);
  if (didChange) deps.wake("a report changed something");
}

/** A measured profile may be megabytes, and who took it stores it. */
function withoutResults(report: Report): Report {
  return report.measures ? { ...report, measures: report.measures.map((measure) => ({ ...measure, result: null })) } : report;
}

/** Another node of the fleet. Names of nodes that are none would fill the memory, one report after the other. */
function isPeer(fleet: LiveFleet, nodeId: string, otherId: string): boolean {
  return otherId !== nodeId && isNode(fleet, otherId);
}

function isNode(fleet: LiveFleet, id: string): boolean {
  return !id.includes(">") && (fleet.snapshot === null || fleet.snapshot.nodes.has(id));
}

/** The moment an agent names, as ISO on this machine's clock; never in the future, and now where it names none. */
function onOurClock(at: string, clockOffsetMs: number | null, nowMs: number): string {
  const ms = Date.parse(at) - (clockOffsetMs ?? 0);
  return new Date(ms > 0 && ms < nowMs ? ms : nowMs).toISOString();
}

function keepTraces(fleet: LiveFleet, live: LiveNode, ingress: readonly IngressSample[], nowMs: number): void {
  for (const { deploymentId, recent } of ingress) {
    if (!recent || recent.length === 0 || !fleet.snapshot?.deployments.some((one) => one.deploymentId === deploymentId)) continue;
    const log = fleet.requests.get(deploymentId) ?? createRequestLog();
    fleet.requests.set(deploymentId, log);
    keepRequests(log, live.nodeId, recent.map((trace) => ({ ...trace, startedAt: onOurClock(trace.startedAt, live.clockOffsetMs, nowMs) })), nowMs);
  }
}

/** Only of keys with a quota of deployments that are, or were lately, entered at the node, and of a day that is not over for long: clocks differ. */
function keepCounts(fleet: LiveFleet, nodeId: string, told: readonly KeyCount[], nowMs: number): void {
  const days = [-DAY_MS, 0, DAY_MS].map((offset) => periodOf("day", nowMs + offset));
  for (const count of told) {
    const deployment = fleet.snapshot?.deployments.find(({ ownKeys }) => ownKeys.some(({ keyId, quota }) => keyId === count.keyId && quota !== null));
    const isEntered = deployment && (deployment.revisions.some(({ ingressNodeIds }) => ingressNodeIds.includes(nodeId)) || deployment.formerEntries.some((entry) => entry.nodeId === nodeId));
    if (isEntered && days.includes(count.day)) fleet.keyCounts.set(countKeyOf({ ...count, nodeId }), { ...count, nodeId });
  }
}

/** What requests on their way tell of the links they took and of the nodes they were at. */
function learnLinks(fleet: LiveFleet, ingressNodeId: string, ingress: readonly IngressSample[], nowMs: number): void {
  const at = new Date(nowMs).toISOString();
  for (const trace of ingress.flatMap((one) => one.recent ?? [])) {
    if (!trace.ok) continue;
    let fromNodeId = ingressNodeId;
    const learn = (toNodeId: string, bytes: number, receiveMs: number | undefined) => {
      const link = isPeer(fleet, fromNodeId, toNodeId) ? fleet.links.get(linkKey(fromNodeId, toNodeId)) : undefined;
      const spread = link && receiveMs !== undefined ? addTransfer(link.spread, { bytes, receiveMs }, at) : undefined;
      if (link && spread) fleet.links.set(linkKey(fromNodeId, toNodeId), { ...link, spread });
      fromNodeId = toNodeId;
    };
    for (const { nodeId, computeMs, times } of trace.stages) {
      const node = fleet.nodes.get(nodeId);
      if (node && times) node.handover = addHandover(node.handover, Math.max(0, times.holdMs - computeMs));
    }
    for (const stage of trace.stages) learn(stage.nodeId, stage.receivedBytes, stage.times?.receiveMs);
    if (trace.answer) learn(ingressNodeId, trace.answer.bytes, trace.answer.receiveMs);
  }
}

type Who = { nodeId: string; name: string; via?: string | null };

/** True when a state changed. Bytes fetched are progress, not news. */
function tellAssignments(fleet: LiveFleet, who: Who, before: ObservedAssignment[], after: ObservedAssignment[]): boolean {
  let didChange = before.length !== after.length;
  for (const assignment of after) {
    const old = before.find((one) => one.assignmentId === assignment.assignmentId);
    const isSame = old?.state === assignment.state && old.restarts === assignment.restarts;
    if (isSame) continue;
    didChange = true;
    if (who.via != null) continue;
    addPendingEvent(fleet, {
      name: "assignment.changed",
      subjectId: who.nodeId,
      actor: `node:${who.name}`,
      message: `${who.name}: ${stageOf(fleet, who.nodeId, assignment)} is ${assignment.state}${assignment.error ? `: ${assignment.error.message}` : ""}.`,
      payload: { nodeId: who.nodeId, deploymentId: deploymentOf(fleet, who.nodeId, assignment.assignmentId), assignmentId: assignment.assignmentId, state: assignment.state },
    });
  }
  return didChange;
}

/** "stage 2 of read-text"; what nobody wants any more is known by its segment alone. */
function stageOf(fleet: LiveFleet, nodeId: string, { assignmentId, segmentId }: ObservedAssignment): string {
  const wanted = fleet.desired.get(nodeId)?.document.assignments.find((one) => one.assignmentId === assignmentId);
  const deployment = fleet.snapshot?.deployments.find((one) => one.deploymentId === wanted?.deploymentId);
  const lane = wanted?.lanes[0];
  return deployment && lane ? `stage ${lane.stageIndex + 1} of ${deployment.name}` : `segment ${segmentId}`;
}

function deploymentOf(fleet: LiveFleet, nodeId: string, assignmentId: string): string {
  return fleet.desired.get(nodeId)?.document.assignments.find((assignment) => assignment.assignmentId === assignmentId)?.deploymentId ?? "";
}

/** What a migration waits for beside states. */
function linksOf(assignments: ObservedAssignment[]): string {
  return assignments.map((assignment) => `${assignment.assignmentId}${assignment.lanes.map((lane) => `${lane.laneId}${lane.unlinkedFrom?.join() ?? lane.upstreamLinked}${lane.inFlight === 0}`)}`).join();
}

function tellNotice(fleet: LiveFleet, live: LiveNode, who: Who, notice: Notice, nowMs: number): void {
  const minute = Math.floor(nowMs / 60_000);
  const known = noticeCounts.get(live);
  const count = known?.minute === minute ? known.count + 1 : 1;
  noticeCounts.set(live, { minute, count });
  if (count > MAX_NOTICES_PER_MINUTE) return;
  addPendingEvent(fleet, { name: "node.notice", subjectId: who.nodeId, actor: `node:${who.name}`, message: `${who.name}: ${notice.message}`, payload: { nodeId: who.nodeId, level: notice.level, code: notice.code } });
}

/** A stage knows what it received and from whom; several senders share it evenly. */
function recordTraffic(fleet: LiveFleet, live: LiveNode): void {
  const received = new Map<string, number>();
  for (const stage of live.sample?.stages ?? []) {
    const senders = stage.upstreamNodeIds.filter((id) => isPeer(fleet, live.nodeId, id));
    for (const sender of senders) received.set(sender, (received.get(sender) ?? 0) + stage.receivedBytes / senders.length);
  }
  for (const [sender, bytes] of received) {
    const key = linkKey(sender, live.nodeId);
    const link = fleet.links.get(key) ?? { rttMs: 0, rttSdMs: 0, bandwidthBytesPerSecond: null, bytesPerSecond: 0, measuredAt: "", error: null };
    fleet.links.set(key, { ...link, bytesPerSecond: bytes / live.sampleSeconds });
    fleet.touched.links.add(key);
  }
}
