import { expect, test } from "vitest";
import { seededRandom } from "../../model/seeded-random.ts";
import { isClose } from "../check-claim.ts";
import { checkStages } from "../check-stages.ts";
import { type Instance, isLoaded, processorStageBytes, type SearchStage } from "../instance.ts";
import { bruteForce } from "../testdata/brute-force.ts";
import { type InstanceSize, randomRequest } from "../testdata/random-instance.ts";
import { solverContract } from "../testdata/solver-contract.ts";
import { chooseSolver } from "./choose-solver.ts";
import type { SearchRequest, Solver } from "./solver.ts";

const besides: Solver = { name: "besides/1", label: "whichever is chosen", solve: (request, context) => chooseSolver(request).solve(request, context) };

/** A random request in which the best plan without memory runs already, and memory is short: what it keeps decides what fits. `replicas`: beside it the best one that keeps off its first node. */
function moveRequest(seed: number, size?: InstanceSize, replicas = 1): SearchRequest {
  const request = randomRequest(seed, size);
  const random = seededRandom(seed ^ 0x10ad);
  const roomy: Instance = { ...request.instance, nodes: request.instance.nodes.map((node) => ({ ...node, freeBytes: Number.POSITIVE_INFINITY })) };
  const first = size && size.layers > 10 ? null : bruteForce({ ...request, instance: roomy }).stages;
  if (!first) return request;
  const off = roomy.processors[first[0]!.processor]!.place;
  const apart: Instance = { ...roomy, processors: roomy.processors.map((processor) => (processor.place === off ? { ...processor, allowedUntil: Int32Array.from({ length: roomy.layerCount + 1 }, (_, at) => at) } : processor)) };
  const second = replicas === 1 ? [] : (bruteForce({ ...request, instance: apart }).stages ?? []);
  const running = [...first, ...second.filter((stage) => !isLoaded({ loaded: first }, stage))];
  // What runs is not always what is best: its cost counts otherwise now.
  const moving = request.objective.kind === "bottleneck" ? undefined : request.instance.processors.map(() => Float64Array.from({ length: request.instance.layerCount + 1 }, (_, at) => at * random()));
  const held = request.instance.nodes.map((_, node) => running.reduce((sum, stage) => sum + (nodesOf(roomy, stage).includes(node) ? bytesOf(roomy, stage) : 0), 0));
  const most = Math.max(...roomy.processors.map((processor) => processorStageBytes(processor, 0, roomy.layerCount)));
  return {
    ...request,
    instance: { ...request.instance, loaded: running, nodes: request.instance.nodes.map((node, index) => ({ ...node, freeBytes: held[index]! > 0 ? random() * 0.6 * most : random() * most })) },
    ...(moving ? { moving } : {}),
  };
}

const nodesOf = (instance: Instance, stage: SearchStage) => instance.places[instance.processors[stage.processor]!.place]!.nodes;
const bytesOf = (instance: Instance, { processor, from, to }: SearchStage) => processorStageBytes(instance.processors[processor]!, from, to);

solverContract(besides, { exact: true, requests: 120, request: moveRequest });

test("beside two replicas, of which it may keep stages of both, plans are those of brute force", () => {
  const seen = { besideTwo: 0, ofBoth: 0 };
  for (let seed = 2000; seed < 2150; seed++) {
    const request = moveRequest(seed, undefined, 2);
    const { loaded = [], layerCount } = request.instance;
    let readings = 0;
    const outcome = besides.solve(request, { now: () => readings++, deadlineMs: 400_000, cancelled: () => false, seed: 1 });
    const truth = bruteForce(request);
    expect([isClose(outcome.cost, truth.cost), outcome.proved], `seed ${seed}: cost ${outcome.cost}, brute force ${truth.cost}`).toEqual([true, true]);
    const end = loaded.findIndex((stage) => stage.to === layerCount);
    if (end < loaded.length - 1) seen.besideTwo++;
    const kept = outcome.stages?.filter((stage) => isLoaded(request.instance, stage)).map((stage) => loaded.findIndex((one) => isLoaded({ loaded: [one] }, stage)) <= end) ?? [];
    if (new Set(kept).size === 2) seen.ofBoth++;
  }
  expect(seen.besideTwo).toBeGreaterThan(50);
  expect(seen.ofBoth).toBeGreaterThan(0);
});

test("what is kept makes room: plans are those of brute force, of which some fit only because they keep a stage", () => {
  let onlyByKeeping = 0;
  for (let seed = 1000; seed < 1200; seed++) {
    const request = moveRequest(seed);
    let readings = 0;
    const outcome = besides.solve(request, { now: () => readings++, deadlineMs: 200_000, cancelled: () => false, seed: 1 });
    const truth = bruteForce(request);
    expect([isClose(outcome.cost, truth.cost), outcome.proved], `seed ${seed}: cost ${outcome.cost}, brute force ${truth.cost}`).toEqual([true, true]);
    const { loaded: _, ...counted } = request.instance;
    if (outcome.stages && checkStages(counted, outcome.stages).some(({ code }) => code === "memory")) onlyByKeeping++;
  }
  expect(onlyByKeeping).toBeGreaterThan(10);
});
