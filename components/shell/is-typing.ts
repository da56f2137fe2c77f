/** Fields that take no text: a key pressed on one may be a shortcut. */
const NOT_TYPED = new Set(["radio", "checkbox", "button", "submit", "reset", "range", "color", "file", "image"]);

/** Whether a key press belongs to a text field or a choice, where shortcuts are off. */
export function isTyping(event: KeyboardEvent | ClipboardEvent): boolean {
  const target = event.target as HTMLElement | null;
  if (target === null) return false;
  if (target.tagName === "INPUT") return !NOT_TYPED.has((target as HTMLInputElement).type);
  return target.isContentEditable || ["TEXTAREA", "SELECT"].includes(target.tagName);
}
