import type { SearchStage } from "../instance.ts";
import { defineBaseline, type Trial } from "./define-baseline.ts";
import { type PlainNode, plainNodes } from "./plain-nodes.ts";

/** Episodes per layer: some 4,000 for the networks of the paper, which runs 500 in all. On most budgets the deadline comes first. */
const EPISODES_PER_LAYER = 200;
const EPISODES_PER_LOOK = 8;
/** Weight of the exploration term. Rewards are between 0 and 1: with less than 2 a child that was never tried may never be, and 3 and 10 did worse on five boards. */
const TEMPERATURE = 2;

/** A decision: which node runs the layers from this position on, until the next decision. */
type Branch = { node: number; children: Branch[] | null; count: number; value: number };

/**
 * OmniBoost's Monte Carlo tree search: a tree of decisions layer → node, a random roll-out from each new leaf, the mean reward of an episode given back along its branch, and a child chosen by
 * value + temperature / (visits + 1). The reward is the true cost model's (best cost so far ÷ cost), where the paper has a neural estimator; returning to a node that was left is punished there (−5000) and
 * not offered here; a layer that does not fit moves on. All three help it.
 */
export const omniBoost = defineBaseline({
  name: "omni-boost/1",
  label: "OmniBoost (tree search)",
  source: "Karatzas and Anagnostopoulos, OmniBoost, DAC 2023 (arXiv 2307.03290); AndreasKaratzas/omniboost-v1 lib/mcts/core/mcts.py, envs/hikey.py.",
  rule: (trial) => {
    const nodes = plainNodes(trial.request.instance);
    if (nodes.length === 0) return "No node runs stages.";
    const root: Branch = { node: -1, children: null, count: 0, value: 0 };
    let best = Number.POSITIVE_INFINITY;
    for (let episode = 0; episode < EPISODES_PER_LAYER * trial.request.instance.layerCount; episode++) {
      if (episode % EPISODES_PER_LOOK === 0 && trial.stopped()) break;
      const { stages, path } = play(trial, nodes, root);
      const cost = stages ? trial.score(stages) : Number.POSITIVE_INFINITY;
      best = Math.min(best, cost);
      // Costs may be 0 or below with odd weights: then any plan as good as the best has all of the reward.
      const reward = !Number.isFinite(cost) ? 0 : cost <= best ? 1 : Math.max(0, best / cost);
      for (const branch of path) {
        branch.count++;
        branch.value += (reward - branch.value) / branch.count;
      }
    }
    return null;
  },
});

/** One episode: down the tree by the sampling rule, one expansion, then at random. */
function play(trial: Trial, nodes: readonly PlainNode[], root: Branch): { stages: SearchStage[] | null; path: Branch[] } {
  const { instance } = trial.request;
  const path = [root];
  const stages: SearchStage[] = [];
  const used = new Set<number>();
  let branch: Branch | null = root;
  let [at, node, roomBytes, workspaceBytes] = [0, -1, 0, 0];
  // A roll-out moves on as often as would give it between one stage and one per node.
  const moveChance = (1 + Math.floor(trial.random() * nodes.length)) / instance.layerCount;
  while (at < instance.layerCount) {
    const fits = node >= 0 && fitsLayer(nodes[node]!, at, roomBytes, workspaceBytes);
    const mayMove = instance.legal[at] === 1;
    if (!fits && !mayMove) return { stages: null, path };
    let next = node;
    if (branch && mayMove) {
      if (!branch.children) {
        branch.children = choices(nodes, used, fits ? node : -1).map((choice) => ({ node: choice, children: null, count: 0, value: 0 }));
        branch = pick(trial, branch.children);
        if (!branch) return { stages: null, path };
        path.push(branch);
        next = branch.node;
        branch = null;
      } else {
        branch = pick(trial, branch.children);
        if (!branch) return { stages: null, path };
        path.push(branch);
        next = branch.node;
      }
    } else if (mayMove && (!fits || trial.random() < moveChance)) {
      const free = choices(nodes, used, -1);
      if (free.length > 0) next = free[Math.floor(trial.random() * free.length)]!;
      else if (!fits) return { stages: null, path };
    }
    if (next !== node) {
      node = next;
      used.add(node);
      stages.push({ processor: nodes[node]!.index, from: at, to: at + 1 });
      roomBytes = nodes[node]!.freeBytes - nodes[node]!.processor.stageBytes;
      workspaceBytes = 0;
    }
    if (!fitsLayer(nodes[node]!, at, roomBytes, workspaceBytes)) return { stages: null, path };
    roomBytes -= layerBytes(nodes[node]!, at);
    workspaceBytes = Math.max(workspaceBytes, nodes[node]!.processor.workspaceBytes[at]!);
    at++;
    stages.at(-1)!.to = at;
  }
  return { stages, path };
}

/** Staying where it is, if it can, and every node not used yet. */
function choices(nodes: readonly PlainNode[], used: ReadonlySet<number>, stay: number): number[] {
  return [...(stay >= 0 ? [stay] : []), ...nodes.keys()].filter((node, index) => (stay >= 0 && index === 0) || !used.has(node));
}

function pick(trial: Trial, children: readonly Branch[]): Branch | null {
  let [best, bestScore] = [null as Branch | null, Number.NEGATIVE_INFINITY];
  for (const child of children) {
    const score = child.value + TEMPERATURE / (child.count + 1) + 1e-9 * trial.random();
    if (score > bestScore) [best, bestScore] = [child, score];
  }
  return best;
}

function layerBytes({ processor }: PlainNode, layer: number): number {
  return processor.residentBytes[layer + 1]! - processor.residentBytes[layer]!;
}

function fitsLayer(node: PlainNode, layer: number, roomBytes: number, workspaceBytes: number): boolean {
  return (node.processor.allowedUntil[layer] ?? layer) > layer && layerBytes(node, layer) + Math.max(workspaceBytes, node.processor.workspaceBytes[layer]!) <= roomBytes;
}

