// Owns the edits of what is asked of a plan. Pure; an empty rule is no rule, so that requests that mean the same are the same.
import type { LayerRange } from "../../server/model/model.ts";
import type { ApartRule, PlanRequest } from "../../server/planner/plan-request.ts";

/** Sets fields; `undefined` and empty lists take a field out. */
export function setRequest(request: PlanRequest, change: { [Key in keyof PlanRequest]?: PlanRequest[Key] | undefined }): PlanRequest {
  const merged = Object.entries({ ...request, ...change }).filter(([key, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0 && key !== "sensitiveInputs"));
  return Object.fromEntries(merged) as PlanRequest;
}

/** These layers stay on this node; null lets them go. Pins of other nodes make room; neighbours on one node are one pin. */
export function pinLayers(request: PlanRequest, range: LayerRange, topologyNodeId: string | null): PlanRequest {
  const rest = (request.pins ?? []).flatMap((pin) => [{ ...pin, to: Math.min(pin.to, range.from) }, { ...pin, from: Math.max(pin.from, range.to) }].filter((part) => part.from < part.to));
  const pins = [...rest, ...(topologyNodeId === null ? [] : [{ from: range.from, to: range.to, topologyNodeId }])].sort((a, b) => a.from - b.from);
  const joined: typeof pins = [];
  for (const pin of pins) {
    const last = joined.at(-1);
    if (last && last.to === pin.from && last.topologyNodeId === pin.topologyNodeId) joined[joined.length - 1] = { ...last, to: pin.to };
    else joined.push(pin);
  }
  return setRequest(request, { pins: joined });
}

export function avoidNode(request: PlanRequest, topologyNodeId: string, avoid: boolean): PlanRequest {
  const others = (request.avoidNodeIds ?? []).filter((id) => id !== topologyNodeId);
  return setRequest(request, { avoidNodeIds: avoid ? [...others, topologyNodeId] : others });
}

/** A rule that is there already stays one. */
export function keepApart(request: PlanRequest, rule: ApartRule): PlanRequest {
  const known = (request.apart ?? []).some((one) => JSON.stringify(one) === JSON.stringify(rule));
  return known ? request : setRequest(request, { apart: [...(request.apart ?? []), rule] });
}

/** What is gone from the drawing is asked for no more. */
export function withoutParts(request: PlanRequest, ids: ReadonlySet<string>): PlanRequest {
  const gone = (id: string) => ids.has(id);
  if (!request.pins?.some((pin) => gone(pin.topologyNodeId)) && !request.avoidNodeIds?.some(gone) && !request.zoneIds?.some(gone)) return request;
  return setRequest(request, { pins: request.pins?.filter((pin) => !gone(pin.topologyNodeId)), avoidNodeIds: request.avoidNodeIds?.filter((id) => !gone(id)), zoneIds: request.zoneIds?.filter((id) => !gone(id)) });
}
