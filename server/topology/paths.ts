// Owns how a drawing becomes figures between any two of its nodes: drawn values where given, measured ones between live nodes, multi-hop
// paths along drawn links. Live nodes dial each other and relay nothing: where their own link is drawn and measured, it is the way, however much better a detour looks.
// Knows nothing of models.
import type { LiveLink, TopologyDocument, TopologyLink } from "./topology.ts";

/** Stands for a live link that nobody has measured yet; shown as an estimate. */
export const UNMEASURED_LATENCY_MS = 1;
export const UNMEASURED_BANDWIDTH_BYTES_PER_SECOND = 12_500_000;
/** Message size that paths are chosen for: where a wide detour beats a narrow direct link depends on it. */
const PATH_REFERENCE_BYTES = 256 * 1024;

/** One-way figures of the way from one node to another. `kind` is "measured" only if each hop's figures were. */
export type PathFigures = {
  latencyMs: number;
  bandwidthBytesPerSecond: number;
  kind: "estimated" | "measured";
  /** Topology node ids from start to end. */
  via: string[];
  /** Drawn links used. */
  linkIds: string[];
  /** The same links with their direction and what a byte takes of each; absent = the way is a link of its own. */
  hops?: PathHop[];
  /** Variance of the latency, ms², hops independent; absent = not known. */
  latencyVarianceMs2?: number;
  trusted: boolean;
};
/** `id`: "lnk_1>" as drawn, "lnk_1<" the other way. */
export type PathHop = { id: string; bandwidthBytesPerSecond: number; pricePerGigabyte: number };

type Hop = { toId: string; latencyMs: number; bandwidthBytesPerSecond: number; kind: "estimated" | "measured"; link: TopologyLink; forward: boolean; varianceMs2: number };

/** All pairs, as `paths.get(fromId)?.get(toId)`; a missing entry means that no drawn link leads there. */
export function findPaths(document: TopologyDocument, liveLinks: readonly LiveLink[]): Map<string, Map<string, PathFigures>> {
  const hops = collectHops(document, liveLinks);
  return new Map(document.nodes.map((node) => [node.id, pathsFrom(node.id, document, hops)]));
}

function collectHops(document: TopologyDocument, liveLinks: readonly LiveLink[]): Map<string, Hop[]> {
  const nodeIdOf = new Map(document.nodes.map((node) => [node.id, node.nodeId]));
  const live = new Map(liveLinks.map((link) => [`${link.fromNodeId}>${link.toNodeId}`, link]));
  const hops = new Map<string, Hop[]>(document.nodes.map((node) => [node.id, []]));
  const add = (link: TopologyLink, fromId: string, toId: string) => {
    // The dialling side measures; a link measured from one end only speaks for both directions until the other end has been heard.
    const from = nodeIdOf.get(fromId);
    const to = nodeIdOf.get(toId);
    const measured = from && to ? (live.get(`${from}>${to}`) ?? live.get(`${to}>${from}`)) : undefined;
    hops.get(fromId)?.push({
      toId,
      latencyMs: link.latencyMs ?? (measured ? measured.rttMs / 2 : UNMEASURED_LATENCY_MS),
      bandwidthBytesPerSecond: link.bandwidthBytesPerSecond ?? measured?.bandwidthBytesPerSecond ?? UNMEASURED_BANDWIDTH_BYTES_PER_SECOND,
      kind: link.latencyMs === null && link.bandwidthBytesPerSecond === null && measured?.bandwidthBytesPerSecond ? "measured" : "estimated",
      link,
      forward: fromId === link.fromId,
      // One way is half of the round trip, and so is its deviation.
      varianceMs2: link.latencyMs === null && measured ? (measured.rttSdMs / 2) ** 2 : 0,
    });
  };
  for (const link of document.links) {
    add(link, link.fromId, link.toId);
    if (link.bidirectional) add(link, link.toId, link.fromId);
  }
  return hops;
}

/** Dijkstra over latency + time of the reference message at the narrowest hop so far; small drawings, so no heap. */
function pathsFrom(startId: string, document: TopologyDocument, hops: Map<string, Hop[]>): Map<string, PathFigures> {
  const best = new Map<string, PathFigures>([
    [startId, { latencyMs: 0, bandwidthBytesPerSecond: Number.POSITIVE_INFINITY, kind: "measured", via: [startId], linkIds: [], hops: [], latencyVarianceMs2: 0, trusted: true }],
  ]);
  const trustOf = new Map(document.nodes.map((node) => [node.id, node.trust]));
  const cost = (path: PathFigures) => path.latencyMs + (PATH_REFERENCE_BYTES / path.bandwidthBytesPerSecond) * 1000;
  const done = new Set<string>();
  for (;;) {
    let nextId: string | null = null;
    for (const [id, path] of best) {
      const incumbent = nextId === null ? undefined : best.get(nextId);
      if (!done.has(id) && (!incumbent || cost(path) < cost(incumbent))) nextId = id;
    }
    const path = nextId === null ? undefined : best.get(nextId);
    if (nextId === null || !path) return withDialled(startId, best, hops);
    done.add(nextId);
    for (const hop of hops.get(nextId) ?? []) {
      const candidate: PathFigures = {
        latencyMs: path.latencyMs + hop.latencyMs,
        bandwidthBytesPerSecond: Math.min(path.bandwidthBytesPerSecond, hop.bandwidthBytesPerSecond),
        kind: path.kind === "measured" && hop.kind === "measured" ? "measured" : "estimated",
        via: [...path.via, hop.toId],
        linkIds: [...path.linkIds, hop.link.id],
        hops: [...(path.hops ?? []), { id: `${hop.link.id}${hop.forward ? ">" : "<"}`, bandwidthBytesPerSecond: hop.bandwidthBytesPerSecond, pricePerGigabyte: hop.link.pricePerGigabyte ?? 0 }],
        latencyVarianceMs2: (path.latencyVarianceMs2 ?? 0) + hop.varianceMs2,
        // A relay in the middle sees what passes, so it must be trusted too.
        trusted: path.trusted && hop.link.trust === "trusted" && (nextId === startId || trustOf.get(nextId) === "trusted"),
      };
      const known = best.get(hop.toId);
      if (!done.has(hop.toId) && (!known || cost(candidate) < cost(known))) best.set(hop.toId, candidate);
    }
  }
}

/** `best` with the measured links of the node itself instead of detours. */
function withDialled(startId: string, best: Map<string, PathFigures>, hops: Map<string, Hop[]>): Map<string, PathFigures> {
  for (const { toId, latencyMs, bandwidthBytesPerSecond, kind, link } of hops.get(startId) ?? []) {
    if (kind !== "measured" || best.get(toId)?.linkIds.length === 1) continue;
    best.set(toId, { latencyMs, bandwidthBytesPerSecond, kind, via: [startId, toId], linkIds: [link.id], trusted: link.trust === "trusted" });
  }
  return best;
}
