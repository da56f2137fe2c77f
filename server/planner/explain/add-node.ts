// Owns "one more machine like this one": the same processors and memory, in the same zone, with links of its own as good as the first one's.
import type { HopTable, Instance } from "../instance.ts";
import type { SearchRequest } from "../search/solver.ts";

/** The way between the two is as good as the first one's to its nearest neighbour; without a neighbour there is none. */
export function addNode(request: SearchRequest, like: number): SearchRequest {
  const { instance, moving } = request;
  const m = instance.nodes.length;
  // Plain nodes come first among the places, so all others move up by one.
  const shift = (place: number) => (place >= m ? place + 1 : place);
  const moved = instance.processors.map((processor) => ({ ...processor, place: shift(processor.place) }));
  const copies = instance.processors.flatMap((processor, index) => (processor.place === like ? [{ index, copy: { ...processor, place: m } }] : []));
  const places = [...instance.places.slice(0, m), { nodes: [m], share: [1] }, ...instance.places.slice(m)];
  // Nobody asks then which place might be trusted.
  const { trust: _, ...rest } = instance;
  const changed: Instance = {
    ...rest,
    nodes: [...instance.nodes, instance.nodes[like]!],
    places,
    processors: [...moved, ...copies.map(({ copy }) => copy)],
    hops: addHops(instance, like),
    source: shift(instance.source),
    sink: shift(instance.sink),
  };
  // A new machine holds nothing yet: bringing layers there costs what it costs to the one that has least.
  const most = moving?.reduce((a, b) => ((a?.at(-1) ?? 0) >= (b?.at(-1) ?? 0) ? a : b), null) ?? null;
  return { ...request, instance: changed, ...(moving ? { moving: [...moving, ...copies.map(() => most)] } : {}) };
}

function addHops(instance: Instance, like: number): HopTable {
  const { hops } = instance;
  const before = instance.places.length;
  const m = instance.nodes.length;
  const size = before + 1;
  const old = (place: number) => (place === m ? like : place > m ? place - 1 : place);
  const neighbour = nearest(instance, like);
  const linkPerByteMs = [...hops.linkPerByteMs];
  const twins = new Map<number, number>();
  const twin = (link: number) => twins.get(link) ?? twins.set(link, linkPerByteMs.push(hops.linkPerByteMs[link]!) - 1).get(link)!;
  /** Index of the hop whose figures the new one takes; null = no way. */
  const source = Array.from({ length: size * size }, (_, hop) => {
    const [from, to] = [Math.floor(hop / size), hop % size];
    if (from === to || (from !== m && to !== m)) return old(from) * before + old(to);
    if (old(from) !== old(to)) return old(from) * before + old(to);
    return neighbour === null ? null : from === m ? like * before + neighbour : neighbour * before + like;
  });
  const take = (values: Float64Array) => Float64Array.from(source, (hop) => (hop === null ? 0 : values[hop]!));
  const links = source.map((hop, index) => (hop === null ? [] : isNew(index, size, m) ? hops.links[hop]!.map(twin) : hops.links[hop]!));
  return {
    way: Uint8Array.from(source, (hop) => (hop === null ? 0 : hops.way[hop]!)),
    fixedMs: take(hops.fixedMs),
    perByteMs: take(hops.perByteMs),
    fixedVarianceMs2: take(hops.fixedVarianceMs2),
    perByteVarianceMs2: take(hops.perByteVarianceMs2),
    joulesPerByte: take(hops.joulesPerByte),
    moneyPerByte: take(hops.moneyPerByte),
    gramsPerByte: take(hops.gramsPerByte),
    links,
    linkPerByteMs: Float64Array.from(linkPerByteMs),
  };
}

function isNew(hop: number, size: number, m: number): boolean {
  return Math.floor(hop / size) === m || hop % size === m;
}

/** Node with ways in both directions that a middling number of bytes reaches soonest. */
function nearest({ hops, nodes, places, crossingBytes }: Instance, node: number): number | null {
  const bytes = crossingBytes.reduce((a, b) => a + b, 0) / crossingBytes.length;
  let best: number | null = null;
  let bestMs = Number.POSITIVE_INFINITY;
  for (let other = 0; other < nodes.length; other++) {
    const [out, back] = [node * places.length + other, other * places.length + node];
    if (other === node || hops.way[out] === 0 || hops.way[back] === 0) continue;
    const ms = hops.fixedMs[out]! + hops.fixedMs[back]! + bytes * (hops.perByteMs[out]! + hops.perByteMs[back]!);
    if (ms < bestMs) [best, bestMs] = [other, ms];
  }
  return best;
}
