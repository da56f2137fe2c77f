// Owns the list of the console's screens, for whoever looks at each of them.
import type { Page, Request } from "@playwright/test";

export type Screen = { name: string; path: string; /** What a hand does there before looking. */ prepare?: (page: Page) => Promise<void> };
type Named = { id: string; name: string };
type Drawing = { id: string; document: { nodes: { id: string }[]; links: { id: string }[] } };

/** Every screen of a console, with the ids of what it holds. Details are left out where there is nothing to look at. `mayWrite`: those too that leave something behind, as a plan that was not deployed. */
export async function screensOf(api: <T>(method: string, route: string) => Promise<T>, mayWrite = false): Promise<Screen[]> {
  const [deployments, topologies, models, nodes, plans] = await Promise.all(["/deployments", "/topologies", "/models", "/nodes", "/plans"].map((route) => api<Named[]>("GET", route)));
  const detail = (name: string, folder: string, rows: Named[] | undefined): Screen[] => (rows?.[0] ? [{ name, path: `/${folder}/${rows[0].id}` }] : []);
  const drawing = topologies?.[0] ? await api<Drawing>("GET", `/topologies/${topologies[0].id}`) : null;
  const chosen = (name: string, thing: { id: string } | undefined): Screen[] => (drawing && thing ? [{ name, path: `/topologies/${drawing.id}?selected=${thing.id}` }] : []);
  const tab = (key: string): Screen[] => detail(`deployment-${key.replace("&view=", "-")}`, "deployments", deployments).map((one) => ({ ...one, path: `${one.path}?tab=${key}` }));
  const over = (name: string, path: string, prepare: NonNullable<Screen["prepare"]>): Screen => ({ name, path, prepare: async (page) => { await prepare(page); await page.getByRole("dialog").waitFor(); } });
  // What an action says before it acts.
  const preview = (name: string, folder: string, rows: Named[] | undefined, open: (page: Page) => Promise<void>): Screen[] => detail(name, folder, rows).map((one) => ({ ...one, prepare: async (page) => { await open(page); await page.getByTestId("act-dialog").getByRole("button", { name: /^(?!Close$)/ }).last().waitFor(); } }));
  // A search of a moment; what it found is a draft of this browser's, and goes with it.
  const planned = (name: string, then: (page: Page) => Promise<void>): Screen[] => (models?.[0] ? detail(name, "topologies", topologies).map((one) => ({ name, path: `${one.path}?model=${models[0]?.id}`, prepare: async (page) => {
    await page.getByTestId("plan-it").click();
    await page.getByTestId("plan-it").waitFor();
    await page.getByTestId("plan-outcome").waitFor();
    await then(page);
  } })) : []);
  const byId = (id: string) => (page: Page) => page.getByTestId(id).click();
  return [
    { name: "overview", path: "/" },
    { name: "deployments", path: "/deployments" },
    ...detail("deployment", "deployments", deployments),
    ...preview("stop", "deployments", deployments, byId("stop")),
    ...["plan", "charts", "charts&view=table", "trace", "timeline", "adapt", "try", "load", "analyze", "serving", "changes", "history"].flatMap(tab),
    ...detail("replay", "deployments", deployments).map((one): Screen => ({ ...one, path: `${one.path}/replay`, prepare: (page) => page.getByTestId("replay").waitFor() })),
    ...planned("plan-result", async (page) => { await page.getByTestId("plan-outcome").scrollIntoViewIfNeeded(); }),
    ...(mayWrite ? planned("deploy", async (page) => { await page.getByTestId("deploy").click(); await page.getByTestId("confirm-deploy").waitFor(); }) : []),
    { name: "topologies", path: "/topologies" },
    ...(topologies?.[0] ? [over("delete-topology", "/topologies", (page) => page.getByRole("button", { name: /^Delete / }).first().click())] : []),
    ...detail("topology", "topologies", topologies),
    ...detail("find", "topologies", topologies).map((one): Screen => ({ ...one, prepare: async (page) => { await page.keyboard.press("Control+f"); await page.getByTestId("find").waitFor(); } })),
    ...chosen("chosen-node", drawing?.document.nodes[0]),
    ...chosen("chosen-link", drawing?.document.links[0]),
    ...(models?.[0] && drawing?.document.nodes[0] ? detail("move-layers", "topologies", topologies).map((one) => over(one.name, `${one.path}?model=${models[0]?.id}&layers=1-3`, (page) => page.keyboard.press("m"))) : []),
    { name: "models", path: "/models" },
    ...detail("model", "models", models),
    ...detail("delete-model", "models", models).map((one) => over(one.name, one.path, byId("delete-model"))),
    ...detail("model", "models", models).map((model) => ({ name: "model-graph", path: `${model.path}?view=graph` })),
    { name: "plans", path: "/plans" },
    ...(plans?.[0] ? [{ name: "plan-compare", path: `/plans?a=${plans[0].id}&b=${plans.at(-1)?.id}` }] : []),
    { name: "nodes", path: "/nodes" },
    // The list has no room for its buttons on a phone.
    ...preview("drain", "nodes", nodes, (page) => page.getByRole("button", { name: /^Drain/ }).first().click()),
    ...detail("node", "nodes", nodes),
    ...preview("cordon", "nodes", nodes, (page) => page.getByRole("button", { name: /^(Unc|C)ordon/ }).click()),
    ...preview("remove-node", "nodes", nodes, byId("remove-node")),
    ...["capacity", "charts", "log"].flatMap((key) => detail("node", "nodes", nodes).map((one) => ({ name: `node-${key}`, path: `${one.path}?tab=${key}` }))),
    { name: "add-node", path: "/nodes/add" },
    ...(nodes?.[0] ? [{ name: "add-node-joined", path: `/nodes/add?node=${nodes[0].id}` }] : []),
    { name: "events", path: "/events" },
    { name: "events-filtered", path: "/events?severity=warn" },
    { name: "operations", path: "/operations" },
    { name: "not-found", path: "/no-such-place" },
    { name: "settings", path: "/settings" },
    { name: "operation-tray", path: "/settings", prepare: async (page) => { await page.getByTestId("operations").click(); await page.getByTestId("operation-tray").waitFor(); } },
    { name: "revoke", path: "/settings", prepare: async (page) => { const revoke = page.getByRole("button", { name: /^Revoke / }).first(); if ((await revoke.count()) === 0) return; await revoke.click(); await page.getByTestId("confirm-action").waitFor(); } },
    over("commands", "/settings", (page) => page.keyboard.press("Control+k")),
    over("keys", "/settings", (page) => page.keyboard.press("?")),
  ];
}

