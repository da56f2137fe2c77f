import type { SearchStage } from "../instance.ts";
import { defineBaseline, type Trial } from "./define-baseline.ts";
import { plainNodes } from "./plain-nodes.ts";
import { stageWindow } from "./stage-window.ts";

const TRIES = 10_000;
/** Tries between two looks at the clock. */
const TRIES_PER_LOOK = 16;

/** Ten thousand random chains: nodes in random order, each taking either all that fits or a random part of it, until the model is placed. The cheapest accepted one. */
export const randomSearch = defineBaseline({
  name: "random-10k/1",
  label: "Best of 10,000 at random",
  source: "Uniform sampling of feasible-looking chains, seeded.",
  rule: (trial) => {
    const draw = sampler(trial);
    const seen = new Set<string>();
    for (let tried = 0; tried < TRIES; tried++) {
      if (tried % TRIES_PER_LOOK === 0 && trial.stopped()) break;
      const stages = draw();
      const key = stages?.map(({ processor, to }) => `${processor}:${to}`).join() ?? "";
      if (!stages || seen.has(key)) continue;
      seen.add(key);
      trial.score(stages);
    }
    return null;
  },
});

function sampler({ request: { instance }, random }: Trial): () => SearchStage[] | null {
  const { layerCount, legal } = instance;
  const nodes = plainNodes(instance);
  const windows = nodes.map(() => new Int32Array(layerCount).fill(-1));
  const windowOf = (which: number, from: number) => {
    if (windows[which]![from]! < 0) windows[which]![from] = stageWindow(instance, nodes[which]!.processor, from);
    return windows[which]![from]!;
  };
  return () => {
    const order = nodes.map((_, index) => index);
    const stages: SearchStage[] = [];
    let from = 0;
    for (let taken = 0; taken < order.length && from < layerCount; taken++) {
      const swap = taken + Math.floor(random() * (order.length - taken));
      [order[taken], order[swap]] = [order[swap]!, order[taken]!];
      const until = windowOf(order[taken]!, from);
      let to = random() < 0.5 ? until : from + Math.ceil(random() * (until - from));
      while (to > from && legal[to] !== 1) to--;
      if (to <= from) continue;
      stages.push({ processor: nodes[order[taken]!]!.index, from, to });
      from = to;
    }
    return from === layerCount ? stages : null;
  };
}
