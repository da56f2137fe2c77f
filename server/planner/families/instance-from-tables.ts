// Puts a family's model and fleet together as an instance.
import type { HopTable, Instance, Processor } from "../instance.ts";
import type { FleetMachine, FleetTables, FleetUnit } from "./fleet-tables.ts";
import type { ModelTables } from "./model-tables.ts";

/** Handing a request over within a stage, milliseconds; a process with nothing loaded, bytes. Memory shares are meant beside it. */
export const STAGE_MS = 0.5;
const STAGE_BYTES = 106_000_000;
/** Standard deviation of a layer's time and of a link's latency and rate, relative. */
const LAYER_SPREAD = 0.05;
const LINK_SPREAD = 0.1;
const JOULES_PER_KILOWATT_HOUR = 3.6e6;

export type InstanceOptions = {
  /** The first and last 5 % of the layers, and the values between them, only on trusted nodes and links. */
  trust: boolean;
  /** No node may serve two stages. */
  oncePerNode: boolean;
};

export function instanceFromTables(model: ModelTables, fleet: FleetTables, options: InstanceOptions): Instance {
  const layers = model.layerMs.length;
  const guarded = options.trust ? Math.max(1, Math.round(layers * 0.05)) : 0;
  const modelBytes = model.weightBytes.reduce((sum, bytes) => sum + bytes, 0);
  const workspaceBytes = Math.max(...model.workspaceBytes);
  return {
    layerCount: layers,
    legal: new Uint8Array(layers + 1).fill(1),
    crossingBytes: Float64Array.from(model.crossingBytes),
    tainted: Uint8Array.from({ length: layers + 1 }, (_, at) => (options.trust && (at < guarded || at > layers - guarded) ? 1 : 0)),
    nodes: fleet.machines.map((machine) => ({ freeBytes: Math.round(machine.memoryShare * modelBytes + STAGE_BYTES + workspaceBytes), spareShare: 1, zone: machine.zone })),
    places: fleet.machines.map((_, node) => ({ nodes: [node], share: [1] })),
    processors: fleet.machines.flatMap((machine, node) => machine.units.map((unit, index) => processorOf(model, { machine, unit, node, index, guarded }))),
    hops: hopTable(fleet),
    source: fleet.source,
    sink: fleet.source,
    limits: { minStages: 1, maxStages: layers, oncePerNode: options.oncePerNode, bottleneckMs: Number.POSITIVE_INFINITY, latencyMs: Number.POSITIVE_INFINITY },
    apart: [],
    constantMs: 1,
  };
}

function processorOf(model: ModelTables, on: { machine: FleetMachine; unit: FleetUnit; node: number; index: number; guarded: number }): Processor {
  const layers = model.layerMs.length;
  const { machine, unit } = on;
  const layerMs = model.layerMs.map((ms, layer) => ms / (machine.speed * (unit.speedOf[model.kinds[layer]!] ?? 1)));
  const upToMs = sums(layerMs);
  const allowed = (layer: number) => machine.trusted || (layer >= on.guarded && layer < layers - on.guarded);
  const allowedUntil = new Int32Array(layers + 1).fill(layers);
  for (let layer = layers - 1; layer >= 0; layer--) allowedUntil[layer] = !allowed(layer) ? layer : layer + 1 < layers && allowed(layer + 1) ? allowedUntil[layer + 1]! : layer + 1;
  const joulesPerMs = unit.activeWatts / 1000;
  return {
    place: on.node,
    unit: on.index,
    mode: on.index,
    stageMs: STAGE_MS,
    upToMs,
    beforeMs: upToMs,
    varianceUpToMs2: sums(layerMs.map((ms) => (LAYER_SPREAD * ms) ** 2)),
    streams: 1,
    stageBytes: STAGE_BYTES,
    residentBytes: sums(model.weightBytes),
    workspaceBytes: Float64Array.from(model.workspaceBytes),
    allowedUntil,
    joulesPerMs,
    moneyPerMs: machine.pricePerHour / 3.6e6,
    gramsPerMs: (joulesPerMs / JOULES_PER_KILOWATT_HOUR) * machine.gramsPerKilowattHour,
  };
}

/** A way is as fast as its slowest link and as late as all of them; only what is trusted from end to end is trusted. */
function hopTable(fleet: FleetTables): HopTable {
  const count = fleet.machines.length;
  const zeros = () => new Float64Array(count * count);
  const table = { way: new Uint8Array(count * count), fixedMs: zeros(), perByteMs: zeros(), fixedVarianceMs2: zeros(), perByteVarianceMs2: zeros(), joulesPerByte: zeros(), moneyPerByte: zeros(), gramsPerByte: zeros(), links: [] as (readonly number[])[], linkPerByteMs: Float64Array.from(fleet.links, (link) => 1000 / link.bytesPerSecond) };
  for (let from = 0; from < count; from++) {
    for (let to = 0; to < count; to++) {
      const way = from === to ? [] : fleet.way(from, to);
      const index = from * count + to;
      table.links.push(way ?? []);
      if (way === null) continue;
      const links = way.map((id) => fleet.links[id]!);
      table.way[index] = links.every((link) => link.trusted) ? 2 : 1;
      table.fixedMs[index] = links.reduce((sum, link) => sum + link.oneWayMs, 0);
      table.perByteMs[index] = links.reduce((most, link) => Math.max(most, 1000 / link.bytesPerSecond), 0);
      table.fixedVarianceMs2[index] = links.reduce((sum, link) => sum + (LINK_SPREAD * link.oneWayMs) ** 2, 0);
      table.perByteVarianceMs2[index] = (LINK_SPREAD * table.perByteMs[index]!) ** 2;
      table.joulesPerByte[index] = links.reduce((sum, link) => sum + link.nanojoulesPerByte * 1e-9, 0);
      table.moneyPerByte[index] = links.reduce((sum, link) => sum + link.pricePerGigabyte / 1e9, 0);
      table.gramsPerByte[index] = (table.joulesPerByte[index]! / JOULES_PER_KILOWATT_HOUR) * 300;
    }
  }
  return table;
}

function sums(values: readonly number[]): Float64Array {
  const upTo = new Float64Array(values.length + 1);
  for (const [index, value] of values.entries()) upTo[index + 1] = upTo[index]! + value;
  return upTo;
}
