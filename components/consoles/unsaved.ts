// Owns what on this page lies nowhere but in it, so that it does not leave by itself. Each part of a page that keeps such a thing says so.
type Tell = () => string | null;
const parts = new Set<Tell>();

/** `tell` answers what there is, as the end of "You have …", or null. @returns how to stop */
export function tellUnsaved(tell: Tell): () => void {
  parts.add(tell);
  return () => { parts.delete(tell); };
}

/** All of it in one sentence's end, or null. */
export function unsavedNow(): string | null {
  const all = [...parts].map((tell) => tell()).filter((one) => one !== null);
  return all.length === 0 ? null : all.join(", and ");
}

const TEXT = "textarea, input:not([type=checkbox], [type=radio], [type=range], [type=button], [type=submit])";

/** What was typed into a form or a dialog that is still open and was not sent. @returns how to stop */
export function watchTyped(): () => void {
  const typed = new Set<HTMLInputElement>();
  const note = ({ target }: Event) => { if (target instanceof Element && target.matches(TEXT) && target.closest("form, [role=dialog]")) typed.add(target as HTMLInputElement); };
  const sent = ({ target }: Event) => { for (const one of typed) if (target instanceof Element && target.contains(one)) typed.delete(one); };
  const stop = tellUnsaved(() => {
    for (const one of typed) if (!one.isConnected || one.value.trim() === "") typed.delete(one);
    return typed.size > 0 ? "text in a form that was not sent" : null;
  });
  document.addEventListener("input", note, true);
  document.addEventListener("submit", sent, true);
  return () => { stop(); document.removeEventListener("input", note, true); document.removeEventListener("submit", sent, true); };
}
