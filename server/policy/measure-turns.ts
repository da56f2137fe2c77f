// Owns who of a machine's agents measures: one at a time, because two that measure at once take each other's cores and caches and spoil both profiles. Machines measure
// beside each other. Pure: the picture and its time in, the tasks that agents are told now out.
import type { ObservedMeasure } from "../../agents/protocol/control.ts";
import type { FleetSnapshot, MeasurementView, NodeView } from "./snapshot.ts";

/** Where nobody measures yet, the turn goes round this fast: an agent whose tasks wait until it serves nothing must not keep the others. Longer than a node must be quiet to begin. */
export const TURN_MS = 30_000;

export function measureTurns({ nowMs, nodes, measurements }: Pick<FleetSnapshot, "nowMs" | "nodes" | "measurements">): MeasurementView[] {
  const hosts = new Map<string, NodeView[]>();
  const hostOf = namesOfHosts([...nodes.values()]);
  for (const node of [...nodes.values()].sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1))) {
    if (node.presence === "lost" || !measurements.some((one) => one.nodeId === node.nodeId)) continue;
    const host = hostOf(node);
    hosts.set(host, [...(hosts.get(host) ?? []), node]);
  }
  const turns = new Set([...hosts.values()].map((own) => turnOf(own, measurements, nowMs)));
  return measurements.filter((one) => turns.has(one.nodeId));
}

/** Who measures goes on; else who has something that need not wait for quiet; else everybody in turn. `own`: at least one, each with a task. */
function turnOf(own: readonly NodeView[], measurements: readonly MeasurementView[], nowMs: number): string | undefined {
  const tasksOf = (node: NodeView) => measurements.filter((one) => one.nodeId === node.nodeId).map((one) => one.task);
  const active = own.find((node) => node.measures.some((measure) => isActive(measure) && tasksOf(node).some((task) => task.taskId === measure.taskId)));
  if (active) return active.nodeId;
  const atOnce = own.filter((node) => tasksOf(node).some((task) => !task.whenIdle));
  const waiting = atOnce.length > 0 ? atOnce : own;
  return waiting[Math.floor(nowMs / TURN_MS) % waiting.length]?.nodeId;
}

function isActive({ state, message }: ObservedMeasure): boolean {
  return state === "running" || (state === "fetching" && message === null);
}

/** By the machine where agents tell it, else by the hostname; an agent that does not tell it is on the machine of one of its hostname that does. One that has told nothing is alone. */
function namesOfHosts(nodes: readonly NodeView[]): (node: NodeView) => string {
  const machines = new Map(nodes.flatMap(({ hardware }) => (hardware?.machineId ? [[hardware.hostname, hardware.machineId] as const] : [])));
  return ({ nodeId, hardware }) => (hardware ? (hardware.machineId ?? machines.get(hardware.hostname) ?? `name ${hardware.hostname}`) : `node ${nodeId}`);
}
