// Small instances by hand, for tests that say what must come out: equal layers, nodes with one processor each, every pair linked.
import type { Instance, Processor } from "../instance.ts";
import { windowsOf } from "./random-instance.ts";

export type LineNode = { /** Per layer. */ ms: number; freeBytes?: number; allowed?: (layer: number) => boolean };
export type LineOptions = {
  layers: number;
  nodes: LineNode[];
  /** Memory of each layer; what crosses each cut; and a hop's milliseconds at all and per byte. */
  layerBytes?: number;
  crossingBytes?: number;
  hop?: (from: number, to: number) => { fixedMs: number; perByteMs: number; way?: number };
  source?: number;
  tainted?: (position: number) => boolean;
  limits?: Partial<Instance["limits"]>;
  apart?: Instance["apart"];
};

export function lineInstance({ layers, nodes, layerBytes = 100e6, crossingBytes = 1e6, hop = () => ({ fixedMs: 1, perByteMs: 0 }), source = 0, tainted = () => false, limits, apart = [] }: LineOptions): Instance {
  const m = nodes.length;
  const pairs = Array.from({ length: m * m }, (_, index) => ({ from: Math.floor(index / m), to: index % m }));
  const figures = pairs.map(({ from, to }) => (from === to ? { fixedMs: 0, perByteMs: 0, way: 2 } : { way: 2, ...hop(from, to) }));
  const zeros = () => new Float64Array(m * m);
  return {
    layerCount: layers,
    legal: new Uint8Array(layers + 1).fill(1),
    crossingBytes: new Float64Array(layers + 1).fill(crossingBytes),
    tainted: Uint8Array.from({ length: layers + 1 }, (_, position) => (tainted(position) ? 1 : 0)),
    nodes: nodes.map(({ freeBytes = Number.POSITIVE_INFINITY }) => ({ freeBytes, spareShare: 1, zone: -1 })),
    places: nodes.map((_, node) => ({ nodes: [node], share: [1] })),
    processors: nodes.map((node, index) => processor(node, index, { layers, layerBytes })),
    hops: {
      way: Uint8Array.from(figures, ({ way }) => way),
      fixedMs: Float64Array.from(figures, ({ fixedMs }) => fixedMs),
      perByteMs: Float64Array.from(figures, ({ perByteMs }) => perByteMs),
      fixedVarianceMs2: zeros(), perByteVarianceMs2: zeros(), joulesPerByte: zeros(), moneyPerByte: zeros(), gramsPerByte: zeros(),
      links: pairs.map(({ from, to }, index) => (from === to ? [] : [index])),
      linkPerByteMs: Float64Array.from(figures, ({ perByteMs }) => perByteMs),
    },
    source,
    sink: -1,
    limits: { minStages: 1, maxStages: layers, oncePerNode: true, bottleneckMs: Number.POSITIVE_INFINITY, latencyMs: Number.POSITIVE_INFINITY, ...limits },
    apart,
    constantMs: 0,
  };
}

function processor({ ms, allowed = () => true }: LineNode, place: number, { layers, layerBytes }: { layers: number; layerBytes: number }): Processor {
  const ramp = (step: number) => Float64Array.from({ length: layers + 1 }, (_, position) => position * step);
  return { place, unit: 0, mode: 0, stageMs: 0, upToMs: ramp(ms), beforeMs: ramp(ms), varianceUpToMs2: null, streams: 1, stageBytes: 0, residentBytes: ramp(layerBytes), workspaceBytes: new Float64Array(layers), allowedUntil: windowsOf(Array.from({ length: layers }, (_, layer) => allowed(layer))), joulesPerMs: 0, moneyPerMs: 0, gramsPerMs: 0 };
}
