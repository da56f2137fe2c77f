// Owns that the focus is not lost: when what had it is taken away or switched off, it goes to the part of the page it was in, so that the next
// Tab goes on from there. Who leaves it by themselves, and dialogs, which have their own ways, are left alone.

/** Parts of a page that are worth going back to, the nearest first. */
const PARTS = "[data-focus-home], form, aside, section, [role=tabpanel], [role=toolbar], main";
/** Whoever takes the focus on purpose does it with the change or in the frame after it. */
const FRAMES = 2;

/** @returns how to stop */
export function keepFocus(): () => void {
  let last: Element | null = null;
  let parts: HTMLElement[] = [];
  const isGone = (element: Element) => !element.isConnected || element.matches(":disabled");
  const note = ({ target }: FocusEvent) => {
    last = target instanceof Element && target !== document.body ? target : null;
    parts = [];
    for (let part = last?.parentElement?.closest<HTMLElement>(PARTS); part; part = part.parentElement?.closest<HTMLElement>(PARTS)) parts.push(part);
  };
  const leave = () => requestAnimationFrame(() => { if (last !== null && !isGone(last) && document.activeElement !== last) last = null; });
  const check = () => {
    const lost = last;
    if (lost === null || !isGone(lost)) return;
    last = null;
    afterFrames(FRAMES, () => {
      const now = document.activeElement;
      if (now !== null && now !== document.body && !isGone(now)) return;
      if (document.querySelector("[role=dialog]")) return;
      const part = parts.find((one) => one.isConnected && one.checkVisibility()) ?? document.getElementById("main");
      if (part) focusPart(part);
    });
  };
  const watch = new MutationObserver(check);
  watch.observe(document.body, { childList: true, subtree: true, attributeFilter: ["disabled"] });
  document.addEventListener("focusin", note);
  document.addEventListener("focusout", leave);
  return () => { watch.disconnect(); document.removeEventListener("focusin", note); document.removeEventListener("focusout", leave); };
}

/** A part takes the focus for once: it is no stop of the Tab key. */
function focusPart(part: HTMLElement): void {
  if (!part.hasAttribute("tabindex")) {
    part.tabIndex = -1;
    part.style.outline = "none";
    part.addEventListener("blur", () => { part.removeAttribute("tabindex"); part.style.outline = ""; }, { once: true });
  }
  part.focus({ preventScroll: true });
}

function afterFrames(frames: number, then: () => void): void {
  requestAnimationFrame(() => (frames > 1 ? afterFrames(frames - 1, then) : then()));
}
