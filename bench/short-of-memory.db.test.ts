// Built agents of which one has memory for a single stage (--max-memory): a move that it cannot hold both revisions of goes in steps, or with a pause where that is allowed; under
// load no request is lost or answered otherwise, and how long nothing served is said before and measured after.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { awaitOperation } from "../e2e/cluster.ts";
import { LAB_LINK } from "./inject-faults.ts";
import { ORIENTATION, startLabDeployment } from "./lab-deployment.ts";
import { startLoadProcess } from "./load-process.ts";
import type { StagePlace } from "./move-plans.ts";
import { writeReferenceCases } from "./reference-cases.ts";

/** A stage's process takes 106 MB and what little this model needs: one fits, two do not; and two, three not. */
const MAX_MEMORY: Record<string, string> = { left: "200M", right: "400M" };
const DEADLINE_MS = 60_000;
const MOVE_TIMEOUT_MS = 240_000;
const PER_SECOND = 2;

type Way = { way: string; steps: StagePlace[][][] | null; pause: { predicted: { ms: number } } | null; said: string };
type Row = { currentRevision: { number: number } | null; status: string; migration: { state: string; pause: { predicted: { ms: number }; measuredMs: number | null } | null; handOver: { step: number; of: number } | null; error: { message: string } | null } };

test("what a node cannot hold both of is handed over in steps, or pauses where that is allowed, and no request is lost", { timeout: 900_000 }, async () => {
  const lab = await startLabDeployment({ name: "short", nodes: ["entry", "left", "right"], links: LAB_LINK, model: { ...ORIENTATION, cuts: [0.5] }, stageNodes: [1, 2], entries: [0], cluster: { agentArguments: (name) => (MAX_MEMORY[name] ? ["--max-memory", MAX_MEMORY[name]] : []) } });
  const folder = mkdtempSync(path.join(tmpdir(), "cutplane-short-"));
  const { api } = lab.cluster;
  const read = () => api<Row>("GET", `/deployments/${lab.deploymentId}`);
  const on = (cut: number, first: number, second: number): StagePlace[] => [{ from: 0, to: cut, topologyNodeId: lab.drawnIds[first] as string }, { from: cut, to: lab.layerCount, topologyNodeId: lab.drawnIds[second] as string }];
  const wayTo = (planId: string) => api<Way>("GET", `/deployments/${lab.deploymentId}/move?planId=${planId}`);
  const moveTo = async (planId: string) => {
    const { operation } = await api<{ operation: { id: string } }>("POST", `/deployments/${lab.deploymentId}/plan`, { planId, expectedRevision: (await read()).currentRevision?.number ?? 0 });
    return (await awaitOperation(lab.cluster, operation, MOVE_TIMEOUT_MS)) as { result: { steps?: number; pausedMs?: number; predictedPauseMs?: number } };
  };
  try {
    const cut = (lab.start[0] as StagePlace).to;
    const casesFile = path.join(folder, "cases.json");
    await writeReferenceCases(casesFile, { modelPath: lab.modelPath, shape: ORIENTATION.shape, variants: 2, seed: 5 });
    const load = await startLoadProcess({ urls: await lab.urls(), model: "short", casesFile, perSecond: PER_SECOND, seed: 5, deadlineMs: DEADLINE_MS });

    // The two exchange their stages: the first goes over to the one with room, then the second to the one that has it now.
    const exchanged = await lab.makePlan(on(cut, 2, 1));
    expect(await wayTo(exchanged)).toMatchObject({ way: "hand-over", steps: [[on(cut, 2, 2)], [on(cut, 2, 1)]] });
    expect((await moveTo(exchanged)).result).toMatchObject({ steps: 2 });
    expect(await read()).toMatchObject({ currentRevision: { number: 3 }, migration: { state: "done", handOver: { step: 2, of: 2 }, pause: null } });

    // The second stage, cut anew, stays on the node that holds one: no step fits. Not allowed, then allowed to pause.
    await moveTo(await lab.makePlan(on(cut, 0, 1)));
    const recut = await lab.makePlan(on(cut + 1, 0, 1));
    expect(await wayTo(recut)).toMatchObject({ way: "none", said: expect.stringContaining("not allowed to pause"), pause: { predicted: { ms: expect.any(Number) } } });
    await expect(moveTo(recut)).rejects.toThrow("not allowed to pause");
    await api("PATCH", `/deployments/${lab.deploymentId}/adaptation`, { pauseSeconds: 300 });
    const way = await wayTo(recut);
    expect(way).toMatchObject({ way: "pause" });
    const { result } = await moveTo(recut);
    const { migration } = await read();
    expect(result.predictedPauseMs).toBeGreaterThan(0);
    expect(result.pausedMs).toBeGreaterThan(0);
    expect(migration).toMatchObject({ state: "done", error: null, pause: { measuredMs: result.pausedMs } });

    const { counts } = await load.end();
    expect(counts, counts.details.join("\n")).toMatchObject({ failed: 0, lost: 0, duplicated: 0, different: 0 });
    expect(counts.equal).toBe(counts.sent);
    expect(counts.equal).toBeGreaterThan(20);
  } finally {
    await lab.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
