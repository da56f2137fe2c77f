// Two consoles on one PostgreSQL and a browser on one of them: when that one dies or hangs the page goes on at the other, with the same view and without losing anything.
import { expect, type Page, test } from "@playwright/test";
import { type Cluster, type ConsoleProcess, startCluster, until } from "./cluster.ts";
import { makeSharedDatabase } from "./shared-database.ts";

let keeper: Cluster;
let cluster: Cluster;
let first: ConsoleProcess;
let second: ConsoleProcess;
test.beforeAll(async () => {
  keeper = await startCluster([]);
  cluster = await startCluster([], { shared: { consoles: 2, databaseUrl: await makeSharedDatabase(keeper, "two_consoles") } });
  [first, second] = cluster.consoles as [ConsoleProcess, ConsoleProcess];
});
test.afterAll(async () => {
  for (const console of cluster?.consoles ?? []) process.kill(console.pid(), "SIGCONT");
  await cluster?.stop();
  await keeper?.stop();
});

const VIEW = "/events?kind=console&severity=warn";
const notice = (page: Page) => page.getByTestId("console-notice");
const hostOf = (console: ConsoleProcess) => new URL(console.url).host;
const isLive = (page: Page) => expect(page.getByTestId("connection")).toContainText("live");
const goesTo = (page: Page, console: ConsoleProcess, view: string) => expect(page).toHaveURL(`${console.url}${view}`, { timeout: 60_000 });
/** Each knows the other, and the page was told. */
async function open(page: Page, console: ConsoleProcess, view: string): Promise<void> {
  await until("both consoles to know each other", async () => (await Promise.all([first, second].map(async ({ url }) => ((await (await fetch(`${url}/api/v1/system`)).json()) as { consoles: unknown[] }).consoles.length))).every((count) => count === 2));
  const probe = page.waitForResponse(/\/console-probe\.js$/);
  await page.goto(`${console.url}${view}`);
  await isLive(page);
  const policy = (await probe).headers()["content-security-policy"];
  expect(policy).toBe(`default-src 'none'; connect-src 'self' ${(console === first ? second : first).url}`);
}

test("a console is killed: the page goes on at the other one, stays while both are away, and goes back to the first that answers", async ({ page }) => {
  await open(page, first, VIEW);
  await first.kill("SIGKILL");
  await expect(notice(page)).toContainText(hostOf(first));
  await expect(page.getByTestId("go-on").first()).toHaveAttribute("href", new RegExp(`^${second.url}/events\\?kind=console&severity=warn&came-from=`));
  await goesTo(page, second, VIEW);
  await expect(notice(page)).toHaveText(`The console at ${hostOf(first)} does not answer; you are on ${hostOf(second)}.`);
  await isLive(page);
  await expect(page.locator("#main")).toBeFocused();
  await expect(page.getByTestId("announcer")).toContainText(`you are on ${hostOf(second)}`);
  await notice(page).getByRole("button", { name: "Dismiss" }).click();
  await expect(notice(page)).toBeHidden();
  await expect(page.locator("#main")).toBeFocused();

  // The other one goes too: nowhere to go, and the page says so until one is back.
  await second.kill("SIGKILL");
  await expect(notice(page)).toContainText(`The console at ${hostOf(second)} does not answer. No other console answers this browser.`, { timeout: 60_000 });
  await goesTo(page, second, VIEW);
  await first.restart();
  await goesTo(page, first, VIEW);
  await isLive(page);
  await second.restart();
});

test("a console hangs: the page goes on though its connection is not closed", async ({ page }) => {
  await open(page, first, "/nodes");
  process.kill(first.pid(), "SIGSTOP");
  await goesTo(page, second, "/nodes");
  await expect(notice(page)).toContainText(`The console at ${hostOf(first)} does not answer`);
  await isLive(page);
  process.kill(first.pid(), "SIGCONT");
});

test("a page with unsaved edits stays, says why and offers the way; what was edited is saved when the console is back", async ({ page }) => {
  const { id } = await cluster.api<{ id: string }>("POST", "/topologies", { name: "kept" });
  await open(page, first, `/topologies/${id}`);
  const saves = /\/trpc\/topologies\.save\b/;
  await page.route(saves, (route) => route.abort());
  await page.getByTestId("add-planned-node").click();
  await expect(page.getByTestId("node-card")).toHaveCount(1);
  await first.kill("SIGKILL");
  await expect(notice(page)).toContainText("You have edits of the drawing that are not saved yet, which would be left behind", { timeout: 60_000 });
  await expect(page.getByTestId("go-on")).toHaveText([`Go on at ${hostOf(second)}`]);
  expect(page.url()).toContain(first.url);
  await page.unroute(saves);
  await first.restart();
  await isLive(page);
  await expect(notice(page)).toBeHidden();
  await expect(page.getByTestId("save-state")).toHaveAttribute("data-state", "saved", { timeout: 60_000 });
  expect((await cluster.api<{ document: { nodes: unknown[] } }>("GET", `/topologies/${id}`)).document.nodes).toHaveLength(1);
});

test("the notice's link goes on at once", async ({ page }) => {
  await open(page, first, VIEW);
  await first.kill("SIGKILL");
  await page.getByTestId("go-on").click();
  await goesTo(page, second, VIEW);
  await first.restart();
});
