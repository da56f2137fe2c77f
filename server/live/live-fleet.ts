// Owns what the console knows of its fleet right now, in memory: last reports, connections, samples, the documents to push. One per database
// handle, so that sockets, loops and API see the same without wiring. Nothing here must survive: agents say everything again when they connect.
import type { Desired, Hardware, HeldArtifact, LinkSample, NodeSample, ObservedAssignment, ObservedIngress, ObservedMeasure } from "../../agents/protocol/control.ts";
import type { LogPage, LogQuery } from "../../agents/protocol/log-page.ts";
import { systemClock } from "../clock.ts";
import type { LiveLinkSample, OperationProgress } from "../events/catalogue.ts";
import type { ToldCount } from "../store/key-usage.ts";
import type { NewEvent } from "../events/publish.ts";
import type { SeenLoad } from "../planner/load-time.ts";
import type { Presence } from "../policy/presence.ts";
import type { FleetSnapshot } from "../policy/snapshot.ts";
import type { Db } from "../store/db.ts";
import { createCapacity, type FleetCapacity } from "./capacity.ts";
import type { Handover } from "./handover.ts";
import { addProbe } from "./link-spread.ts";
import type { RequestLog } from "./recent-requests.ts";
import { createSampleRing, type SampleRing } from "./sample-ring.ts";
import type { KnownSince } from "./steady-since.ts";

/** Events of reports wait here while the database is away. At more, the oldest go: the feed is for people. */
export const MAX_PENDING_EVENTS = 10_000;

export type LiveNode = {
  nodeId: string;
  connected: boolean;
  /** The other console it is connected to; null = this one, or none. Such a node's rows are that console's to write. */
  via: string | null;
  lastSeenAtMs: number;
  /** When its side, or its system, closed its connection and none has come since; null = it is connected, has only fallen silent, or was not heard of by this process. */
  leftAtMs: number | null;
  /** All who dial it have said that nobody listens there. Stays until it connects: once its parts run elsewhere nobody dials it any more. */
  isGone: boolean;
  presence: Presence;
  bootId: string | null;
  /** All that it runs has been told over the connection it has, or had last. */
  hasTold: boolean;
  cursor: number;
  hardware: Hardware | null;
  /** Its clock minus ours, by the time its last report names; the way here counts in. */
  clockOffsetMs: number | null;
  data: { host: string; port: number } | null;
  assignments: ObservedAssignment[];
  /** How long its stages took to load, by assignment; see seen-loads.ts. */
  loads: Map<string, SeenLoad>;
  ingress: ObservedIngress[];
  measures: ObservedMeasure[];
  /** Of its cache; null = it has not told. */
  held: HeldArtifact[] | null;
  sample: NodeSample | null;
  sampleAtMs: number;
  /** Seconds the last sample speaks of. */
  sampleSeconds: number;
  ring: SampleRing;
  /** What its stages pay beside computing. */
  handover: Handover | null;
  /** Not yet in the database. */
  dirty: boolean;
};

export type DesiredEntry = { document: Desired; /** Of the content with sorted keys, as in the row. */ hash: string; /** Digest of the content as built. */ text: string };

