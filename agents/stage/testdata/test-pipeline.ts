// Owns laying out a pipeline over test nodes: assignments, lanes and a route, as a console would send them.
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Assignment, IngressPipeline, IngressRoute, Lane, MovedRoute, StatePair } from "../../protocol/control.ts";
import type { UnloadedRoute } from "../../protocol/repository-call.ts";
import type { TensorSpec } from "../../protocol/tensor.ts";
import type { ToStage } from "../messages.ts";
import type { IngressChild, StageChild, TestFleet, TestNode } from "./test-nodes.ts";

export type TestSegment = { bytes: Uint8Array; inputs: TensorSpec[]; outputs: TensorSpec[]; sends: string[]; warmShapes: Assignment["warmShapes"]; states?: StatePair[]; files?: Record<string, string> };
export type TestStage = { node: TestNode; child: StageChild; start: Omit<Extract<ToStage, { type: "start" }>, "type" | "tls">; restart(): StageChild };
export type TestPipeline = { epoch: number; stages: TestStage[]; pipeline: IngressPipeline };

let nextId = 1;
export const LIMITS: IngressRoute["limits"] = { maxInFlight: 64, maxRequestBytes: 64 * 1024 * 1024, defaultDeadlineMs: 10_000, maxDeadlineMs: 30_000 };

/** Starts one stage process per segment on the node at the same index, linked from and to `ingressNode`; where `kept` has a stage, that one gets a further lane instead. */
export function layPipeline(fleet: TestFleet, ingressNode: TestNode, nodes: TestNode[], segments: TestSegment[], options: { epoch: number; sends: string[]; inline?: boolean | null; queueLength?: number; maxStateBytes?: number; kept?: (TestStage | undefined)[] }): TestPipeline {
  const { epoch, sends } = options;
  const revisionId = `rev_${nextId++}`;
  const ids = segments.map((_, index) => options.kept?.[index]?.start.assignment.assignmentId ?? `asg_${nextId++}`);
  const stages = segments.map((segment, index): TestStage => {
    const assignmentId = ids[index]!;
    const upstream = index === 0 ? { ...ingressNode.end, target: "ingress" } : { ...nodes[index - 1]!.end, target: `stage:${ids[index - 1]}` };
    const lane: Lane = {
      laneId: `lane_${nextId++}`, revisionId, epoch, stageIndex: index, stageCount: segments.length, upstream: [upstream], sends: segment.sends, mode: "open",
      downstreamNodeIds: [index === segments.length - 1 ? ingressNode.tls.nodeId : nodes[index + 1]!.tls.nodeId],
    };
    const kept = options.kept?.[index];
    if (kept) {
      setLanes(kept, [...kept.start.assignment.lanes, lane]);
      return kept;
    }
    const folder = join(fleet.folder, assignmentId);
    mkdirSync(folder);
    const skeletonPath = join(folder, "segment.onnx");
    writeFileSync(skeletonPath, segment.bytes);
    for (const [name, path] of Object.entries(segment.files ?? {})) copyFileSync(path, join(folder, name));
    const assignment: Assignment = {
      assignmentId, deploymentId: "dep_test",
      segment: { segmentId: `seg_${index}`, skeletonDigest: "", skeletonBytes: segment.bytes.length, files: [], inputs: segment.inputs, outputs: segment.outputs, memoryBytes: 0, states: segment.states ?? [] },
      session: { intraOpThreads: 1, optimization: "all", provider: "cpu" },
      warmShapes: segment.warmShapes, lanes: [lane], limits: { queueLength: options.queueLength ?? 16, maxFrameBytes: 256 * 1024 * 1024, ...(options.maxStateBytes === undefined ? {} : { maxStateBytes: options.maxStateBytes }) },
    };
    const start = { assignment, skeletonPath, dataProxy: null, inline: options.inline ?? null };
    const stage: TestStage = { node: nodes[index]!, start, child: fleet.stage(nodes[index]!, start), restart: () => (stage.child = fleet.stage(nodes[index]!, start)) };
    return stage;
  });
  const last = { ...nodes.at(-1)!.end, target: `stage:${ids.at(-1)}` };
  return { epoch, stages, pipeline: { epoch, revisionId, last, sends, mode: "open", firstNodeIds: [nodes[0]!.tls.nodeId] } };
}

/** What a console would send when lanes come and go. */
export function setLanes({ child, start: { assignment } }: TestStage, lanes: Lane[]): void {
  assignment.lanes = lanes;
  child.send({ type: "lanes", lanes, limits: assignment.limits });
}

export function sendRoute(ingress: IngressChild, pipelines: TestPipeline[], route: Partial<IngressRoute> & Pick<IngressRoute, "currentEpoch" | "inputs" | "outputs">, parityPath: string | null = null, moved: readonly MovedRoute[] = [], unloaded: readonly UnloadedRoute[] = []): void {
  ingress.send({
    type: "routes", moved, unloaded,
    routes: [{
      processorPaths: {}, parityPath,
      route: {
        deploymentId: "dep_test", modelName: "tiny", pipelines: pipelines.map(({ pipeline }) => pipeline), processor: null, processorFiles: [], states: [], limits: LIMITS,
        keyHashes: [], verify: null, ...route,
      },
    }],
  });
}
