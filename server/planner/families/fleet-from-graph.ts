// Ways over a drawn network: machines are vertices 0…, switches and access points the ones after them.
import type { FleetLink, FleetMachine, FleetTables } from "./fleet-tables.ts";

export type GraphLink = FleetLink & { from: number; to: number };

/** Bytes by which ways are chosen: latency and transfer of a message of this size together. */
const REFERENCE_BYTES = 200_000;

/** Each way is the cheapest for a message of the reference size. Quadratic per machine, which is enough for the some hundred vertices of a family. */
export function fleetFromGraph(graph: { machines: FleetMachine[]; switches: number; links: GraphLink[]; source: number }): FleetTables {
  const vertices = graph.machines.length + graph.switches;
  const leaving = Array.from({ length: vertices }, () => [] as number[]);
  for (const [id, link] of graph.links.entries()) leaving[link.from]!.push(id);
  const ways = graph.machines.map((_, from) => waysFrom(from, vertices, leaving, graph.links));
  return { machines: graph.machines, links: graph.links, source: graph.source, way: (from, to) => ways[from]![to] ?? null };
}

/** The same figures in both directions. */
export function bothWays(link: GraphLink): GraphLink[] {
  return [link, { ...link, from: link.to, to: link.from }];
}

function waysFrom(source: number, vertices: number, leaving: readonly (readonly number[])[], links: readonly GraphLink[]): (number[] | null)[] {
  const distance = new Float64Array(vertices).fill(Number.POSITIVE_INFINITY);
  const last = new Int32Array(vertices).fill(-1);
  const done = new Uint8Array(vertices);
  distance[source] = 0;
  for (let round = 0; round < vertices; round++) {
    let at = -1;
    for (let vertex = 0; vertex < vertices; vertex++) if (!done[vertex] && distance[vertex]! < (at < 0 ? Number.POSITIVE_INFINITY : distance[at]!)) at = vertex;
    if (at < 0) break;
    done[at] = 1;
    for (const id of leaving[at]!) {
      const link = links[id]!;
      const far = distance[at]! + link.oneWayMs + (REFERENCE_BYTES / link.bytesPerSecond) * 1000;
      if (far >= distance[link.to]!) continue;
      distance[link.to] = far;
      last[link.to] = id;
    }
  }
  return Array.from({ length: vertices }, (_, to) => {
    if (!Number.isFinite(distance[to]!)) return null;
    const way: number[] = [];
    for (let vertex = to; vertex !== source; vertex = links[last[vertex]!]!.from) way.unshift(last[vertex]!);
    return way;
  });
}
