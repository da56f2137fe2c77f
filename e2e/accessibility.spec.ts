// Every screen and what opens over it, empty and busy, light and dark: axe finds nothing, and the Tab key meets everything with a name and a visible focus.
import { type Browser, expect, type Page, test } from "@playwright/test";
import { bundledModel, type Cluster, startCluster, until } from "./cluster.ts";
import { deployOverAll, SERVED_MODEL } from "./deploy-over-all.ts";
import { type Load, sampleOf, startLoad } from "./load.ts";
import { violations, walkByTab } from "./look.ts";
import { type Screen, screensOf, visit } from "./screens.ts";

const NAME = "upright";
/** Enough that charts and traces have something to show. */
const REQUESTS_PER_SECOND = 2;

let cluster: Cluster;
test.beforeAll(async () => {
  cluster = await startCluster(["cam", "gateway", "server"]);
});
test.afterAll(async () => {
  await cluster?.stop();
});

type Drawing = { id: string; revision: number; document: { nodes: { id: string; name: string }[] } };

/** What no screen shows by itself: a plan before it is deployed, and what two people changed at once. These two write, so that they are for a console of one's own. */
async function screensThatWrite(modelId: string): Promise<Screen[]> {
  const { api } = cluster;
  const drawing = await api<Drawing>("POST", "/topologies", { name: "lab", templateId: "home-lab" });
  const [node] = drawing.document.nodes;
  const renamedElsewhere = async () => {
    const { revision, document } = await api<Drawing>("GET", `/topologies/${drawing.id}`);
    await api("PUT", `/topologies/${drawing.id}`, { baseRevision: revision, document: { ...document, nodes: document.nodes.map((one) => (one.id === node?.id ? { ...one, name: "eye" } : one)) } });
  };
  return [
    { name: "deploy", path: `/topologies/${drawing.id}?model=${modelId}`, prepare: async (page) => { await page.getByTestId("plan-it").click(); await page.getByTestId("deploy").click(); await page.getByTestId("confirm-deploy").waitFor(); } },
    { name: "conflicts", path: `/topologies/${drawing.id}?model=${modelId}&selected=${node?.id}`, prepare: async (page) => {
      await page.context().setOffline(true);
      const name = page.getByTestId("inspector").getByLabel(/^Name in this/);
      await name.fill("lens");
      await name.press("Enter");
      await renamedElsewhere();
      await page.context().setOffline(false);
      await page.getByTestId("conflict").waitFor();
    } },
  ];
}

/** In place: a page that was loaded for each theme would only show the same again. */
async function inTheme(page: Page, theme: "light" | "dark"): Promise<void> {
  await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
  await page.waitForFunction((wanted) => document.documentElement.dataset.theme === wanted, theme);
  // Colours follow in the next frame.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

async function lookAt(page: Page, screens: readonly Screen[]): Promise<void> {
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  let before: Screen | null = null;
  for (const screen of screens) {
    await visit(page, cluster.url, screen, before);
    before = screen;
    expect.soft(await violations(page), `${screen.name}, light`).toEqual([]);
    await inTheme(page, "dark");
    expect.soft(await violations(page, "colours"), `${screen.name}, dark`).toEqual([]);
    await inTheme(page, "light");
    const walk = await walkByTab(page);
    expect.soft(walk.problems, `${screen.name} by Tab`).toEqual([]);
    expect.soft(walk.met, `${screen.name}: places the Tab key stops at`).toBeGreaterThan(0);
  }
}

/** Two pages share the work, and with it the machine's cores; screens on one path stay together. */
async function lookAtAll(browser: Browser, screens: readonly Screen[]): Promise<void> {
  const paths = [...new Set(screens.map((screen) => screen.path))];
  await Promise.all([0, 1].map(async (half) => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    await lookAt(await context.newPage(), screens.filter((screen) => paths.indexOf(screen.path) % 2 === half));
    await context.close();
  }));
}

test("what is empty without a model", async ({ browser }) => {
  const EMPTY = ["overview", "deployments", "topologies", "topology", "models", "plans", "operations"];
  const screens = (await screensOf(cluster.api)).filter((screen) => EMPTY.includes(screen.name));
  expect(screens.map((screen) => screen.name)).toEqual(EMPTY);
  await lookAtAll(browser, screens);
});

test.describe("while it serves", () => {
  let load: Load;
  let screens: Screen[];
  let served: Awaited<ReturnType<typeof deployOverAll>>;
  test.beforeAll(async () => {
    served = await deployOverAll(cluster, NAME);
    const { url, modelId } = served;
    await cluster.api("POST", "/credentials", { name: "nightly" });
    load = startLoad(url, NAME, await sampleOf(bundledModel(SERVED_MODEL), [1, 3, 48, 192]), REQUESTS_PER_SECOND);
    screens = [...(await screensOf(cluster.api)), ...(await screensThatWrite(modelId))];
  });
  test.afterAll(async () => {
    await load?.stop();
  });

  // A screen that comes to the console comes into one of these by its address.
  const PARTS: [string, RegExp][] = [["deployments", /^\/deployments/], ["drawings", /^\/topologies/], ["models, plans and nodes", /^\/(models|plans|nodes)/], ["everything else", /^\/(?!deployments|topologies|models|plans|nodes)/]];
  for (const [part, path] of PARTS) {
    test(part, async ({ browser }) => {
      const own = screens.filter((screen) => path.test(screen.path));
      expect(own.length).toBeGreaterThan(4);
      await lookAtAll(browser, own);
    });
  }

  test("a trial of a new revision under way", async ({ browser }) => {
    const { deploymentId, modelId, topologyId } = served;
    const { layerCount } = await cluster.api<{ layerCount: number }>("GET", `/models/${modelId}`);
    await cluster.api("PATCH", `/deployments/${deploymentId}/serving`, { canary: { share: 0.5, shadowShare: 0.5, maxErrorRatio: 0.5, maxLatencyMsP99: 1000 } });
    const plan = await cluster.api<{ id: string }>("POST", "/plans", { modelId, topologyId, placement: [{ from: 0, to: 30, topologyNodeId: "tn_1" }, { from: 30, to: layerCount, topologyNodeId: "tn_2" }] });
    await cluster.api("POST", `/deployments/${deploymentId}/plan`, { planId: plan.id, expectedRevision: 1 });
    await until("the trial", async () => (await cluster.api<{ migration: { state: string } | null }>("GET", `/deployments/${deploymentId}`)).migration?.state === "canary");
    const path = `/deployments/${deploymentId}`;
    await lookAtAll(browser, [
      { name: "trial", path, prepare: async (page) => { await page.getByTestId("promote").waitFor(); } },
      { name: "trial-serving", path: `${path}?tab=serving`, prepare: async (page) => { await page.getByTestId("serving-p99Ms").waitFor(); } },
      { name: "trial-operations", path: "/operations" },
    ]);
    await cluster.api("POST", `/deployments/${deploymentId}/cancel`);
  });
});