export type LiveFleet = {
  startedAtMs: number;
  /** All jumps of this process' clock together: time without it goes evenly. */
  jumpedMs: number;
  /** Of rows whose age decides something, by deployment. */
  since: Map<string, KnownSince>;
  nodes: Map<string, LiveNode>;
  /** Key "fromNodeId>toNodeId". */
  links: Map<string, LiveLinkSample>;
  dirtyLinks: Set<string>;
  /** What ingresses told of keys with quotas and is not in the database yet, by key, node and day. */
  keyCounts: Map<string, ToldCount>;
  pendingEvents: NewEvent[];
  /** Told of each new pending event, so that it is written at once; null = nobody writes them. */
  onPendingEvent: (() => void) | null;
  droppedEvents: number;
  /** Told when reports bring figures that drift is judged by; null = nobody judges. */
  onFigures: (() => void) | null;
  desired: Map<string, DesiredEntry>;
  /** The last one the loops made; null until then. */
  snapshot: FleetSnapshot | null;
  deploymentRings: Map<string, SampleRing>;
  /** Of deployments the snapshot knows. */
  requests: Map<string, RequestLog>;
  /** What nodes and links can do, as their reports tell. */
  capacity: FleetCapacity;
  /** Names what changed since a browser's last samples. */
  touched: { nodes: Set<string>; links: Set<string> };
  desiredListeners: Set<(nodeId: string, document: Desired) => void>;
  /** Asks a connected agent for lines of its log; rejects with what went wrong. Null = no agents' door is open. */
  readLogs: ((nodeId: string, query: LogQuery) => Promise<LogPage>) | null;
  /** Asks a connected agent for its figures in Prometheus' text format; rejects with what went wrong. Null = no agents' door is open. */
  readMetrics: ((nodeId: string) => Promise<string>) | null;
  progressListeners: Set<(progress: OperationProgress) => void>;
  /** Node ids whose connection must end (removed). */
  removalListeners: Set<(nodeId: string, reason: string) => void>;
};

const fleets = new WeakMap<Db, LiveFleet>();

/** The one of this database handle. */
export function liveFleet(db: Db): LiveFleet {
  const known = fleets.get(db);
  if (known) return known;
  const made: LiveFleet = {
    startedAtMs: systemClock.now(),
    jumpedMs: 0,
    since: new Map(),
    nodes: new Map(),
    links: new Map(),
    dirtyLinks: new Set(),
    keyCounts: new Map(),
    pendingEvents: [],
    onPendingEvent: null,
    droppedEvents: 0,
    onFigures: null,
    desired: new Map(),
    snapshot: null,
    deploymentRings: new Map(),
    requests: new Map(),
    capacity: createCapacity(),
    touched: { nodes: new Set(), links: new Set() },
    desiredListeners: new Set(),
    readLogs: null,
    readMetrics: null,
    progressListeners: new Set(),
    removalListeners: new Set(),
  };
  fleets.set(db, made);
  return made;
}

export function liveNode(fleet: LiveFleet, nodeId: string): LiveNode {
  const known = fleet.nodes.get(nodeId);
  if (known) return known;
  const made: LiveNode = {
    nodeId,
    connected: false,
    via: null,
    lastSeenAtMs: fleet.startedAtMs,
    leftAtMs: null,
    isGone: false,
    presence: "connecting",
    bootId: null,
    hasTold: false,
    cursor: 0,
    hardware: null,
    clockOffsetMs: null,
    data: null,
    assignments: [],
    loads: new Map(),
    ingress: [],
    measures: [],
    held: null,
    sample: null,
    sampleAtMs: 0,
    sampleSeconds: 1,
    ring: createSampleRing(),
    handover: null,
    dirty: false,
  };
  fleet.nodes.set(nodeId, made);
  return made;
}

export function addPendingEvent(fleet: LiveFleet, event: NewEvent): void {
  fleet.pendingEvents.push(event);
  fleet.onPendingEvent?.();
  if (fleet.pendingEvents.length <= MAX_PENDING_EVENTS) return;
  fleet.pendingEvents.shift();
  fleet.droppedEvents++;
}

export function linkKey(fromNodeId: string, toNodeId: string): string {
  return `${fromNodeId}>${toNodeId}`;
}

/** What a probe said. Bandwidth is probed less often than the round trip, so the last figure stays; traffic is not a probe's business. */
export function toLiveLink(link: LinkSample, before: LiveLinkSample | undefined): LiveLinkSample {
  const bandwidthBytesPerSecond = link.bandwidthBytesPerSecond ?? before?.bandwidthBytesPerSecond ?? null;
  return { rttMs: link.rttMs, rttSdMs: link.rttSdMs, bandwidthBytesPerSecond, bytesPerSecond: before?.bytesPerSecond ?? 0, measuredAt: link.at, error: link.error, spread: addProbe(before?.spread, link.bandwidthBytesPerSecond, link.at) };
}
