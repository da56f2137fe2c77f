"use client";
import { type ReactNode, useEffect, useRef, useState } from "react";

const TABBABLE = "a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), [tabindex='0']";

/** A part that scrolls. Where it is longer than its room and holds nothing that takes the focus, it takes it itself, so that the arrow keys scroll it. */
export function ScrollArea({ label, className, children }: { label: string; className: string; children: ReactNode }) {
  const area = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const [needsFocus, setNeedsFocus] = useState(false);
  useEffect(() => {
    const [outside, inside] = [area.current, inner.current];
    if (!outside || !inside) return;
    const observer = new ResizeObserver(() => setNeedsFocus((outside.scrollHeight > outside.clientHeight || outside.scrollWidth > outside.clientWidth) && inside.querySelector(TABBABLE) === null));
    observer.observe(outside);
    observer.observe(inside);
    return () => observer.disconnect();
  }, []);
  return <div ref={area} className={className} {...(needsFocus ? { tabIndex: 0, role: "region", "aria-label": label } : {})}><div ref={inner}>{children}</div></div>;
}
