import type { Instance } from "../instance.ts";
import type { PlainNode } from "./plain-nodes.ts";

/** Nodes that are interchangeable: equal times, memory, permissions and links. In order of their first node. */
export function nodeTypes(instance: Instance, nodes: readonly PlainNode[]): PlainNode[][] {
  const types: PlainNode[][] = [];
  for (const node of nodes) {
    const type = types.find(([first]) => alike(instance, first!, node));
    if (type) type.push(node);
    else types.push([node]);
  }
  return types;
}

function alike(instance: Instance, a: PlainNode, b: PlainNode): boolean {
  if (a.freeBytes !== b.freeBytes || a.wholeMs !== b.wholeMs || a.processor.streams !== b.processor.streams) return false;
  if (!same(a.processor.upToMs, b.processor.upToMs) || !same(a.processor.allowedUntil, b.processor.allowedUntil) || !same(a.processor.residentBytes, b.processor.residentBytes)) return false;
  const count = instance.places.length;
  const { way, fixedMs, perByteMs } = instance.hops;
  const sameHop = (one: number, other: number) => way[one] === way[other] && fixedMs[one] === fixedMs[other] && perByteMs[one] === perByteMs[other];
  for (let place = 0; place < count; place++) {
    if (place === a.place || place === b.place) continue;
    if (!sameHop(a.place * count + place, b.place * count + place) || !sameHop(place * count + a.place, place * count + b.place)) return false;
  }
  return true;
}

function same(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
