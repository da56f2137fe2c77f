// Owns what is looked for on a screen: axe's rules, and what the Tab key meets.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** A screen with more would be its own problem; the walk must end. */
const TABS_MAX = 600;

/** One line per violation, with the first elements it is about. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async (tags) => {
    const axe = (window as unknown as { axe: { run(context: Document, options: object): Promise<{ violations: { id: string; help: string; nodes: { html: string; target: unknown[]; failureSummary: string }[] }[] }> } }).axe;
    const result = await axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] });
    return result.violations.map((one) => `${one.id}: ${one.help}\n${one.nodes.slice(0, 4).map((node) => `    ${node.target.join(" ")} ${node.html.slice(0, 160)}\n      ${node.failureSummary.split("\n").slice(1, 3).join(" ")}`).join("\n")}`);
  }, RULES);
}

/** Presses Tab until the focus has been everywhere. @returns what is wrong with what it met, and what it never met */
export async function walkByTab(page: Page): Promise<{ met: number; problems: string[] }> {
  await page.evaluate(AXE);
  await page.evaluate(() => {
    // A dialog keeps the focus it was given: the walk starts there.
    if (!document.querySelector("[role=dialog], [role=alertdialog]")) {
      // From the top of the page, wherever the last click or scroll was.
      document.body.tabIndex = -1;
      document.body.focus();
      document.body.removeAttribute("tabindex");
    }
    (window as unknown as { met: Set<Element> }).met = new Set();
    (window as unknown as { axe: { setup(): void } }).axe.setup();
  });
  const problems = new Set<string>();
  let met = 0;
  for (; met < TABS_MAX; met++) {
    await page.keyboard.press("Tab");
    const step = await page.evaluate(lookAtFocus);
    if (step === null) break;
    if (step !== "") problems.add(step);
  }
  if (met === TABS_MAX) problems.add(`the focus never came round in ${TABS_MAX} steps`);
  for (const missed of await page.evaluate(neverMet)) problems.add(missed);
  return { met, problems: [...problems] };
}

/** Runs in the page. Null = the focus came round, "" = nothing to say. */
function lookAtFocus(): string | null {
  const { met, axe } = window as unknown as { met: Set<Element>; axe: { commons: { text: { accessibleText(element: Element): string } } } };
  const element = document.activeElement;
  // The ends of a dialog's circle hand the focus on at once.
  if (element?.matches("[data-radix-focus-guard]")) return "";
  if (!element || element === document.body || met.has(element)) return null;
  met.add(element);
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
}

/** Runs in the page. Links, buttons and fields that can be seen and used, which the Tab key did not reach. Members of a composite (an option, a tab) are reached by arrows. */
function neverMet(): string[] {
  const { met } = window as unknown as { met: Set<Element> };
  const modal = document.querySelector("[role=dialog], [role=alertdialog]");
  const all = [...(modal ?? document).querySelectorAll<HTMLElement>("a[href], button, input, select, textarea, summary, [tabindex]")];
  return all
    .filter((element) => !met.has(element) && element.getAttribute("tabindex") !== "-1" && !element.matches(":disabled, [type=hidden], [aria-hidden=true] *, [inert] *, [data-radix-focus-guard]") && element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0)
    .filter((element) => !element.matches("[type=radio], [role=tablist]"))
    .map((element) => `never met: ${element.tagName.toLowerCase()} ${element.outerHTML.slice(0, 140)}`);
}
