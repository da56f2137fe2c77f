// Ways to spoil a good plan, for the test of the checker. Either the plan is changed (and brute force says whether it is still good),
// or the instance is changed so that exactly the plan's own use of it breaks (and the code of the violation is known).
import { seededRandom } from "../../model/seeded-random.ts";
import type { ViolationCode } from "../check-stages.ts";
import type { Instance, SearchStage } from "../instance.ts";
import { crossingsOf, tallyStages } from "../tally-stages.ts";
import { servedWithin } from "../tally-wait.ts";

export type PlanMutant = { name: string; stages: SearchStage[] };
export type InstanceMutant = { name: string; instance: Instance; code: ViolationCode };

/** Every plan one step away: borders shifted, stages dropped, doubled, swapped, split, joined, given to another processor, and indices out of range. */
export function mutatePlan(instance: Instance, stages: readonly SearchStage[]): PlanMutant[] {
  const mutants: PlanMutant[] = [];
  const add = (name: string, changed: SearchStage[]) => mutants.push({ name, stages: changed });
  const alter = (index: number, change: Partial<SearchStage>) => stages.map((stage, at) => (at === index ? { ...stage, ...change } : stage));
  const n = instance.layerCount;
  for (const [index, stage] of stages.entries()) {
    add("drop a stage", stages.filter((_, at) => at !== index));
    add("double a stage", stages.flatMap((own, at) => (at === index ? [own, own] : [own])));
    add("begin later, leaving a gap", alter(index, { from: stage.from + 1 }));
    add("end earlier, leaving a gap", alter(index, { to: stage.to - 1 }));
    add("end later, over the next", alter(index, { to: stage.to + 1 }));
    add("end where no layer is", alter(index, { to: n + 1 }));
    add("begin before the model", alter(index, { from: -1 }));
    add("a border between layers", alter(index, { to: stage.to - 0.5 }));
    add("no number", alter(index, { to: Number.NaN }));
    add("an unknown processor", alter(index, { processor: instance.processors.length }));
    add("a processor that is no index", alter(index, { processor: -1 }));
    for (let processor = 0; processor < instance.processors.length; processor++) if (processor !== stage.processor) add("another processor", alter(index, { processor }));
    for (let border = stage.from + 1; border < stage.to; border++) {
      add("split on one processor", [...stages.slice(0, index), { ...stage, to: border }, { ...stage, from: border }, ...stages.slice(index + 1)]);
      for (let processor = 0; processor < instance.processors.length; processor++) add("split onto another processor", [...stages.slice(0, index), { ...stage, to: border }, { processor, from: border, to: stage.to }, ...stages.slice(index + 1)]);
    }
    const next = stages[index + 1];
    if (!next) continue;
    add("join two stages", [...stages.slice(0, index), { ...stage, to: next.to }, ...stages.slice(index + 2)]);
    add("swap processors", stages.map((own, at) => (at === index ? { ...own, processor: next.processor } : at === index + 1 ? { ...own, processor: stage.processor } : own)));
    add("swap the order", stages.map((own, at) => (at === index ? next : at === index + 1 ? stage : own)));
    for (let border = stage.from + 1; border < next.to; border++) if (border !== stage.to) add("shift a border", stages.map((own, at) => (at === index ? { ...own, to: border } : at === index + 1 ? { ...own, from: border } : own)));
  }
  return mutants;
}

