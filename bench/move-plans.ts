// Owns which plans a run of moves goes through: migrations keep the cuts and change nodes, re-splits change the cuts and keep the nodes' order. Seeded and pure.
import { seededRandom } from "../server/model/seeded-random.ts";

export type Step = { kind: "migration" | "re-split"; placement: StagePlace[] };
export type StagePlace = { from: number; to: number; topologyNodeId: string };

/** Turns, one of each kind after the other. A step never equals the one before it. Stages: one for each node. */
export function makeSteps(options: { seed: number; layerCount: number; nodeIds: readonly string[]; start: StagePlace[]; turns: number }): Step[] {
  const random = seededRandom(options.seed);
  const steps: Step[] = [];
  let current = options.start;
  const add = (kind: Step["kind"], make: () => StagePlace[]) => {
    let next = make();
    while (JSON.stringify(next) === JSON.stringify(current)) next = make();
    steps.push({ kind, placement: next });
    current = next;
  };
  for (let turn = 0; turn < options.turns; turn++) {
    add("migration", () => {
      const order = shuffled(options.nodeIds, random);
      return current.map((stage, index) => ({ ...stage, topologyNodeId: order[index] ?? stage.topologyNodeId }));
    });
    add("re-split", () => {
      const cuts = new Set<number>();
      while (cuts.size < current.length - 1) cuts.add(1 + Math.floor(random() * (options.layerCount - 1)));
      const ends = [0, ...[...cuts].sort((a, b) => a - b), options.layerCount];
      return current.map((stage, index) => ({ ...stage, from: ends[index] as number, to: ends[index + 1] as number }));
    });
  }
  return steps;
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const copy = [...list];
  for (let index = copy.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [copy[index], copy[other]] = [copy[other] as T, copy[index] as T];
  }
  return copy;
}
