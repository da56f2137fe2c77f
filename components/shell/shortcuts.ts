// Owns every shortcut: its keys, what it does and where it holds. The palette, the sheet and the handlers read this list and no other. Pure.

/** `canvas` and `everywhere` are heard by the window; the others by the element that has the focus. */
export type ShortcutScope = "everywhere" | "canvas" | "layers" | "segment" | "border";
export type Shortcut = {
  id: string;
  scope: ShortcutScope;
  /** Each "Ctrl+Shift+K", "?" or "ArrowUp"; Ctrl is also ⌘. A gesture of the mouse ("Space + drag") has none. */
  keys: readonly string[];
  /** Where it differs from `keys`, or `keys` is empty. */
  shown?: string;
  what: string;
};
type KeyPress = { key: string; ctrlKey: boolean; metaKey: boolean; shiftKey: boolean; altKey: boolean };

const define = (scope: ShortcutScope, rows: readonly (readonly [id: string, what: string, keys: readonly string[], shown?: string])[]): Shortcut[] => rows.map(([id, what, keys, shown]) => ({ id: `${scope}.${id}`, scope, what, keys, ...(shown ? { shown } : {}) }));

export const SHORTCUTS: readonly Shortcut[] = [
  ...define("everywhere", [
    ["commands", "Open the command palette", ["Ctrl+K", "Ctrl+Shift+P"]],
    ["keys", "Show the keyboard shortcuts", ["?"]],
    ["close", "Close what is open", [], "Esc"],
    ["walk", "Next, previous place", [], "Tab, Shift Tab"],
  ]),
  ...define("canvas", [
    ["pan", "Pan", [], "Space + drag, middle drag"],
    ["wheel", "Zoom", [], "Ctrl + wheel"],
    ["region", "Choose a region", [], "Shift + drag"],
    ["all", "Choose everything drawn", ["Ctrl+A"]],
    ["zoom-reset", "Zoom to 100 %", ["0"]],
    ["fit", "Fit the topology into the window", ["1"]],
    ["find", "Find in the topology", ["Ctrl+F"]],
    ["undo", "Undo", ["Ctrl+Z"]],
    ["redo", "Redo", ["Ctrl+Y", "Ctrl+Shift+Z"]],
    ["add-node", "Draw a node", ["N"]],
    ["connect", "Connect the chosen node to…", ["C"]],
    ["rename", "Rename in place", ["F2"]],
    ["duplicate", "Duplicate what is chosen", ["Ctrl+D"]],
    ["copy", "Copy, cut, paste, also into another topology", [], "Ctrl C, Ctrl X, Ctrl V"],
    ["delete", "Delete what is chosen", [], "Delete, Backspace"],
    ["align", "Align the chosen nodes…", ["A"]],
    ["arrange", "Arrange everything", ["L"]],
    ["group", "Put what is chosen into a new zone", ["G"]],
    ["trust", "Mark what is chosen untrusted or trusted; else paint trust", ["T"]],
    ["nudge", "Move what is chosen", [], "← → ↑ ↓, ten times as far with Shift"],
    ["move", "Move layers to…", ["M"]],
  ]),
  ...define("layers", [
    ["up-down", "Walk the layers", [], "↑ ↓, Page Up, Page Down, Home, End"],
    ["range", "Choose a range", [], "Shift ↑ ↓"],
    ["all", "Choose all layers", ["Ctrl+A"]],
    ["fold", "Fold, unfold a scope", [], "← →"],
    ["move", "Move them to…", ["M", "Enter"]],
  ]),
  ...define("segment", [
    ["move", "Move the segment to…", ["M", "Enter"]],
    ["clear", "Take it off its node", ["Delete", "Backspace"]],
  ]),
  ...define("border", [
    ["step", "Move the border to the next good cut", [], "← →"],
    ["layer", "Move it by one layer", [], "Alt ← →"],
    ["split", "At a segment’s outer end: split it there", [], "← →, then Enter"],
  ]),
];
export const SCOPE_NAMES: Record<ShortcutScope, string> = { everywhere: "Everywhere", canvas: "Canvas", layers: "Layers", segment: "A segment on its node or in the spans", border: "A segment’s border in the spans" };

/** The shortcut of these scopes that a key press means. */
export function shortcutOf(press: KeyPress, ...scopes: ShortcutScope[]): Shortcut | null {
  return SHORTCUTS.find((one) => scopes.includes(one.scope) && one.keys.some((combination) => matches(press, combination))) ?? null;
}

/** "Ctrl K, Ctrl Shift P" */
export const keysText = (shortcut: Shortcut): string => shortcut.shown ?? shortcut.keys.map((one) => one.replaceAll("+", " ")).join(", ");

/** The first keys of a shortcut, for a tooltip. */
export const keysOf = (id: string): string => SHORTCUTS.find((one) => one.id === id)?.keys[0]?.replaceAll("+", " ") ?? "";

function matches(press: KeyPress, combination: string): boolean {
  const parts = combination.split("+");
  const key = parts.at(-1) ?? "";
  const held = press.ctrlKey || press.metaKey;
  // A sign like "?" needs Shift on some keyboards and none on others: the sign itself is what counts.
  const shiftMatters = /^[A-Z0-9]$/.test(key) || key.length > 1;
  return press.key.toLowerCase() === key.toLowerCase() && held === parts.includes("Ctrl") && !press.altKey && (!shiftMatters || press.shiftKey === parts.includes("Shift"));
}
