// A link that sags: it is noticed, a move is suggested with its reasons, a person accepts with one click, and requests never notice the move. Real agents behind an
// emulated network.
import { expect, type Page, test } from "@playwright/test";
import { bundledModel, type Cluster, startCluster, until } from "./cluster.ts";
import { deployOverAll, SERVED_MODEL } from "./deploy-over-all.ts";
import { type EmulatedNetwork, meshOf, startEmulatedNetwork } from "./emulated-network.ts";
import { sampleOf, startLoad } from "./load.ts";
import { violations } from "./look.ts";

const NAME = "sagging";
const NODES = ["cam", "gateway", "server"];
const REQUESTS_PER_SECOND = 4;
const GOOD_BYTES_PER_SECOND = 40e6;
const SAGGED_BYTES_PER_SECOND = 1e6;

type Adaptation = { verdict: string | null; signals: { kind: string; name: string; samples: number }[]; suggestion: { id: string; trigger: { name: string }[] } | null; decisions: { outcome: string; reason: string; planId: string | null }[] };

let cluster: Cluster;
let network: EmulatedNetwork;
let url = "";
let deploymentId = "";

test.beforeAll(async () => {
  network = await startEmulatedNetwork(NODES, meshOf(NODES, { delayMs: 1, bytesPerSecond: GOOD_BYTES_PER_SECOND }));
  cluster = await startCluster(NODES, { agentArguments: network.agentArguments });
  ({ url, deploymentId } = await deployOverAll(cluster, NAME));
});
test.afterAll(async () => {
  await cluster?.stop();
  network?.stop();
});

const read = () => cluster.api<Adaptation>("GET", `/deployments/${deploymentId}/adaptation`);

test("a link sags: a suggestion says so, one click moves, and no request is lost", async ({ page }) => {
  const load = startLoad(url, NAME, await sampleOf(bundledModel(SERVED_MODEL), [1, 3, 48, 192]), REQUESTS_PER_SECOND);
  await until("measurements of the link", async () => (await read()).signals.some((signal) => signal.name === "cam → gateway" && signal.samples >= 10));
  await page.goto(`${cluster.url}/deployments/${deploymentId}?tab=adapt`);
  await expect(page.getByTestId("adapt-suggest")).toBeChecked();
  await network.set("cam", "gateway", { bytesPerSecond: SAGGED_BYTES_PER_SECOND });
  await until("a suggestion because of it", async () => (await read()).suggestion?.trigger.some((one) => one.name === "cam → gateway") ?? false);
  await expect(page.getByTestId("adapt-suggestion")).toContainText("cam → gateway", { timeout: 30_000 });
  expect(await violations(page)).toEqual([]);
  await until("a suggestion that still stands to be accepted", () => isAccepted(page));
  await until("the move to be done", async () => (await read()).decisions.some((one) => one.outcome === "moved"));
  await expect(page.getByTestId("adapt-decision").filter({ hasText: "moved" })).toContainText("cam → gateway", { timeout: 30_000 });
  const { plan } = await cluster.api<{ plan: { plan: { placement: { topologyNodeId: string }[] } } }>("GET", `/deployments/${deploymentId}`);
  const order = plan.plan.placement.map((stage) => stage.topologyNodeId);
  expect(order.some((node, k) => node === "tn_0" && order[k + 1] === "tn_1")).toBe(false);
  expect(await load.stop()).toMatchObject({ failed: 0, lost: 0, duplicated: 0, different: 0 });
  await seeHowItWas(page, order);
  await protectHours(page);
  // The mode is switched by keyboard, and kept.
  await page.getByTestId("adapt-suggest").focus();
  await page.keyboard.press("ArrowRight");
  await until("the mode to be kept", async () => (await cluster.api<{ settings: { mode: string } }>("GET", `/deployments/${deploymentId}/adaptation`)).settings.mode === "automatic");
});

/** Between reading and pressing a newer suggestion may have taken its place: then it is refused, and the newest is accepted, as the refusal says. */
async function isAccepted(page: Page): Promise<boolean> {
  const answered = page.waitForResponse((response) => response.url().includes("acceptSuggestion"));
  // Rejected when nothing was pressed in time: told by the press itself.
  answered.catch(() => {});
  await page.getByTestId("adapt-accept").click();
  return (await answered).ok();
}

/** From the decision to the moment it was made in, on to the change it led to, and back: placement, reason and drawing of each. */
async function seeHowItWas(page: Page, orderNow: string[]): Promise<void> {
  const drawn = await cluster.api<{ document: { nodes: { id: string; name: string }[] } }>("GET", `/topologies/${(await cluster.api<{ topologyId: string }>("GET", `/deployments/${deploymentId}`)).topologyId}`);
  const nameOf = new Map(drawn.document.nodes.map((node) => [node.id, node.name]));
  const stagesShown = () => page.getByTestId("past-card").evaluateAll((cards) => cards.flatMap((card) => [...card.querySelectorAll<HTMLElement>("[data-testid=past-stage]")].map((stage) => `${stage.dataset.stage} ${(card as HTMLElement).dataset.nodeName}`)).sort());
  await page.getByTestId("adapt-decision").filter({ hasText: "moved" }).getByRole("link", { name: "as it was" }).click();
  await expect(page.getByTestId("replay-decision")).toContainText("cam → gateway");
  await expect(page.getByTestId("replay-revision")).toHaveText("revision 1");
  const before = await stagesShown();
  expect(before.length).toBeGreaterThan(0);
  await page.getByTestId("replay-next").focus();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("replay-revision")).toHaveText("revision 2");
  expect(await stagesShown()).toEqual(orderNow.map((id, index) => `${index} ${nameOf.get(id)}`).sort());
  await page.getByTestId("replay-previous").click();
  await expect(page.getByTestId("replay-revision")).toHaveText("revision 1");
  expect(await stagesShown()).toEqual(before);
  expect(await violations(page)).toEqual([]);
  await page.getByTestId("replay-live").click();
  await page.getByTestId("tab-adapt").click();
}

/** Hours in which nothing moves by itself, given and taken back by keyboard. */
async function protectHours(page: Page): Promise<void> {
  const windows = async () => (await cluster.api<{ settings: { protectedWindows: { fromMinute: number; toMinute: number }[] } }>("GET", `/deployments/${deploymentId}/adaptation`)).settings.protectedWindows;
  await page.getByTestId("protect-add").focus();
  await page.keyboard.press("Enter");
  const from = page.getByLabel("Protected from, 1");
  await from.fill("08:30");
  await from.press("Enter");
  await until("the window to be kept", async () => (await windows())[0]?.fromMinute === 510);
  expect(await windows()).toEqual([{ fromMinute: 510, toMinute: 360 }]);
  await page.getByRole("button", { name: /^Protect no more from 08:30 to 06:00/ }).press("Enter");
  await until("the window to be gone", async () => (await windows()).length === 0);
}
