// A rack of equal machines, or three of them: nothing to choose but where to cut.
import type { FleetOptions } from "./fleet-options.ts";
import { bothWays, fleetFromGraph } from "./fleet-from-graph.ts";
import type { FleetMachine, FleetTables } from "./fleet-tables.ts";

const MB = 1e6;

/** Speed 6, 1 Gbit/s ports into a switch; with tiers three switches over shared uplinks of 0.3 of that and 5 ms. */
export function homogeneousFleet(random: () => number, options: FleetOptions): FleetTables {
  const { nodes } = options;
  const sites = options.tiers ? Math.min(3, nodes) : 1;
  const speedOf = { attention: 0.9 + 0.2 * random(), mlp: 0.9 + 0.2 * random() };
  const machines: FleetMachine[] = Array.from({ length: nodes }, (_, node) => ({
    speed: 6, memoryShare: options.memoryShare, trusted: !options.trust || node % 3 === 0, zone: options.tiers ? node % sites : -1,
    units: [{ name: "cpu", speedOf, activeWatts: 15 }], pricePerHour: 0.03, gramsPerKilowattHour: 300,
  }));
  const link = { nanojoulesPerByte: 20, pricePerGigabyte: 0 };
  const ports = machines.flatMap((machine, node) => bothWays({ ...link, from: node, to: nodes + (node % sites), bytesPerSecond: 118 * MB, oneWayMs: 0.15, trusted: machine.trusted }));
  const uplinks = sites === 1 ? [] : Array.from({ length: sites }, (_, site) => bothWays({ ...link, from: nodes + site, to: nodes + sites, bytesPerSecond: 0.3 * 118 * MB, oneWayMs: 2.5, trusted: true })).flat();
  return fleetFromGraph({ machines, switches: sites + (sites > 1 ? 1 : 0), links: [...ports, ...uplinks], source: 0 });
}
