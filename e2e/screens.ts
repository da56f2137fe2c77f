// Owns the list of the console's screens, for whoever looks at each of them.
import type { Page } from "@playwright/test";

export type Screen = { name: string; path: string; /** What a hand does there before looking. */ prepare?: (page: Page) => Promise<void> };
type Named = { id: string; name: string };
type Drawing = { id: string; document: { nodes: { id: string }[]; links: { id: string }[] } };

/** Every screen of a console, with the ids of what it holds. Details are left out where there is nothing to look at. */
export async function screensOf(api: <T>(method: string, route: string) => Promise<T>): Promise<Screen[]> {
  const [deployments, topologies, models, nodes, plans] = await Promise.all(["/deployments", "/topologies", "/models", "/nodes", "/plans"].map((route) => api<Named[]>("GET", route)));
  const detail = (name: string, folder: string, rows: Named[] | undefined): Screen[] => (rows?.[0] ? [{ name, path: `/${folder}/${rows[0].id}` }] : []);
  const drawing = topologies?.[0] ? await api<Drawing>("GET", `/topologies/${topologies[0].id}`) : null;
  const chosen = (name: string, thing: { id: string } | undefined): Screen[] => (drawing && thing ? [{ name, path: `/topologies/${drawing.id}?selected=${thing.id}` }] : []);
  const tab = (key: string): Screen[] => detail(`deployment-${key}`, "deployments", deployments).map((one) => ({ ...one, path: `${one.path}?tab=${key}` }));
  const over = (name: string, path: string, prepare: NonNullable<Screen["prepare"]>): Screen => ({ name, path, prepare: async (page) => { await prepare(page); await page.getByRole("dialog").waitFor(); } });
  return [
    { name: "overview", path: "/" },
    { name: "deployments", path: "/deployments" },
    ...detail("deployment", "deployments", deployments),
    ...["charts", "trace", "timeline", "try"].flatMap(tab),
    { name: "topologies", path: "/topologies" },
    ...detail("topology", "topologies", topologies),
    ...chosen("chosen-node", drawing?.document.nodes[0]),
    ...chosen("chosen-link", drawing?.document.links[0]),
    ...detail("find", "topologies", topologies).map((one): Screen => ({ ...one, prepare: async (page) => { await page.keyboard.press("Control+f"); await page.getByTestId("find").waitFor(); } })),
    ...(models?.[0] && drawing?.document.nodes[0] ? detail("move-layers", "topologies", topologies).map((one) => over(one.name, `${one.path}?model=${models[0]?.id}&layers=1-3`, (page) => page.keyboard.press("m"))) : []),
    { name: "models", path: "/models" },
    ...detail("model", "models", models),
    ...detail("model", "models", models).map((model) => ({ name: "model-graph", path: `${model.path}?view=graph` })),
    ...detail("delete-model", "models", models).map((one) => over(one.name, one.path, (page) => page.getByTestId("delete-model").click())),
    { name: "plans", path: "/plans" },
    ...(plans?.[0] ? [{ name: "plan-compare", path: `/plans?a=${plans[0].id}&b=${plans.at(-1)?.id}` }] : []),
    { name: "nodes", path: "/nodes" },
    ...detail("node", "nodes", nodes),
    ...["charts", "log"].flatMap((tab) => detail("node", "nodes", nodes).map((one) => ({ name: `node-${tab}`, path: `${one.path}?tab=${tab}` }))),
    { name: "add-node", path: "/nodes/add" },
    { name: "events", path: "/events" },
    { name: "operations", path: "/operations" },
    { name: "operation-tray", path: "/settings", prepare: async (page) => { await page.getByTestId("operations").click(); await page.getByTestId("operation-tray").waitFor(); } },
    ...(nodes?.[0] ? [{ name: "drain", path: "/nodes", prepare: async (page: Page) => { await page.getByRole("button", { name: /^Drain / }).first().click(); await page.getByTestId("act-dialog").getByRole("button", { name: /^(Drain|Close)/ }).last().waitFor(); } }] : []),
    ...(deployments?.[0] ? [{ name: "stop", path: `/deployments/${deployments[0].id}`, prepare: async (page: Page) => { await page.getByTestId("stop").click(); await page.getByTestId("typed-name").waitFor(); } }] : []),
    { name: "settings", path: "/settings" },
    { name: "not-found", path: "/no-such-place" },
    over("commands", "/settings", (page) => page.keyboard.press("Control+k")),
    over("keys", "/settings", (page) => page.keyboard.press("?")),
  ];
}

/** Loads a screen and waits until what it fetches has come; the live feed never ends, so that the network is never idle. */
export async function visit(page: Page, url: string, screen: Screen): Promise<void> {
  await page.goto(`${url}${screen.path}`);
  await page.locator("main").waitFor();
  await page.waitForFunction(() => document.querySelectorAll(".animate-pulse").length === 0 && (document.querySelector("h1, [data-testid=canvas]") !== null), null, { timeout: 30_000 });
  await page.waitForTimeout(600);
  await screen.prepare?.(page);
}
