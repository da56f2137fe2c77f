// Owns the way between two placements where a node cannot hold both: a shortest sequence of placements, each reached from the one before by an ordinary move that
// does fit. Pure.
//
// The layers fall into pieces at the cuts of both. In between, a piece is where it was or where it goes to, and a cut that only one of the two has is there or not
// wherever both sides of it run in one place. These are the states; a step leads from one to another where every node of the other can hold both at once, by the
// sums of check-placement.ts. Breadth first finds the fewest steps; of those, the fewest bytes, then the least latency meanwhile (summed over the placements between).
import { estimatePlacement } from "./estimate.ts";
import { isSameStage, sameMode } from "./node-modes.ts";
import type { Placement, StagePlacement } from "./plan.ts";
import { freeBytes, type Problem } from "./problem.ts";
import { stageMemoryBytes } from "./stage-memory.ts";

/** `steps`: placements to go to, one after the other; the last one is where it was to go. `shipBytes`: weights that nodes lack when their step begins. `latencyMs`: the longest of a placement between; null = there is none. */
export type HandOver = { steps: Placement[]; shipBytes: number; latencyMs: number | null };
export type HandOverOptions = {
  /** Stages of other replicas, loaded all the while. */
  besides?: Placement;
  /** Whether a placement may serve meanwhile, whatever is loaded beside it. Absent = all may. */
  isAllowed?: (placement: Placement) => boolean;
};

/** Each step is a whole move: more would take longer than anybody waits for. */
export const MAX_HAND_OVER_STEPS = 6;
/** Steps between them are looked at pair by pair: 4 million at most, a tenth of a second. */
const MAX_STATES = 2048;

type Place = Pick<StagePlacement, "topologyNodeId" | "session">;
type Piece = { from: number; to: number; places: Place[] };
type Cut = "always" | "free";
type State = { placement: Placement; stages: number[]; has: Uint8Array; usedBytes: Map<string, number> };
type Way = { from: number; shipBytes: number; latencyMs: number };

/** Null = no such sequence, or none that could be looked for (more than `MAX_STATES` placements between). One step where both fit at once. */
export function planHandOver(problem: Problem, before: Placement, after: Placement, options: HandOverOptions = {}): HandOver | null {
  const pieces = piecesOf(before, after);
  if (pieces === null) return null;
  const cuts = cutsBetween(pieces, before, after);
  const placements = listPlacements(pieces, cuts);
  if (placements === null) return null;
  const states = toStates(problem, placements, options.besides ?? []);
  const start = placements.findIndex((placement) => isSame(placement, before));
  const goal = placements.findIndex((placement) => isSame(placement, after));
  if (start < 0 || goal < 0) return null;
  return search(problem, states, { start, goal, isAllowed: options.isAllowed ?? (() => true) });
}

function search(problem: Problem, { states, nodeOf, bytesOf }: Prepared, { start, goal, isAllowed }: { start: number; goal: number; isAllowed: (placement: Placement) => boolean }): HandOver | null {
  const free = new Map(problem.nodes.map((node) => [node.topologyNodeId, freeBytes(node)]));
  const ways = new Map<number, Way>([[start, { from: -1, shipBytes: 0, latencyMs: 0 }]]);
  const allowed = new Map<number, boolean>();
  const latencies = new Map<number, number>();
  const mayServe = (index: number) => once(allowed, index, () => isAllowed((states[index] as State).placement));
  const latencyOf = (index: number) => (index === start || index === goal ? 0 : once(latencies, index, () => estimatePlacement(problem, (states[index] as State).placement)?.latencyMs ?? Number.POSITIVE_INFINITY));
  let level = [start];
  for (let step = 1; step <= MAX_HAND_OVER_STEPS && level.length > 0; step++) {
    const reached = new Map<number, Way>();
    for (let to = 0; to < states.length; to++) {
      if (ways.has(to)) continue;
      for (const from of level) {
        if (!fits(states[from] as State, states[to] as State, { free, nodeOf, bytesOf }) || !mayServe(to)) continue;
        const known = ways.get(from) as Way;
        const way = { from, shipBytes: known.shipBytes + shipBytes(problem, (states[from] as State).placement, (states[to] as State).placement), latencyMs: known.latencyMs + latencyOf(to) };
        const best = reached.get(to);
        if (!best || way.shipBytes < best.shipBytes || (way.shipBytes === best.shipBytes && way.latencyMs < best.latencyMs)) reached.set(to, way);
      }
    }
    for (const [to, way] of reached) ways.set(to, way);
    if (ways.has(goal)) break;
    level = [...reached.keys()];
  }
  const last = ways.get(goal);
  if (!last || goal === start) return null;
  const steps: Placement[] = [];
  let longest: number | null = null;
  for (let at = goal; at !== start; at = (ways.get(at) as Way).from) {
    steps.unshift((states[at] as State).placement);
    if (at !== goal) longest = Math.max(longest ?? 0, latencyOf(at));
  }
  return { steps, shipBytes: last.shipBytes, latencyMs: longest };
}

