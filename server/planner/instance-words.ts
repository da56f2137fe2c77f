// Owns the names of what an instance knows by index: nodes, links and layers of the drawing and the model.
import { linkNumbers } from "./build-instance.ts";
import type { Words } from "./explain/words.ts";
import type { Problem } from "./problem.ts";

export function instanceWords(problem: Problem): Words {
  const nodeOf = (index: number) => problem.nodes[index]?.name ?? "?";
  const byId = new Map(problem.nodes.map((node) => [node.topologyNodeId, node.name]));
  const linkNames = new Map<number, string>();
  for (const [id, { number, from, to, hop }] of linkNumbers(problem)) {
    const via = problem.paths[from]?.[to]?.via ?? [];
    const ends = id === `${from}>${to}` ? [nodeOf(from), nodeOf(to)] : [byId.get(via[hop] ?? "") ?? nodeOf(from), byId.get(via[hop + 1] ?? "") ?? nodeOf(to)];
    linkNames.set(number, ends.join(" → "));
  }
  return {
    node: nodeOf,
    place: nodeOf,
    link: (index) => linkNames.get(index) ?? "?",
    layers: (from, to) => (to - from === 1 ? `layer ${to} (${problem.layerNames[from] ?? "?"})` : `layers ${from + 1}–${to}`),
  };
}
