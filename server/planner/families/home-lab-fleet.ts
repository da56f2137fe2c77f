// Two boxes at home: a desktop with a graphics card and a small server, where one box alone is often best.
import { drawMachine, logUniform } from "./draw-machine.ts";
import type { FleetOptions } from "./fleet-options.ts";
import { bothWays, fleetFromGraph } from "./fleet-from-graph.ts";
import type { FleetTables } from "./fleet-tables.ts";

const MB = 1e6;

/** The small server (1–4×) takes the requests; the desktop has a processor (3–6×) and a card four to eight times faster at all but elementwise layers. Over Wi-Fi or a cable. */
export function homeLabFleet(random: () => number, options: FleetOptions): FleetTables {
  const small = drawMachine(random, { speed: logUniform(random, 1, 4), memoryShare: options.memoryShare });
  const plain = drawMachine(random, { speed: logUniform(random, 3, 6), memoryShare: options.memoryShare, trusted: !options.trust });
  const card = 4 + 4 * random();
  const desktop = { ...plain, units: [...plain.units, { name: "gpu", speedOf: { attention: card, mlp: card, elementwise: 1.5 }, activeWatts: 120 }] };
  const cable = random() < 0.5;
  return fleetFromGraph({
    machines: [small, desktop],
    switches: 0,
    links: bothWays({ from: 0, to: 1, bytesPerSecond: cable ? 118 * MB : logUniform(random, 3 * MB, 40 * MB), oneWayMs: cable ? 0.2 : 1 + 3 * random(), trusted: !options.trust, nanojoulesPerByte: cable ? 20 : 150, pricePerGigabyte: 0 }),
    source: 0,
  });
}
