// Owns the list of the console's screens, for whoever looks at each of them.
import type { Page } from "@playwright/test";

export type Screen = { name: string; path: string; /** What a hand does there before looking. */ prepare?: (page: Page) => Promise<void> };
type Named = { id: string; name: string };

/** Every screen of a console, with the ids of what it holds. Details are left out where there is nothing to look at. */
export async function screensOf(api: <T>(method: string, route: string) => Promise<T>): Promise<Screen[]> {
  const [deployments, topologies, models, nodes] = await Promise.all(["/deployments", "/topologies", "/models", "/nodes"].map((route) => api<Named[]>("GET", route)));
  const detail = (name: string, folder: string, rows: Named[] | undefined): Screen[] => (rows?.[0] ? [{ name, path: `/${folder}/${rows[0].id}` }] : []);
  return [
    { name: "overview", path: "/" },
    { name: "deployments", path: "/deployments" },
    ...detail("deployment", "deployments", deployments),
    { name: "topologies", path: "/topologies" },
    ...detail("topology", "topologies", topologies),
    { name: "models", path: "/models" },
    ...detail("model", "models", models),
    ...detail("model", "models", models).map((model) => ({ name: "model-graph", path: `${model.path}?view=graph` })),
    { name: "plans", path: "/plans" },
    { name: "nodes", path: "/nodes" },
    ...detail("node", "nodes", nodes),
    { name: "add-node", path: "/nodes/add" },
    { name: "events", path: "/events" },
    { name: "settings", path: "/settings" },
    { name: "not-found", path: "/no-such-place" },
    { name: "commands", path: "/settings", prepare: async (page) => { await page.keyboard.press("Control+k"); await page.getByRole("combobox").waitFor(); } },
    { name: "keys", path: "/settings", prepare: async (page) => { await page.keyboard.press("?"); await page.getByRole("dialog").waitFor(); } },
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
