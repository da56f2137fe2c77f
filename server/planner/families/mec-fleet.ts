// Three tiers of multi-access edge computing: devices on radio, edge servers on a metro ring, a cloud behind a wide-area link.
import { drawMachine, logUniform } from "./draw-machine.ts";
import type { FleetOptions } from "./fleet-options.ts";
import { bothWays, fleetFromGraph, type GraphLink } from "./fleet-from-graph.ts";
import type { FleetTables } from "./fleet-tables.ts";

const MB = 1e6;

/** 60 % devices (1–3×), 30 % edge servers (4–12×), 10 % cloud (15–30×); memory 0.7, 1.2 and 1.6 of the share. With trust the cloud and the wide-area link are not trusted. */
export function mecFleet(random: () => number, options: FleetOptions): FleetTables {
  const { nodes } = options;
  const clouds = Math.max(1, Math.round(nodes * 0.1));
  const edges = nodes > 2 ? Math.max(1, Math.round(nodes * 0.3)) : 0;
  const devices = nodes - clouds - edges;
  const tierOf = (node: number) => (node < devices ? 0 : node < devices + edges ? 1 : 2);
  const speeds: readonly [number, number][] = [[1, 3], [4, 12], [15, 30]];
  const machines = Array.from({ length: nodes }, (_, node) => {
    const tier = tierOf(node);
    return drawMachine(random, { speed: logUniform(random, ...speeds[tier]!), memoryShare: options.memoryShare * [0.7, 1.2, 1.6][tier]!, trusted: !options.trust || tier < 2, zone: tier });
  });
  // Vertices beyond the machines: the metro switch, then the cloud's.
  const metro = nodes;
  const cloud = nodes + 1;
  const links: GraphLink[] = [];
  for (let node = 0; node < nodes; node++) {
    const tier = tierOf(node);
    if (tier === 0) {
      const mast = edges > 0 ? devices + (node % edges) : metro;
      const radio = { bytesPerSecond: logUniform(random, 4 * MB, 25 * MB), oneWayMs: 1 + 4 * random(), trusted: true, nanojoulesPerByte: 250, pricePerGigabyte: 0 };
      links.push({ ...radio, from: node, to: mast, bytesPerSecond: 0.5 * radio.bytesPerSecond }, { ...radio, from: mast, to: node });
    } else if (tier === 1) links.push(...bothWays({ from: node, to: metro, bytesPerSecond: logUniform(random, 40 * MB, 125 * MB), oneWayMs: 0.3 + 0.7 * random(), trusted: true, nanojoulesPerByte: 40, pricePerGigabyte: 0 }));
    else links.push(...bothWays({ from: node, to: cloud, bytesPerSecond: 1000 * MB, oneWayMs: 0.1, trusted: !options.trust, nanojoulesPerByte: 10, pricePerGigabyte: 0 }));
  }
  links.push(...bothWays({ from: metro, to: cloud, bytesPerSecond: logUniform(random, 10 * MB, 60 * MB), oneWayMs: 6 + 10 * random(), trusted: !options.trust, nanojoulesPerByte: 100, pricePerGigabyte: 0.05 }));
  return fleetFromGraph({ machines, switches: 2, links, source: 0 });
}
