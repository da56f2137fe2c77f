// Owns how many rows a card has beside its chips: stages of further replicas, and segments that a move brings. Frames and arrangement make room for them. Pure.
import { draftReplicas } from "../plan/use-replicas.ts";
import { chipsOf } from "./canvas-graph.ts";
import type { Workbench } from "./workbench-store.ts";

export type ExtraRows = ReadonlyMap<string, number>;

/** By node of the topology; nodes without any are left out. */
export function extraRows(state: Pick<Workbench, "history" | "planning" | "runningReplicas" | "running" | "moving">): ExtraRows {
  const { document, placement } = state.history.present;
  const rows = new Map<string, number>();
  const add = (topologyNodeId: string) => rows.set(topologyNodeId, (rows.get(topologyNodeId) ?? 0) + 1);
  for (const replica of draftReplicas(state).known ?? []) for (const stage of replica.placement) add(stage.topologyNodeId);
  for (const row of state.moving?.nodes ?? []) {
    const node = document.nodes.find((one) => one.nodeId === row.nodeId);
    if (node && !chipsOf(placement, state.running, node.id).some((chip) => chip.state !== "leaving" && chip.range.from === row.from && chip.range.to === row.to)) add(node.id);
  }
  return rows;
}

/** As text, which is equal when the rows are. */
export const extraRowsText = (rows: ExtraRows): string => [...rows].map(([id, count]) => `${id} ${count}`).join(",");
export const readExtraRows = (text: string): ExtraRows => new Map(text === "" ? [] : text.split(",").map((part) => { const [id = "", count] = part.split(" "); return [id, Number(count)] as const; }));
