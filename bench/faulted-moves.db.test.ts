// Faults aimed at each step of a move, with built agents under load: whoever receives, gives, decides or carries is gone just then. No request is lost, every move ends
// in a state that says so, and what serves afterwards is whole.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { until } from "../e2e/cluster.ts";
import { injectFault } from "../lab/faults.ts";
import { mountSmallDisk, type SmallDisk } from "../lab/small-disk.ts";
import { LAB_LINK } from "./inject-faults.ts";
import { type LabDeployment, ORIENTATION, startLabDeployment } from "./lab-deployment.ts";
import { startLoadProcess } from "./load-process.ts";
import { writeReferenceCases } from "./reference-cases.ts";

/** Requests enter at the first and the last. */
const NODES = ["entry", "giver", "receiver", "second"];
const ENTRIES = [0, 3];
const STEPS = ["prepare", "warm", "verify", "cutover", "drain", "retire", "done"] as const;
const FINAL = ["done", "rolled-back", "cancelled"];
const AWAY_MS = 500;
/** Longer than it takes an agent to notice that nothing comes over a connection (5 s). */
const NOTICED_MS = 7_000;
const DISK_BYTES = 160 * 2 ** 20;
const DEADLINE_MS = 60_000;
const END_TIMEOUT_MS = 240_000;

type Deployment = { status: string; currentRevision: { number: number } | null; migration: { id: string; state: string; finishedAt: string | null; error: { message: string } | null } | null };
type Aim = { step: (typeof STEPS)[number]; what: string; strike(lab: LabDeployment): Promise<void>; /** Once the move has ended. */ mend?(lab: LabDeployment): Promise<void>; /** Nothing is amiss: the move goes on to its end. */ isHarmless?: true };

const agentOf = ({ cluster }: LabDeployment, name: string) => {
  const agent = cluster.agents.find((one) => one.name === name);
  if (!agent) throw new Error(`there is no agent ${name}`);
  return agent;
};
const agentGone = (name: string) => async (lab: LabDeployment) => {
  await agentOf(lab, name).kill("SIGKILL");
  await sleep(AWAY_MS);
  await agentOf(lab, name).restart();
};
const consoleGone = async ({ cluster }: LabDeployment) => {
  await cluster.killConsole("SIGKILL");
  await cluster.restartConsole();
};
const databaseGone = async ({ cluster }: LabDeployment) => {
  const postmaster = Number(readFileSync(path.join(cluster.folder, "console", "postgres", "data", "postmaster.pid"), "utf8").split("\n")[0]);
  const killed = injectFault("kill", { pid: postmaster, marker: "postgres" });
  if (!killed.done) throw new Error(killed.reason);
};
/** Half open: nothing arrives, and nothing says so. */
const linkHeld = (heldMs: number) => async ({ network }: LabDeployment) => {
  const ways = ["entry", "second"].flatMap((entry) => ["giver", "receiver"].flatMap((runs) => [[entry, runs], [runs, entry]] as const));
  for (const [from, to] of ways) await network.cut(from, to, "hold");
  await sleep(heldMs);
  for (const [from, to] of ways) await network.restore(from, to);
};
/** Of every process of the fleet, console and agents: of a machine that they share. */
const clocksSet = (stepMs: number) => async () => writeFileSync(clockFile, String(stepMs));
const linkGone = async ({ network }: LabDeployment) => {
  const ways = [["giver", "receiver"], ["receiver", "giver"]] as const;
  for (const [from, to] of ways) await network.cut(from, to, "reset");
  await sleep(AWAY_MS);
  for (const [from, to] of ways) await network.restore(from, to);
};

const folder = mkdtempSync(path.join(tmpdir(), "cutplane-faulted-"));
const clockFile = path.join(folder, "clock");
/** Null where none can be mounted: the agents' own tests fill theirs then, without a move. */
const { disk } = mountSmallDisk(path.join(folder, "disk"), DISK_BYTES);
const diskFull = (of: SmallDisk) => async () => {
  of.fill();
  await sleep(NOTICED_MS);
  of.free();
};
const STEP_CLOCK = { NODE_OPTIONS: `--import ${path.join(import.meta.dirname, "../agents/testdata/step-clock.mjs")}`, CUTPLANE_TEST_CLOCK: clockFile };