/** Requests under way of each page that is looked at. */
const underWay = new WeakMap<Page, Set<Request>>();
/** The live feed never ends. */
const NEVER_ENDS = /\/socket\.io\//;
const SETTLE_TIMEOUT_MS = 30_000;

function watchRequests(page: Page): Set<Request> {
  const known = underWay.get(page);
  if (known) return known;
  const requests = new Set<Request>();
  underWay.set(page, requests);
  page.on("request", (request) => { if (!NEVER_ENDS.test(request.url())) requests.add(request); });
  page.on("requestfinished", (request) => requests.delete(request));
  page.on("requestfailed", (request) => requests.delete(request));
  page.on("framenavigated", (frame) => { if (frame === page.mainFrame()) requests.clear(); });
  return requests;
}

/** Until what the page fetches has come and is drawn. */
async function settled(page: Page): Promise<void> {
  const requests = watchRequests(page);
  const deadline = Date.now() + SETTLE_TIMEOUT_MS;
  // Twice in a row: an answer may lead to the next question.
  for (let quiet = 0; quiet < 2; ) {
    const drawn = await page.evaluate(() => new Promise<boolean>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(document.querySelectorAll(".animate-pulse").length === 0 && document.querySelector("h1, [data-testid=canvas]") !== null)))));
    quiet = drawn && requests.size === 0 ? quiet + 1 : 0;
    if (Date.now() > deadline) throw new Error(`${page.url()} does not come to rest: ${[...requests].map((one) => one.url()).join(", ")}`);
  }
}

/** Shows a screen and waits until it is at rest. `before` is what the page shows: on the same path it is not loaded again, what lies over it is closed by Escape. */
export async function visit(page: Page, url: string, screen: Screen, before: Screen | null = null): Promise<void> {
  watchRequests(page);
  if (before?.path === screen.path) {
    if (before.prepare) await page.keyboard.press("Escape");
    await page.locator("[role=dialog], [data-testid=find], [data-testid=operation-tray]").waitFor({ state: "detached" });
  } else {
    await page.goto(`${url}${screen.path}`);
    await page.locator("main").waitFor();
  }
  await settled(page);
  if (!screen.prepare) return;
  await screen.prepare(page);
  await settled(page);
}
