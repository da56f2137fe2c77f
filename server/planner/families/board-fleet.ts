// Five unequal boards on one access point, as in HiDP's evaluation (Taufique et al., DATE 2025): Jetson Orin NX, TX2, Nano, Raspberry Pi 5 and 4.
// Rates are what frameworks reach on convolutions (a third of the peak or less), not measured here: ratios between boards matter, not their absolute speed.
import { bothWays, fleetFromGraph } from "./fleet-from-graph.ts";
import type { FleetMachine, FleetTables, FleetUnit } from "./fleet-tables.ts";

const MB = 1e6;
/** GFLOP/s of a machine of speed 1. */
export const REFERENCE_GFLOPS = 10;
/** Depthwise layers starve for memory on both, dense ones at batch 1 more so. */
const CPU_EFFICIENCY = { conv: 1, depthwise: 0.5, dense: 0.2, pool: 0.5 };
const GPU_EFFICIENCY = { conv: 1, depthwise: 0.25, dense: 0.15, pool: 0.3 };

const BOARDS = [
  { name: "Jetson Orin NX", cpu: { gflops: 70, watts: 8 }, gpu: { gflops: 700, watts: 15 } },
  { name: "Jetson TX2", cpu: { gflops: 25, watts: 6 }, gpu: { gflops: 230, watts: 10 } },
  { name: "Jetson Nano", cpu: { gflops: 15, watts: 4 }, gpu: { gflops: 90, watts: 7 } },
  { name: "Raspberry Pi 5", cpu: { gflops: 40, watts: 8 }, gpu: null },
  { name: "Raspberry Pi 4", cpu: { gflops: 14, watts: 5 }, gpu: null },
] as const;

/** Radio of 40–96 Mbit/s each way and 0.5–1.5 ms to the access point; any board may be the one that takes the request. Models fit everywhere. */
export function boardFleet(random: () => number): FleetTables {
  const machines: FleetMachine[] = BOARDS.map((board) => {
    const unit = (name: string, of: { gflops: number; watts: number }, efficiency: Record<string, number>): FleetUnit => {
      const rate = (of.gflops / REFERENCE_GFLOPS) * (0.85 + 0.3 * random());
      return { name, activeWatts: of.watts, speedOf: Object.fromEntries(Object.entries(efficiency).map(([kind, share]) => [kind, rate * share])) };
    };
    const units = [unit("cpu", board.cpu, CPU_EFFICIENCY), ...(board.gpu ? [unit("gpu", board.gpu, GPU_EFFICIENCY)] : [])];
    return { speed: 1, memoryShare: 8, trusted: true, zone: -1, units, pricePerHour: 0.01, gramsPerKilowattHour: 300 };
  });
  const radio = () => ({ bytesPerSecond: (5 + 7 * random()) * MB, oneWayMs: 0.5 + random(), trusted: true, nanojoulesPerByte: 150, pricePerGigabyte: 0 });
  const links = machines.flatMap((_, board) => bothWays({ ...radio(), from: board, to: machines.length }));
  return fleetFromGraph({ machines, switches: 1, links, source: Math.floor(random() * machines.length) });
}
