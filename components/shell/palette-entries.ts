// Owns what the open page adds to the command palette: the things it shows and the actions its buttons offer.
import { useEffect, useRef } from "react";

export type Command = { id: string; group: string; name: string; /** Its shortcut, where it has one. */ keys?: string; run: () => void };
type Source = () => Command[];

const sources = new Set<{ current: Source }>();
/** More buttons than this are rows of a table, which are found on the page itself. */
const ACTIONS_MAX = 150;

/** Adds to the palette while the component is there. Asked each time the palette opens. */
export function usePaletteEntries(source: Source): void {
  const latest = useRef(source);
  latest.current = source;
  useEffect(() => {
    sources.add(latest);
    return () => { sources.delete(latest); };
  }, []);
}

/** What the page has registered, then every button and tab on it that can be pressed now. Asked before the palette covers the page. */
export function pageEntries(): Command[] {
  return [...[...sources].flatMap(({ current }) => current()), ...buttonsOf(document.getElementById("main"))];
}

function buttonsOf(main: HTMLElement | null): Command[] {
  const found = new Map<string, Command>();
  for (const button of main?.querySelectorAll<HTMLElement>("button:not(:disabled), [role=tab], summary") ?? []) {
    const name = (button.getAttribute("aria-label") ?? button.textContent ?? "").replace(/\s+/g, " ").trim();
    // Names of things (a segment, a fold) are long or lie inside lists; they are no actions.
    if (name === "" || name.length > 60 || found.has(name) || button.closest("[role=listbox], [role=option]") || !button.checkVisibility()) continue;
    found.set(name, { id: `cmd-page-${name.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`, group: button.getAttribute("role") === "tab" ? "tab here" : "on this page", name, run: () => { button.focus(); button.click(); } });
    if (found.size >= ACTIONS_MAX) break;
  }
  return [...found.values()];
}
