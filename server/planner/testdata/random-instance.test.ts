import { expect, test } from "vitest";
import { bruteForce } from "./brute-force.ts";
import { randomRequest } from "./random-instance.ts";

const SEEDS = Array.from({ length: 400 }, (_, seed) => seed);

/** A generator that stops making a feature would leave every test that relies on it empty. */
test("four hundred seeds use every feature, and both kinds of answer occur", () => {
  const requests = SEEDS.map((seed) => randomRequest(seed));
  const share = (has: (request: ReturnType<typeof randomRequest>) => boolean) => requests.filter(has).length / requests.length;
  const features = {
    modes: share(({ instance }) => instance.processors.some((p) => p.mode > 0)),
    units: share(({ instance }) => instance.processors.some((p) => p.unit > 0)),
    borders: share(({ instance }) => instance.processors.some((p) => p.upToMs.some((ms, j) => ms !== p.beforeMs[j]))),
    variance: share(({ instance }) => instance.processors.some((p) => p.varianceUpToMs2 !== null)),
    streams: share(({ instance }) => instance.processors.some((p) => p.streams > 1)),
    replicas: share(({ instance }) => instance.places.some((place) => place.nodes.length > 1)),
    missingWays: share(({ instance }) => instance.hops.way.includes(0)),
    untrustedWays: share(({ instance }) => instance.hops.way.includes(1) && instance.tainted.includes(1)),
    sharedLinks: share(({ instance }) => instance.hops.links.flat().length > new Set(instance.hops.links.flat()).size),
    holes: share(({ instance }) => instance.processors.some((p) => p.allowedUntil[0]! > 0 && p.allowedUntil[0]! < instance.layerCount)),
    illegalCuts: share(({ instance }) => instance.legal.includes(0)),
    zones: share(({ instance }) => instance.apart.some((rule) => rule.within === "zone")),
    apart: share(({ instance }) => instance.apart.some((rule) => rule.within === "node")),
    noSource: share(({ instance }) => instance.source === -1),
    sink: share(({ instance }) => instance.sink !== -1),
    oncePerNode: share(({ instance }) => instance.limits.oncePerNode),
    minStages: share(({ instance }) => instance.limits.minStages > 1),
    memory: share(({ instance }) => instance.nodes.some((node) => Number.isFinite(node.freeBytes))),
    bottleneckLimit: share(({ instance }) => Number.isFinite(instance.limits.bottleneckMs)),
    latencyLimit: share(({ instance }) => Number.isFinite(instance.limits.latencyMs)),
    moving: share(({ moving }) => moving !== undefined),
    bottleneck: share(({ objective }) => objective.kind === "bottleneck"),
  };
  expect(Object.entries(features).filter(([, found]) => found < 0.05)).toEqual([]);
  const answers = requests.map(bruteForce);
  const infeasible = answers.filter((answer) => answer.stages === null).length / answers.length;
  expect(infeasible).toBeGreaterThan(0.1);
  expect(infeasible).toBeLessThan(0.6);
  expect(answers.filter((answer) => (answer.stages?.length ?? 0) > 1).length / answers.length).toBeGreaterThan(0.25);
});

test("the same seed gives the same request", () => {
  expect(randomRequest(7)).toEqual(randomRequest(7));
  expect(randomRequest(7)).not.toEqual(randomRequest(8));
});
