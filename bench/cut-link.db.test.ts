// The link between two stages is cut for good under real agents, which stay connected to the console: nothing is slow, nothing is lost but that link.
import { readFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { until } from "../e2e/cluster.ts";
import { LAB_LINK } from "./inject-faults.ts";
import { ORIENTATION, startLabDeployment } from "./lab-deployment.ts";
import type { ToldTensor } from "./load-process.ts";
import { writeReferenceCases } from "./reference-cases.ts";

const ENTRY = 0;
const CUT_OFF = 1;
const MOVED_TIMEOUT_MS = 120_000;

type Deployment = { plan: { plan: { placement: { topologyNodeId: string }[] } } };
type Adaptation = { decisions: { verdict: string; reason: string; trigger: { kind: string; key: string }[]; outcome: string }[] };

function floatsOf(base64: string): number[] {
  const bytes = Buffer.from(base64, "base64");
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
}

test("a deployment over a cut link is moved off it by itself, and answers again", { timeout: 600_000 }, async () => {
  const lab = await startLabDeployment({ name: "cut-link", nodes: ["entry", "far", "spare"], links: LAB_LINK, model: { ...ORIENTATION, cuts: [0.5] }, stageNodes: [ENTRY, CUT_OFF], entries: [ENTRY] });
  const folder = mkdtempSync(path.join(tmpdir(), "cutplane-cut-link-"));
  try {
    const { cluster, network, deploymentId, drawnIds } = lab;
    const casesFile = path.join(folder, "cases.json");
    await writeReferenceCases(casesFile, { modelPath: lab.modelPath, shape: ORIENTATION.shape, variants: 1, seed: 5 });
    const [{ inputs }] = JSON.parse(readFileSync(casesFile, "utf8")) as [{ inputs: ToldTensor[] }];
    const body = { inputs: inputs.map(({ base64, ...rest }) => ({ ...rest, data: floatsOf(base64) })) };
    const [url] = await lab.urls();
    const ask = async () => (await fetch(`${url}/v2/models/cut-link/infer`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) })).status;
    expect(await ask()).toBe(200);
    await cluster.api("PATCH", `/deployments/${deploymentId}/adaptation`, { mode: "automatic", coolDownSeconds: 0, movesPerHour: 100 });
    await Promise.all([network.cut("entry", "far", "reset"), network.cut("far", "entry", "reset")]);
    const read = () => cluster.api<Adaptation>("GET", `/deployments/${deploymentId}/adaptation`);
    await until("the deployment to be moved off the link", async () => (await read()).decisions.some((one) => one.trigger.some(({ kind, key }) => kind === "loss" && key.startsWith("link:")) && one.outcome !== "kept"), MOVED_TIMEOUT_MS);
    await until("it to answer", async () => (await ask()) === 200, MOVED_TIMEOUT_MS);
    const { plan } = await cluster.api<Deployment>("GET", `/deployments/${deploymentId}`);
    expect(plan.plan.placement.some((stage) => stage.topologyNodeId === drawnIds[CUT_OFF])).toBe(false);
    expect((await read()).decisions.find((one) => one.trigger.some(({ key }) => key.startsWith("link:")))?.reason).toContain("is cut");
  } finally {
    await lab.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