/** Every node of `to` can hold it and what it runs of `from` as well, a stage of both once. */
function fits(from: State, to: State, { free, nodeOf, bytesOf }: { free: Map<string, number>; nodeOf: string[]; bytesOf: number[] }): boolean {
  const leaving = new Map<string, number>();
  for (const stage of from.stages) if (!to.has[stage]) leaving.set(nodeOf[stage] as string, (leaving.get(nodeOf[stage] as string) ?? 0) + (bytesOf[stage] as number));
  for (const [node, usedBytes] of to.usedBytes) if (usedBytes + (leaving.get(node) ?? 0) > (free.get(node) ?? 0)) return false;
  return true;
}

/** Weights of layers that their new node does not run yet. */
function shipBytes(problem: Problem, from: Placement, to: Placement): number {
  let bytes = 0;
  for (const stage of to) {
    const here = from.filter((other) => other.topologyNodeId === stage.topologyNodeId);
    for (let layer = stage.from; layer < stage.to; layer++) if (!here.some((other) => other.from <= layer && layer < other.to)) bytes += problem.layerWeightBytes[layer] ?? 0;
  }
  return bytes;
}

/** Null where the two are not of the same layers, each once. */
function piecesOf(before: Placement, after: Placement): Piece[] | null {
  const ends = [...new Set([...before, ...after].flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  const pieces: Piece[] = [];
  for (const [index, to] of ends.slice(1).entries()) {
    const from = ends[index] as number;
    const covers = (stage: StagePlacement) => stage.from <= from && to <= stage.to;
    const old = before.filter(covers);
    const next = after.filter(covers);
    if (old.length !== 1 || next.length !== 1) return null;
    const [oldPlace, nextPlace] = [placeOf(old[0] as StagePlacement), placeOf(next[0] as StagePlacement)];
    pieces.push({ from, to, places: samePlace(oldPlace, nextPlace) ? [oldPlace] : [oldPlace, nextPlace] });
  }
  return pieces;
}

/** Before each piece but the first. */
function cutsBetween(pieces: readonly Piece[], before: Placement, after: Placement): Cut[] {
  const isCut = (placement: Placement, at: number) => placement.some((stage) => stage.from === at);
  return pieces.slice(1).map(({ from }) => (isCut(before, from) && isCut(after, from) ? "always" : "free"));
}

/** Null = too many. */
function listPlacements(pieces: readonly Piece[], cuts: readonly Cut[]): Placement[] | null {
  let open: Placement[] = [[]];
  for (const [index, { from, to, places }] of pieces.entries()) {
    const next: Placement[] = [];
    for (const placement of open) {
      const last = placement.at(-1);
      for (const place of places) {
        next.push([...placement, { from, to, ...place }]);
        if (last && cuts[index - 1] === "free" && samePlace(last, place)) next.push([...placement.slice(0, -1), { ...last, to }]);
      }
    }
    if (next.length > MAX_STATES) return null;
    open = next;
  }
  return open;
}

type Prepared = { states: State[]; nodeOf: string[]; bytesOf: number[] };
/** Stages by number: the same layers in the same place are the same process. */
function toStates(problem: Problem, placements: readonly Placement[], besides: Placement): Prepared {
  const known: StagePlacement[] = [];
  const numbers = new Map<string, number>();
  const numberOf = (stage: StagePlacement) => once(numbers, JSON.stringify([stage.from, stage.to, stage.topologyNodeId, stage.session]), () => {
    const same = known.findIndex((other) => isSameStage(other, stage));
    return same >= 0 ? same : known.push(stage) - 1;
  });
  const stagesOf = placements.map((placement) => placement.map(numberOf));
  const others = [...new Set(besides.map(numberOf))];
  const nodeOf = known.map((stage) => stage.topologyNodeId);
  const bytesOf = known.map(({ from, to }) => stageMemoryBytes(problem, from, to));
  const states = placements.map((placement, index): State => {
    const stages = stagesOf[index] as number[];
    const has = new Uint8Array(known.length);
    const usedBytes = new Map<string, number>();
    const takers = new Set(placement.map((stage) => stage.topologyNodeId));
    for (const stage of new Set([...stages, ...others])) {
      const node = nodeOf[stage] as string;
      has[stage] = 1;
      if (takers.has(node)) usedBytes.set(node, (usedBytes.get(node) ?? 0) + (bytesOf[stage] as number));
    }
    return { placement, stages, has, usedBytes };
  });
  return { states, nodeOf, bytesOf };
}

const placeOf = ({ topologyNodeId, session }: StagePlacement): Place => ({ topologyNodeId, ...(session ? { session } : {}) });
const samePlace = (a: Place, b: Place): boolean => a.topologyNodeId === b.topologyNodeId && sameMode(a.session, b.session);
const isSame = (a: Placement, b: Placement): boolean => a.length === b.length && a.every((stage, index) => isSameStage(stage, b[index] as StagePlacement));

function once<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  known.set(key, made);
  return made;
}
