// Owns what is told to the console and when: changes at once but at most four times a second, samples and counters once a second, only fields that
// differ from what this connection was already told. Nothing is kept for a console that is away but a bounded list of notices and link samples.
import type { HeldArtifact, LinkSample, NodeSample, Notice, ObservedAssignment, ObservedIngress, ObservedMeasure, Report } from "./protocol/control.ts";
import { LossSums } from "./loss-sums.ts";
import type { LinkLosses } from "./protocol/link-loss.ts";
import type { KeyCount } from "./protocol/own-key.ts";

export type Observed = { assignments: ObservedAssignment[]; ingress: ObservedIngress[]; measures: ObservedMeasure[]; /** Of the cache; another array when it changed, null = not known yet. */ held?: HeldArtifact[] | null; keyCounts?: KeyCount[] };
type Told = Record<"assignments" | "ingress" | "measures", string>;
/** Told of what is compared as a whole. */
type Rest = { held: HeldArtifact[] | null; cores: number | null; counts: string };
const NOTHING: Rest = { held: null, cores: null, counts: "[]" };
export type Reporter = {
  /** Something in `observe()` may differ now. */
  changed(): void;
  notice(notice: Notice): void;
  link(sample: LinkSample): void;
  /** Of an interval: with the next sample, added up until then. */
  losses(told: LinkLosses): void;
  /** Cores that may be used: told at once where they differ from what was told. */
  cores(now: number): void;
  /** A second's figures are fresh: the next ones are told now, and each second from here on, not up to a second late. */
  sampled(): void;
  /** A new connection knows nothing. */
  connected(): void;
  stop(): void;
};
export type ReporterOptions = {
  bootId: string;
  cursor(): number;
  observe(): Observed;
  sample(): NodeSample;
  /** False = not connected. */
  send(report: Report): boolean;
  nowMs(): number;
};

const CHANGE_INTERVAL_MS = 250;
const SAMPLE_INTERVAL_MS = 1000;
/** Its processes tell theirs once a second: sooner than this is the same ones again. */
const FRESH_SAMPLE_MS = 700;
/** Kept while the console is away; older ones are dropped and counted. */
const MAX_NOTICES = 200;
const MAX_NOTICES_PER_REPORT = 50;
const MAX_LINK_SAMPLES = 64;

