// Vehicles on a road: neighbours talk directly, the others through roadside units on a fibre with a regional server at its middle.
import { drawMachine, logUniform } from "./draw-machine.ts";
import type { FleetOptions } from "./fleet-options.ts";
import { bothWays, fleetFromGraph, type GraphLink } from "./fleet-from-graph.ts";
import type { FleetTables } from "./fleet-tables.ts";

const MB = 1e6;

/** Half vehicles (2–8×), the rest roadside units (3–9×), one regional server (20×). Requests come from the first vehicle. With trust, other people’s vehicles see neither end of the model. */
export function v2xFleet(random: () => number, options: FleetOptions): FleetTables {
  const { nodes } = options;
  const vehicles = Math.max(1, Math.floor(nodes / 2));
  const roadside = nodes - vehicles - 1;
  const regional = nodes - 1;
  const machines = Array.from({ length: nodes }, (_, node) => {
    const speed = node === regional ? 20 : node < vehicles ? logUniform(random, 2, 8) : logUniform(random, 3, 9);
    return drawMachine(random, { speed, memoryShare: options.memoryShare, trusted: !options.trust || node === 0 || node >= vehicles, zone: node < vehicles ? 0 : 1 });
  });
  const links: GraphLink[] = [];
  const mastOf = (vehicle: number) => (roadside > 0 ? vehicles + Math.floor((vehicle * roadside) / vehicles) : regional);
  for (let vehicle = 0; vehicle < vehicles; vehicle++) {
    const radio = { bytesPerSecond: logUniform(random, 6 * MB, 30 * MB), oneWayMs: 2 + 6 * random(), trusted: true, nanojoulesPerByte: 300, pricePerGigabyte: 0 };
    links.push({ ...radio, from: vehicle, to: mastOf(vehicle), bytesPerSecond: 0.4 * radio.bytesPerSecond }, { ...radio, from: mastOf(vehicle), to: vehicle });
    for (const ahead of [1, 2]) {
      if (vehicle + ahead < vehicles) links.push(...bothWays({ from: vehicle, to: vehicle + ahead, bytesPerSecond: logUniform(random, 2 * MB, 10 * MB) / ahead, oneWayMs: 1 + 2 * random(), trusted: !options.trust, nanojoulesPerByte: 200, pricePerGigabyte: 0 }));
    }
  }
  const fibre = { bytesPerSecond: 118 * MB, oneWayMs: 0.3, trusted: true, nanojoulesPerByte: 30, pricePerGigabyte: 0 };
  for (let unit = vehicles; unit + 1 < regional; unit++) links.push(...bothWays({ ...fibre, from: unit, to: unit + 1 }));
  if (roadside > 0) links.push(...bothWays({ ...fibre, from: vehicles + Math.floor(roadside / 2), to: regional, oneWayMs: 1.5 }));
  return fleetFromGraph({ machines, switches: 0, links, source: 0 });
}
