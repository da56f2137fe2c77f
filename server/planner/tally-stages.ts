// Owns the second opinion on a chain of stages: every charge is written down once from the instance's definitions, and the charges are added up.
// Nothing here is shared with the cost model of the solvers: where the two differ, one of them is wrong.
import type { Instance, SearchStage } from "./instance.ts";

export type Crossing = { from: number; to: number; position: number };

export type Tally = {
  latencyMs: number;
  varianceMs2: number;
  joules: number;
  money: number;
  grams: number;
  /** By node. */
  nodeBytes: number[];
  nodeBusyMs: number[];
  /** By directed link. */
  linkBusyMs: number[];
  bottleneckMs: number;
};

/** The stages must be a chain over the whole model on processors that exist. A crossing without a way is charged nothing. */
export function tallyStages(instance: Instance, stages: readonly SearchStage[]): Tally {
  const work = stages.map((stage) => workOf(instance, stage));
  const transfers = crossingsOf(instance, stages).map((crossing) => transferOf(instance, crossing));
  const nodeBytes = instance.nodes.map((_, node) => total(work.map((stage) => (shareOf(instance, stage.place, node) === null ? 0 : stage.bytes))));
  const nodeBusyMs = instance.nodes.map((_, node) => total(work.map((stage) => (stage.ms / stage.streams) * (shareOf(instance, stage.place, node) ?? 0))));
  const linkBusyMs = Array.from(instance.hops.linkPerByteMs, (perByteMs, link) => total(transfers.map((transfer) => transfer.bytes * perByteMs * transfer.links.filter((own) => own === link).length)));
  return {
    latencyMs: total([instance.constantMs, ...work.map((stage) => stage.ms), ...transfers.map((transfer) => transfer.ms)]),
    varianceMs2: total([...work.map((stage) => stage.varianceMs2), ...transfers.map((transfer) => transfer.varianceMs2)]),
    joules: total([...work.map((stage) => stage.joules), ...transfers.map((transfer) => transfer.joules)]),
    money: total([...work.map((stage) => stage.money), ...transfers.map((transfer) => transfer.money)]),
    grams: total([...work.map((stage) => stage.grams), ...transfers.map((transfer) => transfer.grams)]),
    nodeBytes,
    nodeBusyMs,
    linkBusyMs,
    bottleneckMs: Math.max(0, ...nodeBusyMs, ...linkBusyMs),
  };
}

/** Source → first stage, stage → stage, last stage → sink; also those within a place. */
export function crossingsOf(instance: Instance, stages: readonly SearchStage[]): Crossing[] {
  const places = stages.map((stage) => instance.processors[stage.processor]!.place);
  const source = instance.source === -1 ? places[0]! : instance.source;
  const sink = instance.sink === -1 ? source : instance.sink;
  const stops = [source, ...places, sink];
  const positions = [0, ...stages.map((stage) => stage.to)];
  return positions.map((position, index) => ({ from: stops[index]!, to: stops[index + 1]!, position }));
}

/** Part of a place's requests that a node takes; null = the node is none of its members. */
export function shareOf(instance: Instance, place: number, node: number): number | null {
  const { nodes, share } = instance.places[place]!;
  const member = nodes.indexOf(node);
  return member === -1 ? null : share[member]!;
}

function workOf(instance: Instance, { processor: index, from, to }: SearchStage) {
  const processor = instance.processors[index]!;
  const ms = processor.stageMs + (processor.upToMs[to]! - processor.beforeMs[from]!);
  const variance = processor.varianceUpToMs2;
  return {
    place: processor.place,
    streams: processor.streams,
    ms,
    varianceMs2: variance ? variance[to]! - variance[from]! : 0,
    joules: ms * processor.joulesPerMs,
    money: ms * processor.moneyPerMs,
    grams: ms * processor.gramsPerMs,
    bytes: (instance.loaded ?? []).some((one) => one.from === from && one.to === to && one.processor === index) ? 0 : processor.stageBytes + (processor.residentBytes[to]! - processor.residentBytes[from]!) + Math.max(...processor.workspaceBytes.subarray(from, to)),
  };
}

function transferOf(instance: Instance, { from, to, position }: Crossing) {
  const { hops, crossingBytes, places } = instance;
  const hop = from * places.length + to;
  if (hops.way[hop] === 0) return { bytes: 0, ms: 0, varianceMs2: 0, joules: 0, money: 0, grams: 0, links: [] };
  const bytes = crossingBytes[position]!;
  return {
    bytes,
    ms: hops.fixedMs[hop]! + bytes * hops.perByteMs[hop]!,
    varianceMs2: hops.fixedVarianceMs2[hop]! + bytes ** 2 * hops.perByteVarianceMs2[hop]!,
    joules: bytes * hops.joulesPerByte[hop]!,
    money: bytes * hops.moneyPerByte[hop]!,
    grams: bytes * hops.gramsPerByte[hop]!,
    links: hops.links[hop]!,
  };
}

/** Smallest first, so that many small charges are not lost beside a large one. */
function total(charges: number[]): number {
  return charges.sort((a, b) => Math.abs(a) - Math.abs(b)).reduce((sum, charge) => sum + charge, 0);
}