export function createReporter(options: ReporterOptions): Reporter {
  let seq = 0;
  let told: Told = { assignments: "", ingress: "", measures: "" };
  let toldStable = "";
  let rest = NOTHING;
  const notices = createNotices();
  const links = createLinkSamples();
  const losses = new LossSums();
  let soon: NodeJS.Timeout | null = null;
  let cores: number | null = null;
  let sampledAtMs = Number.NEGATIVE_INFINITY;

  const report = (withSample: boolean) => {
    const observed = options.observe();
    const message: Report = { seq: seq + 1, at: new Date(options.nowMs()).toISOString(), bootId: options.bootId, cursor: options.cursor() };
    const next = { assignments: JSON.stringify(observed.assignments), ingress: JSON.stringify(observed.ingress), measures: JSON.stringify(observed.measures) };
    const stable = stableKey(observed);
    // Counters that move with every request ride along with the sample; a change of state does not wait for it.
    if (withSample || stable !== toldStable) {
      if (next.assignments !== told.assignments) message.assignments = observed.assignments;
      if (next.ingress !== told.ingress) message.ingress = observed.ingress;
      if (next.measures !== told.measures) message.measures = observed.measures;
    }
    if (observed.held && observed.held !== rest.held) message.held = observed.held;
    const counts = JSON.stringify(observed.keyCounts ?? []);
    if (withSample && counts !== rest.counts) message.keyCounts = observed.keyCounts;
    if (withSample) {
      message.sample = options.sample();
      sampledAtMs = performance.now();
    }
    if (cores !== null && cores !== rest.cores) message.coresNow = cores;
    const waiting = notices.waiting(message.at);
    if (waiting.length > 0) message.notices = waiting;
    Object.assign(message, links.waiting());
    const lost = withSample ? losses.waiting() : null;
    if (lost) message.losses = lost;
    if (Object.keys(message).length === 4) return;
    if (!options.send(message)) return;
    seq += 1;
    if (message.coresNow !== undefined) rest = { ...rest, cores: message.coresNow };
    if (message.keyCounts) rest = { ...rest, counts };
    if (message.held) rest = { ...rest, held: message.held };
    if (message.assignments || message.ingress || message.measures) {
      told = next;
      toldStable = stable;
    }
    if (message.notices) notices.told();
    links.told();
    if (lost) losses.told();
  };

  const changed = () => {
    soon ??= setTimeout(() => {
      soon = null;
      report(false);
    }, CHANGE_INTERVAL_MS);
  };
  const every = setInterval(() => report(true), SAMPLE_INTERVAL_MS);
  const reportNow = () => {
    report(true);
    every.refresh();
  };

  return {
    changed,
    notice(notice) {
      notices.add(notice);
      changed();
    },
    link(sample) { links.add(sample); changed(); },
    losses: (told) => losses.add(told),
    cores(now) { cores = now; report(false); },
    sampled() {
      if (performance.now() - sampledAtMs >= FRESH_SAMPLE_MS) reportNow();
    },
    connected() {
      told = { assignments: "", ingress: "", measures: "" };
      toldStable = "";
      rest = NOTHING;
      losses.connected();
      reportNow();
    },
    stop() {
      if (soon) clearTimeout(soon);
      clearInterval(every);
    },
  };
}

/** Those that wait for a console; the oldest go where there are too many, and how many went is told. */
function createNotices() {
  let list: Notice[] = [];
  let dropped = 0;
  return {
    add(notice: Notice): void {
      list.push(notice);
      if (list.length <= MAX_NOTICES) return;
      list.shift();
      dropped += 1;
    },
    waiting(at: string): Notice[] {
      const next = list.slice(0, MAX_NOTICES_PER_REPORT);
      return next.length > 0 && dropped > 0 ? [...next, droppedNotice(dropped, at)] : next;
    },
    /** What `waiting` gave arrived; nothing was added meanwhile. */
    told(): void {
      list = list.slice(MAX_NOTICES_PER_REPORT);
      dropped = 0;
    },
  };
}

/** The newest per peer is the only one worth telling late. */
function createLinkSamples() {
  const samples = new Map<string, LinkSample>();
  return {
    add(sample: LinkSample): void {
      samples.delete(sample.toNodeId);
      samples.set(sample.toNodeId, sample);
      if (samples.size > MAX_LINK_SAMPLES) samples.delete(samples.keys().next().value as string);
    },
    waiting: (): Pick<Report, "links"> => (samples.size > 0 ? { links: [...samples.values()] } : {}),
    told: () => samples.clear(),
  };
}

function stableKey(observed: Observed): string {
  return JSON.stringify([
    observed.assignments.map((a) => [a.assignmentId, a.state, a.restarts, a.error, a.lanes.map((lane) => [lane.laneId, lane.upstreamLinked, lane.unlinkedFrom])]),
    observed.ingress.map((i) => [i.deploymentId, i.currentEpoch, i.url, i.verify, i.error, i.pipelines.map((pipeline) => [pipeline.epoch, pipeline.linked])]),
    observed.measures.map((m) => [m.taskId, m.state, m.message]),
    // An emptied lane is what a drain waits for.
    observed.assignments.flatMap((a) => a.lanes.map((lane) => lane.inFlight === 0)), observed.ingress.flatMap((i) => i.pipelines.map((pipeline) => pipeline.inFlight === 0)),
  ]);
}

function droppedNotice(count: number, at: string): Notice {
  return { at, level: "warn", code: "notices-dropped", message: `${count} older notices were dropped while the console was away` };
}
