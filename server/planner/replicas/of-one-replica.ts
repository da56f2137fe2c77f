// Owns what a request with replicas asks of each of them. Pure.
import type { PlanRequest } from "../plan-request.ts";

/** Of `count`, by default as many as asked: an equal part of the demand, all other rules alike. The least loaded replica takes a request, so none gets much more than its part. */
export function ofOneReplica<T extends Pick<PlanRequest, "replicas" | "demandPerSecond">>(request: T, count = typeof request.replicas === "number" ? request.replicas : 1): Omit<T, "replicas"> {
  const { replicas: _replicas, ...one } = request;
  return count === 1 || one.demandPerSecond === undefined ? one : { ...one, demandPerSecond: one.demandPerSecond / count };
}
