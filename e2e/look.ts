// Owns what is looked for on a screen: axe's rules, and what the Tab key meets.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** A screen with more would be its own problem; the walk must end. */
const TABS_MAX = 600;

/** Half a megabyte: read once per page. */
async function loadAxe(page: Page): Promise<void> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
}

/** The rules that colours decide: what a theme can change, since it changes nothing else. */
const COLOUR_RULES = ["color-contrast", "link-in-text-block"];

/** One line per violation, with the first elements it is about. */
export async function violations(page: Page, of: "everything" | "colours" = "everything"): Promise<string[]> {
  await loadAxe(page);
  return page.evaluate(async (runOnly) => {
    const axe = (window as unknown as { axe: { run(context: Document, options: object): Promise<{ violations: { id: string; help: string; nodes: { html: string; target: unknown[]; failureSummary: string }[] }[] }> } }).axe;
    const result = await axe.run(document, { runOnly, resultTypes: ["violations"] });
    return result.violations.map((one) => `${one.id}: ${one.help}\n${one.nodes.slice(0, 4).map((node) => `    ${node.target.join(" ")} ${node.html.slice(0, 160)}\n      ${node.failureSummary.split("\n").slice(1, 3).join(" ")}`).join("\n")}`);
  }, of === "everything" ? { type: "tag", values: RULES } : { type: "rule", values: COLOUR_RULES });
}

/** What a walk has seen so far; it lies in the page. */
type Walk = { met: Set<Element>; problems: Set<string>; isRound: boolean };
/** Presses on their way at once: the page looks at each by itself, so that none waits for an answer over here. The first few may be all of a dialog's. */
const TABS_FIRST = 5;
const TABS_AT_ONCE = 16;
const TAB = { key: "Tab", code: "Tab", windowsVirtualKeyCode: 9, nativeVirtualKeyCode: 9 };

type WalkResult = { met: number; problems: string[] };
const NEVER_MET = "never met";

/** Presses Tab until the focus has been everywhere. @returns what is wrong with what it met, and what it never met */
export async function walkByTab(page: Page): Promise<WalkResult> {
  const result = await walkOnce(page);
  // On a live screen something may come up behind the focus, a callout say: a second walk meets it, or it can't be met.
  return result.problems.some((problem) => problem.startsWith(NEVER_MET)) ? walkOnce(page) : result;
}

async function walkOnce(page: Page): Promise<WalkResult> {
  await loadAxe(page);
  await page.evaluate(beginWalk);
  const keys = await page.context().newCDPSession(page);
  const seen = () => page.evaluate(() => { const { met, problems, isRound } = (window as unknown as { walk: Walk }).walk; return { met: met.size, problems: [...problems], isRound }; });
  let now = await seen();
  for (let pressed = 0, atOnce = TABS_FIRST; !now.isRound && pressed < TABS_MAX; pressed += atOnce, atOnce = TABS_AT_ONCE) {
    await Promise.all(Array.from({ length: atOnce }, () => [keys.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...TAB }), keys.send("Input.dispatchKeyEvent", { type: "keyUp", ...TAB })]).flat());
    now = await seen();
  }
  await keys.detach();
  const missed = await page.evaluate(neverMet);
  await page.evaluate(endWalk);
  const round = now.isRound ? [] : [`the focus never came round in ${TABS_MAX} steps`];
  return { met: now.met, problems: [...round, ...now.problems, ...missed.map((element) => `${NEVER_MET}: ${element}`)] };
}

/** Runs in the page: the walk begins at the top, or in the dialog that keeps the focus, and each press of Tab is looked at as its key goes up. */
function beginWalk(): void {
  const { axe } = window as unknown as { axe: { setup(): void; commons: { text: { accessibleText(element: Element): string } } } };
  const walk: Walk = { met: new Set(), problems: new Set(), isRound: false };
  const lookAtFocus = (element: Element): string => {
    const said = `${element.tagName.toLowerCase()} ${element.outerHTML.slice(0, 140)}`;
    let name = "";
    try { name = axe.commons.text.accessibleText(element); } catch { name = (element.getAttribute("aria-label") ?? element.textContent ?? "").trim(); }
    if (name.trim() === "") return `no accessible name: ${said}`;
    const style = getComputedStyle(element);
    if (style.outlineStyle === "none" || Number.parseFloat(style.outlineWidth) < 1) return `no visible focus: ${said}`;
    const box = element.getBoundingClientRect();
    // A straight line has no height.
    if ((box.width < 1 && box.height < 1) || box.bottom <= 0 || box.right <= 0 || box.top >= innerHeight || box.left >= innerWidth) return `focus outside of the window: ${said}`;
    return "";
  };
  const step = (event: KeyboardEvent) => {
    if (event.key !== "Tab" || walk.isRound) return;
    const element = document.activeElement;
    // The ends of a dialog's circle hand the focus on at once.
    if (element?.matches("[data-radix-focus-guard]")) return;
    if (!element || element === document.body || walk.met.has(element)) { walk.isRound = true; removeEventListener("keyup", step, true); return; }
    walk.met.add(element);
    const problem = lookAtFocus(element);
    if (problem !== "") walk.problems.add(problem);
  };
  if (!document.querySelector("[role=dialog], [role=alertdialog]")) {
    // From the top of the page, wherever the last click or scroll was.
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
  }
  axe.setup();
  (window as unknown as { walk: Walk }).walk = walk;
  addEventListener("keyup", step, true);
}

/** Runs in the page. Without it neither another walk nor axe's own rules can begin on the tree that this walk set up. */
function endWalk(): void {
  const { axe } = window as unknown as { axe: { teardown(): void } };
  axe.teardown();
}

/** Runs in the page. Links, buttons and fields that can be seen and used, which the Tab key did not reach. Members of a composite (an option, a tab) are reached by arrows. */
function neverMet(): string[] {
  const { met } = (window as unknown as { walk: Walk }).walk;
  const modal = document.querySelector("[role=dialog], [role=alertdialog]");
  const all = [...(modal ?? document).querySelectorAll<HTMLElement>("a[href], button, input, select, textarea, summary, [tabindex]")];
  return all
    .filter((element) => !met.has(element) && element.getAttribute("tabindex") !== "-1" && !element.matches(":disabled, [type=hidden], [aria-hidden=true] *, [inert] *, [data-radix-focus-guard]") && element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0)
    .filter((element) => !element.matches("[type=radio], [role=tablist]"))
    .map((element) => `${element.tagName.toLowerCase()} ${element.outerHTML.slice(0, 140)}`);
}
