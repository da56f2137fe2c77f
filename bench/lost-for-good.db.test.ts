// What a deployment needs is gone for good under real agents, though nothing is slow: the link between two stages, whose ends stay connected to the console; or the
// machine of a stage where requests enter too, while they enter elsewhere as well.
import { expect, test } from "vitest";
import { until } from "../e2e/cluster.ts";
import { askReference } from "./ask-reference.ts";
import { LAB_LINK } from "./inject-faults.ts";
import { type LabDeployment, ORIENTATION, startLabDeployment } from "./lab-deployment.ts";

const ENTRY = 0;
const FAR = 1;
const SECOND = 2;
const MOVED_TIMEOUT_MS = 120_000;

type Deployment = { plan: { plan: { placement: { topologyNodeId: string }[] } }; status: string; statusReason: string };
type Adaptation = { decisions: { verdict: string; reason: string; trigger: { kind: string; key: string }[]; outcome: string }[] };

const adaptationOf = ({ cluster, deploymentId }: LabDeployment) => cluster.api<Adaptation>("GET", `/deployments/${deploymentId}/adaptation`);
const deploymentOf = ({ cluster, deploymentId }: LabDeployment) => cluster.api<Deployment>("GET", `/deployments/${deploymentId}`);
const isLossOf = (kind: "link" | "node") => (one: Adaptation["decisions"][number]) => one.trigger.some((trigger) => trigger.kind === "loss" && trigger.key.startsWith(`${kind}:`));

async function movedOff(lab: LabDeployment, kind: "link" | "node", index: number, url: string): Promise<string> {
  const ask = await askReference(kind, lab.modelPath, ORIENTATION.shape);
  await until("the deployment to be moved off it", async () => (await adaptationOf(lab)).decisions.some((one) => isLossOf(kind)(one) && one.outcome !== "kept"), MOVED_TIMEOUT_MS);
  await until("it to answer", async () => (await ask(url)) === 200, MOVED_TIMEOUT_MS);
  await until("the move to be done", async () => !(await deploymentOf(lab)).plan.plan.placement.some((stage) => stage.topologyNodeId === lab.drawnIds[index]), MOVED_TIMEOUT_MS);
  return (await adaptationOf(lab)).decisions.find(isLossOf(kind))?.reason ?? "";
}

const atOnce = ({ cluster, deploymentId }: LabDeployment) => cluster.api("PATCH", `/deployments/${deploymentId}/adaptation`, { mode: "automatic", coolDownSeconds: 0, movesPerHour: 100 });

test("a deployment over a cut link is moved off it by itself, and answers again", { timeout: 600_000 }, async () => {
  const lab = await startLabDeployment({ name: "link", nodes: ["entry", "far", "spare"], links: LAB_LINK, model: { ...ORIENTATION, cuts: [0.5] }, stageNodes: [ENTRY, FAR], entries: [ENTRY] });
  try {
    const [url = ""] = await lab.urls();
    expect(await (await askReference("link", lab.modelPath, ORIENTATION.shape))(url)).toBe(200);
    await atOnce(lab);
    await Promise.all([lab.network.cut("entry", "far", "reset"), lab.network.cut("far", "entry", "reset")]);
    expect(await movedOff(lab, "link", FAR, url)).toContain("is cut");
  } finally {
    await lab.stop();
  }
});

test("a machine that runs the first stage and is entered at is lost for good: the stage is moved while requests enter elsewhere", { timeout: 600_000 }, async () => {
  const lab = await startLabDeployment({ name: "node", nodes: ["entry", "far", "second"], links: LAB_LINK, model: { ...ORIENTATION, cuts: [0.5] }, stageNodes: [ENTRY, FAR], entries: [ENTRY, SECOND] });
  try {
    const [, url = ""] = await lab.urls();
    expect(await (await askReference("node", lab.modelPath, ORIENTATION.shape))(url)).toBe(200);
    await atOnce(lab);
    const entry = lab.cluster.agents[ENTRY];
    await entry?.kill("SIGKILL");
    expect(await movedOff(lab, "node", ENTRY, url)).toContain("is lost");
    await until("the move to end", async () => (await deploymentOf(lab)).status !== "moving", MOVED_TIMEOUT_MS);
    expect(await deploymentOf(lab)).toMatchObject({ status: "degraded", statusReason: expect.stringContaining("The ingress on entry is lost") });
    // What it ran is of a revision that is not served any more; where requests enter it is again.
    await entry?.restart();
    const ask = await askReference("node", lab.modelPath, ORIENTATION.shape);
    await until("the deployment to be whole", async () => (await deploymentOf(lab)).status === "live", MOVED_TIMEOUT_MS);
    for (const each of await lab.urls()) expect(await ask(each)).toBe(200);
  } finally {
    await lab.stop();
  }
});
