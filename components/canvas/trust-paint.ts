// Owns painting trust: which nodes and links a stroke changes, and which stages and links of a plan see something sensitive. Pure.
import type { Estimate } from "../../server/planner/plan.ts";
import type { Problem } from "../../server/planner/problem.ts";
import { type Taint, taintOf } from "../../server/planner/taint.ts";
import type { TopologyDocument, Trust } from "../../server/topology/topology.ts";

/** The same document where nothing of it changes; zones and what is not drawn are passed over. */
export function paintTrust(document: TopologyDocument, ids: ReadonlySet<string>, trust: Trust): TopologyDocument {
  const paint = <T extends { id: string; trust: Trust }>(items: T[]): T[] => (items.some((item) => ids.has(item.id) && item.trust !== trust) ? items.map((item) => (ids.has(item.id) && item.trust !== trust ? { ...item, trust } : item)) : items);
  const [nodes, links] = [paint(document.nodes), paint(document.links)];
  return nodes === document.nodes && links === document.links ? document : { ...document, nodes, links };
}

/** What one key makes of several: untrusted, unless all of them are already. Null where none of them has trust. */
export function otherTrust(document: TopologyDocument, ids: ReadonlySet<string>): Trust | null {
  const items = [...document.nodes, ...document.links].filter((item) => ids.has(item.id));
  if (items.length === 0) return null;
  return items.every((item) => item.trust === "untrusted") ? "trusted" : "untrusted";
}

export function problemTaint(problem: Pick<Problem, "flow" | "layerCount">, sensitiveInputs: readonly string[] | undefined): Taint {
  return taintOf(problem.flow, problem.layerCount, sensitiveInputs);
}

/** What layers [from, to) read, make or pass on. */
export function seesSensitive(taint: Taint, from: number, to: number): boolean {
  return taint.layers.slice(from, to).some(Boolean) || taint.positions[from] === true || taint.positions[to] === true;
}

/** Hops of a plan that carry something sensitive: hop k comes before stage k, the last one returns the answer. */
export function sensitiveHops(taint: Taint, estimate: Pick<Estimate, "hops" | "stages">): Estimate["hops"] {
  return estimate.hops.filter((_, index) => taint.positions[index === 0 ? 0 : (estimate.stages[index - 1]?.to ?? 0)]);
}
