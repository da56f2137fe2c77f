// Owns who answers a shortcut now. One listener at the window finds the shortcut in the list and runs what the open page registered for it.
import { useEffect, useRef } from "react";
import { isTyping } from "./is-typing.ts";
import { SHORTCUTS, type Shortcut, shortcutOf } from "./shortcuts.ts";

/** `when` says whether it can be done just now; left out = always. */
export type ShortcutHandler = { run: () => void; when?: () => boolean };
type Handlers = Record<string, ShortcutHandler>;

const registered = new Set<{ current: Handlers }>();

/** Answers these shortcuts, by id, while the component is there. */
export function useShortcuts(handlers: Handlers): void {
  const latest = useRef(handlers);
  latest.current = handlers;
  useEffect(() => {
    registered.add(latest);
    return () => { registered.delete(latest); };
  }, []);
}

/** What can be done by a shortcut here and now. */
export function availableShortcuts(): { shortcut: Shortcut; run: () => void }[] {
  return SHORTCUTS.flatMap((shortcut) => {
    const handler = handlerOf(shortcut.id);
    return handler ? [{ shortcut, run: handler.run }] : [];
  });
}

/** Starts hearing keys; returns the way to stop. Off while a text field has the focus or a dialog is open, the command palette's own keys excepted. */
export function listenForShortcuts(): () => void {
  const down = (event: KeyboardEvent) => {
    if (event.defaultPrevented) return;
    const shortcut = shortcutOf(event, "everywhere", "canvas");
    const always = shortcut?.id === "everywhere.commands";
    if (!shortcut || (!always && (isTyping(event) || document.querySelector("[role=dialog], [role=alertdialog], [role=menu]")))) return;
    const handler = handlerOf(shortcut.id);
    if (!handler) return;
    event.preventDefault();
    handler.run();
    // The canvas' library counts keys that are down, and never hears of one let go in a field that this shortcut opened: Delete and Shift would be dead from then on.
    document.dispatchEvent(new KeyboardEvent("keyup", { key: event.key, code: event.code }));
  };
  addEventListener("keydown", down);
  return () => removeEventListener("keydown", down);
}

/** The one registered last: what opened on top. */
function handlerOf(id: string): ShortcutHandler | null {
  for (const { current } of [...registered].reverse()) {
    const handler = current[id];
    if (handler && (handler.when?.() ?? true)) return handler;
  }
  return null;
}
