// An instance whose layers can be split by rows over several nodes at once. Such an execution is no chain of stages, so it has figures of its own, on the same tables.
import { seededRandom } from "../../model/seeded-random.ts";
import type { Instance } from "../instance.ts";
import { boardFleet } from "./board-fleet.ts";
import { CNNS, type CnnLayer, cnnLayers } from "./cnn-layers.ts";
import { cnnModel } from "./cnn-model.ts";
import { instanceFromTables } from "./instance-from-tables.ts";

export type GroupInstance = {
  /** The name of the network. */
  model: string;
  instance: Instance;
  /** One per layer of the instance. */
  layers: readonly CnnLayer[];
};

/** The same tables as the family "hidp-boards" of the seed. */
export function buildGroupInstance(seed: number, oncePerNode = false): GroupInstance {
  const cnn = CNNS[seed % CNNS.length]!;
  const layers = cnnLayers(cnn);
  return { model: cnn.name, instance: instanceFromTables(cnnModel(layers), boardFleet(seededRandom(seed)), { trust: false, oncePerNode }), layers };
}
