// Everybody reaches everybody: the setting of the prototype's figures.
import { drawMachine, logUniform } from "./draw-machine.ts";
import type { FleetOptions } from "./fleet-options.ts";
import type { FleetLink, FleetTables } from "./fleet-tables.ts";

const MB = 1e6;
const SITES = 3;
/** Between sites: share of the rate, and milliseconds more. */
const CROSS_SITE_RATE = 0.3;
const CROSS_SITE_MS = 5;

/** Speeds 1–20×, a port of 2–125 MB/s each, pairs at 0.4–1 of the slower port, round trips of 0.5–10 ms. A third of the nodes is trusted, the source among them. */
export function meshFleet(random: () => number, options: FleetOptions): FleetTables {
  const { nodes } = options;
  const machines = Array.from({ length: nodes }, (_, node) =>
    drawMachine(random, { speed: logUniform(random, 1, 20), memoryShare: options.memoryShare, trusted: !options.trust || node % 3 === 0, zone: options.tiers ? Math.floor(random() * SITES) : -1 }));
  const portBytesPerSecond = machines.map(() => logUniform(random, 2 * MB, 125 * MB));
  const links: FleetLink[] = [];
  for (let from = 0; from < nodes; from++) {
    for (let to = 0; to < nodes; to++) {
      const cross = options.tiers && machines[from]!.zone !== machines[to]!.zone;
      links.push({
        bytesPerSecond: Math.min(portBytesPerSecond[from]!, portBytesPerSecond[to]!) * (0.4 + 0.6 * random()) * (cross ? CROSS_SITE_RATE : 1),
        oneWayMs: (0.5 + 9.5 * random()) / 2 + (cross ? CROSS_SITE_MS : 0),
        trusted: machines[from]!.trusted && machines[to]!.trusted,
        nanojoulesPerByte: 20 + 80 * random(),
        pricePerGigabyte: cross ? 0.02 : 0,
      });
    }
  }
  return { machines, links, source: 0, way: (from, to) => [from * nodes + to] };
}
