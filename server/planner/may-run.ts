// Owns which layer may run on which node, whatever the rest of the placement: avoidance, zones, pins, trust, presence, and figures an objective needs.
import type { PlanRequest } from "./plan-request.ts";
import type { Problem, ProblemNode } from "./problem.ts";
import { costsPerMs } from "./running-costs.ts";
import type { Taint } from "./taint.ts";

export type NodeRules = { problem: Problem; request: PlanRequest; taint: Taint };

export function mayRun(rules: NodeRules, node: ProblemNode, layer: number): boolean {
  return mayRunIfTrusted(rules, node, layer) && (node.trusted || !rules.taint.layers[layer]);
}

export function mayRunIfTrusted({ request }: NodeRules, node: ProblemNode, layer: number): boolean {
  return mayUse(request, node) && mayHold(request, node, layer);
}

/** Any layer at all. */
export function mayUse(request: PlanRequest, node: ProblemNode): boolean {
  if (request.avoidNodeIds?.includes(node.topologyNodeId)) return false;
  if (request.zoneIds && !request.zoneIds.includes(node.zoneId ?? "")) return false;
  if (request.forDeploy && (node.planned || !node.online || !node.approved || node.cordoned)) return false;
  return missingFigure(request, node) === null;
}

function mayHold(request: PlanRequest, node: ProblemNode, layer: number): boolean {
  return !request.pins?.some((pin) => pin.from <= layer && layer < pin.to && pin.topologyNodeId !== node.topologyNodeId);
}

/** A figure the objective needs and the node has not: it would count as free. */
export function missingFigure(request: Pick<PlanRequest, "objective" | "weights">, node: ProblemNode): "active power" | "price" | "carbon" | null {
  const { objective, weights } = request;
  const perMs = costsPerMs(node);
  const needs = (key: "joules" | "money" | "grams", alone: PlanRequest["objective"]) => objective === alone || (objective === "mix" && (weights?.[key] ?? 0) > 0);
  if (needs("joules", "energy") && perMs.joules === null) return "active power";
  if (needs("money", "money") && perMs.money === null) return "price";
  if (needs("grams", "carbon") && perMs.grams === null) return perMs.joules === null ? "active power" : "carbon";
  return null;
}