/** One mutant for each way the instance may be changed so that this plan breaks it. */
export function mutateInstance(instance: Instance, stages: readonly SearchStage[], seed: number): InstanceMutant[] {
  const mutants: InstanceMutant[] = [];
  const random = seededRandom(seed);
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)]!;
  const add = (name: string, code: ViolationCode, change: (copy: Instance) => void) => {
    const copy = structuredClone(instance);
    change(copy);
    mutants.push({ name, code, instance: copy });
  };
  const tally = tallyStages(instance, stages);
  const crossing = pick(crossingsOf(instance, stages));
  const hop = crossing.from * instance.places.length + crossing.to;
  const stage = pick(stages);
  const layer = stage.from + Math.floor(random() * (stage.to - stage.from));
  const used = tally.nodeBytes.flatMap((bytes, node) => (bytes > 0 ? [node] : []));
  const node = pick(used);
  add("memory a little short", "memory", (copy) => { copy.nodes[node]!.freeBytes = tally.nodeBytes[node]! * (1 - 1e-6); });
  add("a stage that grows", "memory", (copy) => { copy.nodes[node]!.freeBytes = tally.nodeBytes[node]!; for (const own of copy.processors) own.stageBytes += 1000; });
  add("a latency limit a little lower", "latency", (copy) => { copy.limits.latencyMs = tally.latencyMs * (1 - 1e-6); });
  add("an SLO a little shorter", "slo", (copy) => { copy.limits.slo = { share: 0.9, latencyMs: servedWithin(tally, copy.limits.perSecond ?? 0, 0.9) * (1 - 1e-4) }; });
  if (tally.bottleneckMs > 0) add("an SLO without regard to waiting", "slo", (copy) => { copy.limits.perSecond = 600 / tally.bottleneckMs; copy.limits.slo = { share: 0.9, latencyMs: servedWithin(tally, 0, 0.9) }; });
  const busiest = Math.max(...tally.nodeBusyMs);
  if (busiest > 0) add("a demand a little higher than the nodes bear", "bottleneck-node", (copy) => { copy.limits.bottleneckMs = busiest * (1 - 1e-6); });
  const fullest = Math.max(0, ...tally.linkBusyMs);
  if (fullest > 0) add("a demand a little higher than the links bear", "bottleneck-link", (copy) => { copy.limits.bottleneckMs = fullest * (1 - 1e-6); });
  add("a way less", "no-way", (copy) => { copy.hops.way[hop] = 0; });
  add("an untrusted way under a tainted value", "untrusted-way", (copy) => { copy.hops.way[hop] = 1; copy.tainted[crossing.position] = 1; });
  add("a layer that may not run there", "not-allowed", (copy) => { const { allowedUntil } = copy.processors[stage.processor]!; for (let i = 0; i <= layer; i++) if (allowedUntil[i]! > layer) allowedUntil[i] = layer; });
  add("more stages asked for", "too-few-stages", (copy) => { copy.limits.minStages = stages.length + 1; copy.limits.maxStages = stages.length + 1; });
  if (stages.length > 1) {
    add("fewer stages allowed", "too-many-stages", (copy) => { copy.limits.minStages = 1; copy.limits.maxStages = stages.length - 1; });
    add("a cut that is illegal now", "illegal-cut", (copy) => { copy.legal[pick(stages.slice(1)).from] = 0; });
    const [first, second] = [stages[0]!, stages.at(-1)!];
    add("two ends apart, in one zone", "apart", (copy) => { for (const own of copy.nodes) own.zone = 0; copy.apart = [{ first: { from: 0, to: 1 }, second: { from: second.to - 1, to: second.to }, within: "zone" }]; });
    const shared = used.find((own) => [first, second].every(({ processor }) => instance.places[instance.processors[processor]!.place]!.nodes.includes(own)));
    if (shared !== undefined) {
      add("once per node", "node-twice", (copy) => { copy.limits.oncePerNode = true; });
      add("two ends apart, on one node", "apart", (copy) => { copy.apart = [{ first: { from: 0, to: 1 }, second: { from: second.to - 1, to: second.to }, within: "node" }]; });
    }
    add("two stages in a row on one unit", "same-unit", (copy) => { const [a, b] = [copy.processors[first.processor]!, copy.processors[stages[1]!.processor]!]; b.place = a.place; b.unit = a.unit; });
  } else if (stage.to - stage.from > 1) add("layers of one stage apart", "apart", (copy) => { copy.apart = [{ first: { from: 0, to: 1 }, second: { from: 1, to: stage.to }, within: "node" }]; });
  return mutants;
}
