// Owns where the focus goes back to when what had it closes: to what opened it, and when that goes away or is disabled later, as the row of a
// thing that was deleted or the button of a move under way, to the page's content.

/** Focuses `opener`, or the top of the content where it can't take the focus; follows it until the user goes on. */
export function focusAgain(opener: HTMLElement | null): void {
  const canTake = opener?.isConnected && opener !== document.body && !opener.matches(":disabled") && opener.checkVisibility();
  if (!canTake) { focusContent(); return; }
  opener.focus({ preventScroll: true });
  const watch = new MutationObserver(() => {
    if (opener.isConnected && !opener.matches(":disabled")) return;
    watch.disconnect();
    // A button that was disabled under the focus still counts as having it until the next frame.
    if ([null, document.body, opener].includes(document.activeElement as HTMLElement | null)) focusContent();
  });
  watch.observe(document.body, { childList: true, subtree: true });
  watch.observe(opener, { attributeFilter: ["disabled"] });
  // What is taken away loses the focus too: only what is still there afterwards was left by the user.
  opener.addEventListener("blur", () => requestAnimationFrame(() => { if (opener.isConnected && !opener.matches(":disabled")) watch.disconnect(); }), { once: true });
}

const focusContent = (): void => document.getElementById("main")?.focus({ preventScroll: true });
