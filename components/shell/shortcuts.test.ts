import { expect, test } from "vitest";
import { keysText, SHORTCUTS, shortcutOf } from "./shortcuts.ts";

const press = (key: string, held: { ctrl?: boolean; meta?: boolean; shift?: boolean; alt?: boolean } = {}) => ({ key, ctrlKey: held.ctrl ?? false, metaKey: held.meta ?? false, shiftKey: held.shift ?? false, altKey: held.alt ?? false });
const meant = (...args: Parameters<typeof press>) => shortcutOf(press(...args), "everywhere", "canvas")?.id ?? null;

test("Ctrl and ⌘ are one", () => {
  expect(meant("k", { ctrl: true })).toBe("everywhere.commands");
  expect(meant("k", { meta: true })).toBe("everywhere.commands");
  expect(meant("k")).toBeNull();
});
test("Shift tells undo from redo, and is ignored where it makes the sign", () => {
  expect(meant("z", { ctrl: true })).toBe("canvas.undo");
  expect(meant("Z", { ctrl: true, shift: true })).toBe("canvas.redo");
  expect(meant("y", { ctrl: true })).toBe("canvas.redo");
  expect(meant("?", { shift: true })).toBe("everywhere.keys");
  expect(meant("?")).toBe("everywhere.keys");
});
test("Alt belongs to the browser", () => expect(meant("n", { alt: true })).toBeNull());
test("a scope hears only its own keys", () => {
  expect(meant("Enter")).toBeNull();
  expect(shortcutOf(press("Enter"), "layers")?.id).toBe("layers.move");
  expect(shortcutOf(press("Delete"), "segment")?.id).toBe("segment.clear");
});
test("ids are unique, no two shortcuts of one scope share keys, and each can be shown", () => {
  expect(new Set(SHORTCUTS.map((one) => one.id)).size).toBe(SHORTCUTS.length);
  const taken = SHORTCUTS.flatMap((one) => one.keys.map((keys) => `${one.scope === "everywhere" ? "canvas" : one.scope} ${keys}`));
  expect(new Set(taken).size).toBe(taken.length);
  for (const one of SHORTCUTS) expect(keysText(one), one.id).not.toBe("");
});
