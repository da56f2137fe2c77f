// The families of instances that solvers and baselines are compared on (docs/PLANNING.md). Seeded and pure: the same options give the same instance everywhere.
import type { Instance } from "../instance.ts";
import { seededRandom } from "../../model/seeded-random.ts";
import { boardFleet } from "./board-fleet.ts";
import { CNNS, cnnLayers } from "./cnn-layers.ts";
import { cnnModel } from "./cnn-model.ts";
import type { FleetOptions } from "./fleet-options.ts";
import type { FleetTables } from "./fleet-tables.ts";
import { homeLabFleet } from "./home-lab-fleet.ts";
import { homogeneousFleet } from "./homogeneous-fleet.ts";
import { industrialLineFleet } from "./industrial-line-fleet.ts";
import { instanceFromTables } from "./instance-from-tables.ts";
import { mecFleet } from "./mec-fleet.ts";
import { meshFleet } from "./mesh-fleet.ts";
import { transformerModel } from "./transformer-model.ts";
import { v2xFleet } from "./v2x-fleet.ts";

const FLEETS = { mesh: meshFleet, mec: mecFleet, v2x: v2xFleet, "industrial-line": industrialLineFleet, homogeneous: homogeneousFleet, "home-lab": homeLabFleet } satisfies Record<string, (random: () => number, options: FleetOptions) => FleetTables>;

/** "hidp-boards" has five boards, a convolutional network chosen by the seed and no tight memory; "home-lab" two boxes. All others take any number of layers and nodes. */
export type FamilyName = keyof typeof FLEETS | "hidp-boards";
export const FAMILY_NAMES: readonly FamilyName[] = [...(Object.keys(FLEETS) as (keyof typeof FLEETS)[]), "hidp-boards"];

export type FamilyOptions = {
  seed: number;
  layers: number;
  nodes: number;
  /** Mean memory of a node for weights, in shares of the model's; raised to 1.5 / nodes where the fleet could not hold the model. */
  memoryShare: number;
  trust?: boolean;
  tiers?: boolean;
  /** No node may serve two stages, as plans are made unless asked otherwise; true unless said. */
  oncePerNode?: boolean;
};

export function buildFamily(name: FamilyName, options: FamilyOptions): Instance {
  const random = seededRandom(options.seed);
  const rules = { trust: options.trust ?? false, oncePerNode: options.oncePerNode ?? true };
  if (name === "hidp-boards") return instanceFromTables(cnnModel(cnnLayers(CNNS[options.seed % CNNS.length]!)), boardFleet(random), rules);
  const nodes = name === "home-lab" ? 2 : options.nodes;
  const fleet = FLEETS[name](random, { nodes, memoryShare: Math.max(options.memoryShare, 1.5 / nodes), trust: rules.trust, tiers: options.tiers ?? false });
  return instanceFromTables(transformerModel(random, options.layers), fleet, rules);
}
