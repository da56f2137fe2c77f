// Owns when this node measures the way to its peers: once at first, then now and then, one peer at a time so that measurements do not disturb each other.
import { setTimeout as sleep } from "node:timers/promises";
import type { LinkSample, Peer } from "./protocol/control.ts";
import { SettledLink } from "./settled-link.ts";
import { steadyNowMs } from "./steady-clock.ts";
import type { TlsMaterial } from "./stage/messages.ts";
import { probePeer } from "./stage/probe.ts";

export type LinkMeter = { set(peers: readonly Peer[]): void; stop(): void };
export type LinkMeterOptions = {
  tls(): TlsMaterial; dataProxyUrl: string | null;
  /** The node measures a model, whose cores are taken and whose figures must not be spoilt. */
  measuring(): boolean;
  /** Requests are in flight here, or were a moment ago. */
  serving(): boolean;
  /** They go over the link to that peer. */
  carries(nodeId: string): boolean;
  onSample(sample: LinkSample): void;
};

const INTERVAL_MS = 30_000;
/** A peer that did not answer may be starting: looked at sooner, a few times. */
const RETRY_INTERVAL_MS = 5_000;
const MAX_QUICK_RETRIES = 6;
/** Traffic tells what a link that carries requests can do: it is never filled by a measurement, and one that was due is left out. Bandwidth of others: with each of the first measurements, when everything starts at once and one is easily wrong … */
const FIRST_BANDWIDTHS = 3;
/** … which follow each other faster, as do those after one that was far worse than before … */
const FIRST_INTERVAL_MS = 8_000;
/** … then every tenth time, about every five minutes. */
const BANDWIDTH_EVERY = 10;
/** Bandwidths measured again between two turns: a link on which traffic comes and goes must not be filled by measurements. */
const MAX_RECHECKS = 2;
/** While this node serves by other links, or measures a model, bandwidth waits for an idle moment, but not for ever: then a small burst is made. */
const LONGEST_WAIT_MS = 60_000;
const IDLE_MS = 1_000;

type Known = { peer: Peer; dueMs: number; count: number; failures: number; lastBandwidth: number | null; /** Since when a bandwidth that is due waits; null = none does. */ waitsSinceMs: number | null; settled: SettledLink; /** The last bandwidth was far worse than those before it, and is to be measured again. */ again: boolean; rechecks: number };

export function createLinkMeter(options: LinkMeterOptions): LinkMeter {
  const stopped = new AbortController();
  const known = new Map<string, Known>();

  const measure = async (one: Known) => {
    const { nodeId, host, port } = one.peer;
    const inTurn = one.lastBandwidth === null || one.count < FIRST_BANDWIDTHS || one.count % BANDWIDTH_EVERY === 0;
    const due = inTurn || one.again;
    const isFree = !options.measuring() && !options.serving();
    if (due) one.waitsSinceMs ??= steadyNowMs();
    const carries = options.carries(nodeId);
    const bandwidth = due && !carries && (isFree || steadyNowMs() - (one.waitsSinceMs ?? 0) > LONGEST_WAIT_MS);
    const asked = bandwidth ? { knownBytesPerSecond: one.lastBandwidth, light: !isFree } : null;
    const sample = await probePeer({ tls: options.tls(), peer: { nodeId, host, port }, dataProxy: options.dataProxyUrl, bandwidth: asked, signal: stopped.signal });
    if (stopped.signal.aborted || known.get(nodeId) !== one) return;
    // A turn without the bandwidth it was for is no turn, unless traffic told it.
    const isTold = carries && one.lastBandwidth !== null;
    if (bandwidth || !due || isTold) one.count += 1;
    if (bandwidth || isTold) one.waitsSinceMs = null;
    one.failures = sample.error === null ? 0 : one.failures + 1;
    one.lastBandwidth = sample.bandwidthBytesPerSecond ?? one.lastBandwidth;
    const quick = one.failures > 0 && one.failures <= MAX_QUICK_RETRIES;
    const { told, again } = one.settled.add(sample);
    if (bandwidth) one.rechecks = inTurn ? 0 : one.rechecks + 1;
    one.again = again.bandwidth ? one.rechecks < MAX_RECHECKS : one.again && !bandwidth;
    const soon = again.roundTrip || (!carries && (one.count < FIRST_BANDWIDTHS || (due && !bandwidth) || one.again));
    one.dueMs = steadyNowMs() + (quick ? RETRY_INTERVAL_MS : soon ? FIRST_INTERVAL_MS : INTERVAL_MS) * (0.75 + Math.random() / 2);
    options.onSample(told);
  };

  const loop = async () => {
    while (!stopped.signal.aborted) {
      const due = [...known.values()].filter((one) => one.dueMs <= steadyNowMs()).sort((a, b) => a.dueMs - b.dueMs)[0];
      if (due) await measure(due);
      else await sleep(IDLE_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  };
  void loop();

  return {
    set(peers) {
      const wanted = peers.filter((peer) => peer.measure);
      const ids = new Set(wanted.map((peer) => peer.nodeId));
      for (const nodeId of known.keys()) if (!ids.has(nodeId)) known.delete(nodeId);
      for (const peer of wanted) {
        const before = known.get(peer.nodeId);
        if (before && before.peer.host === peer.host && before.peer.port === peer.port) before.peer = peer;
        else known.set(peer.nodeId, { peer, dueMs: steadyNowMs(), count: 0, failures: 0, lastBandwidth: null, waitsSinceMs: null, settled: new SettledLink(), again: false, rechecks: 0 });
      }
    },
    stop: () => stopped.abort(),
  };
}
