// Owns which nodes are interchangeable: swapping two of a class changes no figure of any plan, so one of them may stand for both.
import type { Instance, Processor } from "../instance.ts";

/** Class by node, numbered from 0 in order of first members. */
export function nodeClasses(instance: Instance): Int32Array {
  const classes = new Int32Array(instance.nodes.length).fill(-1);
  const uses = hopsByLink(instance);
  const mayShare = instance.places.length === instance.nodes.length && instance.places.every((place, index) => place.nodes.length === 1 && place.nodes[0] === index) && !instance.apart.some((apart) => apart.within === "zone");
  const ofNode = processorsByNode(instance);
  const first: number[] = [];
  for (let node = 0; node < instance.nodes.length; node++) {
    const known = mayShare ? first.findIndex((other) => interchangeable(instance, { ofNode, uses }, other, node)) : -1;
    classes[node] = known >= 0 ? known : first.push(node) - 1;
  }
  return classes;
}

function interchangeable(instance: Instance, { ofNode, uses }: { ofNode: readonly Processor[][]; uses: Int32Array }, a: number, b: number): boolean {
  if ([a, b].some((node) => node === instance.source || node === instance.sink)) return false;
  if (instance.nodes[a]!.freeBytes !== instance.nodes[b]!.freeBytes) return false;
  const [first, second] = [ofNode[a]!, ofNode[b]!];
  return first.length === second.length && first.every((processor, index) => sameProcessor(processor, second[index]!)) && sameHops(instance, uses, a, b);
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

/**
 * Swapping the two leaves every hop as it was, if each link is swapped with the one that stands for it: links that are theirs alone may be, what others pass over too must stay.
 * So nodes on ports of their own behind a shared uplink are alike.
 */
function sameHops(instance: Instance, uses: Int32Array, a: number, b: number): boolean {
  const count = instance.places.length;
  const swapped = (place: number) => (place === a ? b : place === b ? a : place);
  const image = new Map<number, number>();
  const used = new Map<number, number>();
  const matches = (from: number, to: number): boolean => {
    const hop = from * count + to;
    const other = swapped(from) * count + swapped(to);
    const { way, fixedMs, perByteMs, links, linkPerByteMs } = instance.hops;
    if (way[hop] !== way[other] || fixedMs[hop] !== fixedMs[other] || perByteMs[hop] !== perByteMs[other] || links[hop]!.length !== links[other]!.length) return false;
    return links[hop]!.every((link, index) => {
      const like = links[other]![index]!;
      used.set(link, (used.get(link) ?? 0) + 1);
      if (!image.has(link)) image.set(link, like);
      return image.get(link) === like && linkPerByteMs[link] === linkPerByteMs[like];
    });
  };
  for (const own of [a, b]) for (let other = 0; other < count; other++) {
    if (!matches(own, other) || (other !== a && other !== b && !matches(other, own))) return false;
  }
  return [...image].every(([link, like]) => link === like || (used.get(link) === uses[link] && image.get(like) === link));
}

/** How many hops pass over each link. */
function hopsByLink({ hops }: Instance): Int32Array {
  const uses = new Int32Array(hops.linkPerByteMs.length);
  for (const links of hops.links) for (const link of links) uses[link]!++;
  return uses;
}

function processorsByNode(instance: Instance): Processor[][] {
  const byNode: Processor[][] = instance.nodes.map(() => []);
  for (const processor of instance.processors) for (const node of instance.places[processor.place]!.nodes) byNode[node]!.push(processor);
  return byNode;
}
