// A production line: one controller a cell, switches daisy-chained along it, so that far hops share many links; an industrial PC every fifth cell, a server at the end.
import { drawMachine, logUniform } from "./draw-machine.ts";
import type { FleetOptions } from "./fleet-options.ts";
import { bothWays, fleetFromGraph, type GraphLink } from "./fleet-from-graph.ts";
import type { FleetTables } from "./fleet-tables.ts";

const MB = 1e6;

/** Controllers 1–4×, industrial PCs 8–14×, the server 20×; 1 Gbit/s trunks, ports of 0.1 or 1 Gbit/s. Requests come from the first cell. With trust, every third cell belongs to the line's owner. */
export function industrialLineFleet(random: () => number, options: FleetOptions): FleetTables {
  const { nodes } = options;
  const server = nodes - 1;
  const links: GraphLink[] = [];
  const wire = { nanojoulesPerByte: 20, pricePerGigabyte: 0 };
  const machines = Array.from({ length: nodes }, (_, node) => {
    const isPc = node % 5 === 4;
    const speed = node === server ? 20 : isPc ? logUniform(random, 8, 14) : logUniform(random, 1, 4);
    const trusted = !options.trust || node % 3 === 0 || node === server;
    const fast = isPc || node === server || random() < 0.5;
    links.push(...bothWays({ ...wire, from: node, to: nodes + node, bytesPerSecond: (fast ? 118 : 11.8) * MB, oneWayMs: 0.1 + 0.2 * random(), trusted }));
    if (node > 0) links.push(...bothWays({ ...wire, from: nodes + node - 1, to: nodes + node, bytesPerSecond: 118 * MB, oneWayMs: 0.05 + (options.tiers && node % 10 === 0 ? 5 : 0), trusted: true }));
    return drawMachine(random, { speed, memoryShare: options.memoryShare * (isPc || node === server ? 1.5 : 0.9), trusted, zone: Math.floor(node / 10) });
  });
  return fleetFromGraph({ machines, switches: nodes, links, source: 0 });
}
