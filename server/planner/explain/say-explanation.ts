// Owns an explanation in sentences, most important first; and a conflict as refusals, each with its smallest remedy.
import type { Refusal, RefusalCode } from "../plan.ts";
import type { SearchRequest } from "../search/solver.ts";
import type { Change } from "./change.ts";
import type { Explanation } from "./explain-outcome.ts";
import type { Conflict, Remedy } from "./find-conflict.ts";
import { sayChange, sayConstraint } from "./say-change.ts";
import { sayCost, sayMs, sayRate, sayShare, type Words } from "./words.ts";

/** Gains said of each list; the rest is in the data. */
const MAX_SAID = 3;

type Feasible = Extract<Explanation, { feasible: true }>;
type Asked = Pick<SearchRequest, "instance" | "objective">;

export function sayExplanation(explanation: Feasible, asked: Asked, words: Words): string[] {
  return [...sayBetter(explanation, asked), ...sayAlone(explanation, asked, words), ...sayBottleneck(explanation, words), ...sayBinding(explanation, asked, words), ...sayRunnerUp(explanation, asked, words), ...sayImprovements(explanation, asked, words)];
}

function sayBetter({ better, cost }: Feasible, { objective }: Asked): string[] {
  return better ? [`With the figures of now, the searches for this explanation found a better plan: ${sayCost(objective, cost)}. All that follows is about that one.`] : [];
}

function sayAlone({ alone: { alone, cut }, cost }: Feasible, { objective }: Asked, words: Words): string[] {
  if (!alone) return cut ? ["No node holds the whole model alone: it must be cut."] : [];
  const name = words.place(alone.place);
  if (!cut) return [`${name} alone is the plan: ${sayCost(objective, alone.cost)}. There is no plan with a cut.`];
  if (alone.cost <= cost) return [`${name} alone is better than any cut: ${sayCost(objective, alone.cost)}, against ${sayCost(objective, cut.cost)} with the best cut.`];
  return [`The cut is worth it: ${sayCost(objective, cost)}, against ${sayCost(objective, alone.cost)} on ${name} alone (better by ${sayShare(1 - cost / alone.cost)}).`];
}

function sayBottleneck({ bottleneck }: Feasible, words: Words): string[] {
  if (!bottleneck) return [];
  const { on, index, busyMs, nextBusyMs } = bottleneck;
  const name = on === "node" ? words.node(index) : words.link(index);
  return [`${name} bounds the throughput: ${sayMs(busyMs)} a request, so at most ${sayRate(busyMs)}${nextBusyMs > 0 ? `; the next busiest takes ${sayMs(nextBusyMs)}` : ""}.`];
}

function sayBinding({ binding }: Feasible, { instance, objective }: Asked, words: Words): string[] {
  const [most] = binding;
  if (!most) return ["No constraint binds: only faster nodes or links would make it better."];
  const [first] = most.each;
  if (!first) return [`What binds are constraints of one kind together (${NAMES[most.kind]}): without them it would be better by ${sayShare(most.share)}.`];
  return [`What binds: ${sayConstraint(first.change, instance, words)}. Without that, ${sayCost(objective, first.cost)}: better by ${sayShare(first.share)}.`];
}

function sayRunnerUp({ runnerUp }: Feasible, { instance, objective }: Asked, words: Words): string[] {
  if (!runnerUp) return ["No other plan differs in a cut or a place."];
  const { without, cost, share, proved } = runnerUp;
  return [`The runner-up would ${sayChange(without, instance, words)}: ${sayCost(objective, cost)}, ${share > 0 ? `worse by ${sayShare(share)}` : "just as good"}${proved ? "" : " (the best found in the time given)"}.`];
}

function sayImprovements({ improvements }: Feasible, { instance, objective }: Asked, words: Words): string[] {
  if (improvements.length === 0) return ["More memory, a faster link or one more node of these would not help."];
  const said = improvements.slice(0, MAX_SAID).map(({ change, cost, share }) => `${sayChange(change, instance, words)} (${sayCost(objective, cost)}, better by ${sayShare(share)})`);
  return [`What would help most: ${said.join("; ")}.`];
}

/** Of a set of constraints; those whose remedy is cheapest come first. */
const MAX_REFUSALS = 5;

/** One refusal per constraint, for people; all of them are in the data. */
export function sayConflict({ sets, remedies, pairs, proved }: Conflict, { instance, objective }: Asked, words: Words): Refusal[] {
  if (sets.length === 0) return [{ code: "no-path", message: proved ? "Even without any constraint there is no plan: no chain of links leads through the model." : "No plan was found in the time given, not even without constraints.", fix: "Draw links between the nodes, or add a node that may run the whole model." }];
  const remedyOf = (constraint: Change) => remedies.find(({ change }) => lifts(constraint, change));
  const say = (remedy: Remedy | undefined) => (remedy ? `${capital(sayChange(remedy.change, instance, words))}: ${sayCost(objective, remedy.cost)} then.` : null);
  const [pair] = pairs;
  const both = pair ? `Both of these together: ${pair.changes.map((change) => sayChange(change, instance, words)).join("; and ")}: ${sayCost(objective, pair.cost)} then.` : null;
  const hopeless = both ? both : sets.length > 1 ? `This alone is not enough: there are ${sets.length} conflicts, and each forbids every plan.` : proved ? "No change of one constraint alone is enough." : "No remedy was found in the time given.";
  return sets.flatMap((set) => {
    const together = set.length === 1 ? "" : ` (one of ${set.length} constraints that can’t be met together)`;
    const ordered = [...set].sort((a, b) => rank(remedies, remedyOf(a)) - rank(remedies, remedyOf(b)));
    return ordered.slice(0, MAX_REFUSALS).map((constraint) => ({ code: CODES[constraint.kind] ?? "no-path", message: `${capital(sayConstraint(constraint, instance, words))}${together}.`, fix: say(remedyOf(constraint)) ?? say(remedies[0]) ?? hopeless }));
  });
}

function rank(remedies: readonly Remedy[], remedy: Remedy | undefined): number {
  return remedy ? remedies.indexOf(remedy) : remedies.length;
}

/** A remedy speaks for the constraint it loosens. */
function lifts(constraint: Change, remedy: Change): boolean {
  if (constraint.kind === "trust-all") return remedy.kind === "trust-way" || remedy.kind === "trust-all";
  if (constraint.kind !== remedy.kind) return false;
  if (constraint.kind === "memory" && remedy.kind === "memory") return constraint.node === remedy.node;
  if (constraint.kind === "trust-node" && remedy.kind === "trust-node") return constraint.place === remedy.place;
  if (constraint.kind === "allow" && remedy.kind === "allow") return constraint.place === remedy.place;
  if (constraint.kind === "may-meet" && remedy.kind === "may-meet") return constraint.apart === remedy.apart;
  return true;
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

const NAMES: Partial<Record<Change["kind"], string>> = { memory: "memory of several nodes", allow: "where layers may run", "trust-node": "nodes that are marked untrusted", "may-meet": "layers that are kept apart" };
const CODES: Partial<Record<Change["kind"], RefusalCode>> = { memory: "memory", allow: "pinned", "trust-all": "trust", "trust-node": "trust", "latency-limit": "slo", slo: "slo", demand: "demand", "bottleneck-limit": "demand", "max-stages": "too-many-stages", "min-stages": "too-few-stages", "several-per-node": "too-many-stages", "may-meet": "apart" };