/** The moving stage goes to and fro, so that who receives and who gives change places; both have held it from the second move on. */
const AIMS: Aim[] = [
  // First of all: later it holds what it receives.
  ...(disk ? [{ step: "prepare", what: "the disk of who receives is full", strike: diskFull(disk) } as const] : []),
  { step: "prepare", what: "who receives is killed", strike: agentGone("receiver") },
  { step: "prepare", what: "who gives is killed", strike: agentGone("giver") },
  { step: "warm", what: "the link between them breaks", strike: linkGone },
  { step: "warm", what: "clocks are set forward by a minute", strike: clocksSet(60_000), isHarmless: true },
  { step: "verify", what: "the console is killed", strike: consoleGone },
  { step: "verify", what: "PostgreSQL is killed", strike: databaseGone },
  { step: "cutover", what: "who receives is killed", strike: agentGone("receiver") },
  { step: "cutover", what: "clocks are set back by two minutes", strike: clocksSet(-60_000), isHarmless: true },
  { step: "drain", what: "links are half open", strike: linkHeld(AWAY_MS) },
  { step: "verify", what: "links are half open until that is noticed", strike: linkHeld(NOTICED_MS) },
  { step: "retire", what: "who gives is killed", strike: agentGone("giver") },
  { step: "prepare", what: "one of two entries is killed", strike: agentGone("second") },
  { step: "verify", what: "one of two entries is killed", strike: agentGone("second") },
  { step: "cutover", what: "one of two entries is killed and stays away", strike: (lab) => agentOf(lab, "second").kill("SIGKILL"), mend: (lab) => agentOf(lab, "second").restart() },
  { step: "drain", what: "the entry that runs the first stage is killed", strike: agentGone("entry") },
];

test("a fault in any step of a move loses no request, and the move ends in a stated state", { timeout: 1_200_000 }, async () => {
  writeFileSync(clockFile, "0");
  const lab = await startLabDeployment({ name: "faulted", cluster: { environment: STEP_CLOCK, agentArguments: (name) => (name === "receiver" && disk ? ["--data", path.join(disk.folder, "agent")] : []) }, nodes: NODES, links: LAB_LINK, model: { ...ORIENTATION, cuts: [0.5] }, stageNodes: [0, 1], entries: ENTRIES });
  try {
    const at = (node: number) => lab.makePlan(lab.start.map((stage, k) => ({ ...stage, topologyNodeId: lab.drawnIds[k === 1 ? node : 0] as string })));
    const plans = [await at(2), await at(1)];
    const casesFile = path.join(folder, "cases.json");
    await writeReferenceCases(casesFile, { modelPath: lab.modelPath, shape: ORIENTATION.shape, variants: 2, seed: 5 });
    const load = await startLoadProcess({ urls: await lab.urls(), model: "faulted", casesFile, perSecond: 3, seed: 5, deadlineMs: DEADLINE_MS });
    const read = () => lab.cluster.api<Deployment>("GET", `/deployments/${lab.deploymentId}`);
    const story: string[] = [];
    for (const [turn, aim] of AIMS.entries()) {
      const before = await read();
      const runsOnReceiver = story.length > 0 && story.at(-1)?.endsWith("on the receiver");
      await lab.cluster.api("POST", `/deployments/${lab.deploymentId}/plan`, { planId: plans[runsOnReceiver ? 1 : 0], expectedRevision: before.currentRevision?.number ?? 0, reason: aim.what });
      const wanted = STEPS.indexOf(aim.step);
      let struckIn = "";
      await until(`move ${turn} to be in ${aim.step}`, async () => {
        const { migration } = await read();
        struckIn = migration?.state ?? "";
        return struckIn !== "" && (FINAL.includes(struckIn) || STEPS.indexOf(struckIn as Aim["step"]) >= wanted);
      }, END_TIMEOUT_MS);
      await aim.strike(lab);
      let end: Deployment["migration"] = null;
      await until(`move ${turn} to end`, async () => {
        end = (await read()).migration;
        return end !== null && end.finishedAt !== null;
      }, END_TIMEOUT_MS);
      await aim.mend?.(lab);
      await until("the deployment to be live", async () => (await read()).status === "live", END_TIMEOUT_MS);
      const { state, error } = end as unknown as NonNullable<Deployment["migration"]>;
      expect(aim.isHarmless ? ["done"] : FINAL, [...story, aim.what, error?.message].join("\n")).toContain(state);
      // Who turns back says why.
      if (state !== "done") expect(error?.message, aim.what).toBeTruthy();
      const isThere = (state === "done") !== Boolean(runsOnReceiver);
      story.push(`${aim.what} in ${aim.step} (struck in ${struckIn}): ${state}${error ? `, ${error.message}` : ""}; the stage is now on the ${isThere ? "receiver" : "giver"}`);
    }
    const { counts } = await load.end();
    expect(counts, [...story, ...counts.details].join("\n")).toMatchObject({ lost: 0, duplicated: 0, different: 0 });
    expect(counts.equal + counts.failed, story.join("\n")).toBe(counts.sent);
    expect(counts.equal, story.join("\n")).toBeGreaterThan(20);
  } finally {
    await lab.stop();
    disk?.remove();
    rmSync(folder, { recursive: true, force: true });
  }
});
