import type { FleetMachine, FleetUnit } from "./fleet-tables.ts";

/** Between `low` and `high`, each factor as likely as another of the same size. */
export function logUniform(random: () => number, low: number, high: number): number {
  return low * (high / low) ** random();
}

/**
 * One plain machine of a speed with one unit: up to 15 % better or worse at each kind of layer, memory ±25 % around the share, power rising with speed (2 W to some 30 W at 20×),
 * price rising with power.
 */
export function drawMachine(random: () => number, of: { speed: number; memoryShare: number; trusted?: boolean; zone?: number }): FleetMachine {
  const around = () => 0.85 + 0.3 * random();
  const unit: FleetUnit = { name: "cpu", speedOf: { attention: around(), mlp: around(), elementwise: around() }, activeWatts: 2 * of.speed ** 0.9 * (0.8 + 0.4 * random()) };
  return {
    speed: of.speed,
    memoryShare: of.memoryShare * (0.75 + 0.5 * random()),
    trusted: of.trusted ?? true,
    zone: of.zone ?? -1,
    units: [unit],
    pricePerHour: 0.002 * unit.activeWatts * (0.5 + random()),
    gramsPerKilowattHour: 50 + 500 * random(),
  };
}
