// Owns which nodes are interchangeable: swapping two of a class changes no figure of any plan, so one of them may stand for both.
import type { Instance, Processor } from "../instance.ts";

/** Class by node, numbered from 0 in order of first members. */
export function nodeClasses(instance: Instance): Int32Array {
  const classes = new Int32Array(instance.nodes.length).fill(-1);
  const mayShare = linksArePrivate(instance) && instance.places.every((place) => place.nodes.length === 1) && !instance.apart.some((apart) => apart.within === "zone");
  const ofNode = processorsByNode(instance);
  const first: number[] = [];
  for (let node = 0; node < instance.nodes.length; node++) {
    const known = mayShare ? first.findIndex((other) => interchangeable(instance, ofNode, other, node)) : -1;
    classes[node] = known >= 0 ? known : first.push(node) - 1;
  }
  return classes;
}

function interchangeable(instance: Instance, ofNode: readonly Processor[][], a: number, b: number): boolean {
  if ([a, b].some((node) => node === instance.source || node === instance.sink)) return false;
  if (instance.nodes[a]!.freeBytes !== instance.nodes[b]!.freeBytes) return false;
  const [first, second] = [ofNode[a]!, ofNode[b]!];
  return first.length === second.length && first.every((processor, index) => sameProcessor(processor, second[index]!)) && sameHops(instance, a, b);
}

function sameProcessor(a: Processor, b: Processor): boolean {
  if (a.unit !== b.unit || a.mode !== b.mode || a.stageMs !== b.stageMs || a.streams !== b.streams || a.stageBytes !== b.stageBytes) return false;
  return same(a.upToMs, b.upToMs) && same(a.beforeMs, b.beforeMs) && same(a.residentBytes, b.residentBytes) && same(a.workspaceBytes, b.workspaceBytes) && same(a.allowedUntil, b.allowedUntil);
}

function same(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

function sameHops(instance: Instance, a: number, b: number): boolean {
  const count = instance.places.length;
  if (!sameHop(instance, a * count + b, b * count + a) || !sameHop(instance, a * count + a, b * count + b)) return false;
  for (let other = 0; other < count; other++) {
    if (other === a || other === b) continue;
    if (!sameHop(instance, a * count + other, b * count + other) || !sameHop(instance, other * count + a, other * count + b)) return false;
  }
  return true;
}

function sameHop(instance: Instance, first: number, second: number): boolean {
  const { hops } = instance;
  if (hops.way[first] !== hops.way[second] || hops.fixedMs[first] !== hops.fixedMs[second] || hops.perByteMs[first] !== hops.perByteMs[second]) return false;
  const [a, b] = [hops.links[first]!, hops.links[second]!];
  return a.length === b.length && a.every((link, index) => hops.linkPerByteMs[link] === hops.linkPerByteMs[b[index]!]);
}

/** No two hops share a link: what is on one says nothing of another. */
function linksArePrivate(instance: Instance): boolean {
  const seen = new Set<number>();
  for (const links of instance.hops.links) {
    for (const link of links) {
      if (seen.has(link)) return false;
      seen.add(link);
    }
  }
  return true;
}

function processorsByNode(instance: Instance): Processor[][] {
  const byNode: Processor[][] = instance.nodes.map(() => []);
  for (const processor of instance.processors) for (const node of instance.places[processor.place]!.nodes) byNode[node]!.push(processor);
  return byNode;
}
