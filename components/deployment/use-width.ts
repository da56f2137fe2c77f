// Owns following how wide an element is, in CSS pixels.
import { type RefCallback, useCallback, useState } from "react";

export function useWidth<E extends HTMLElement>(): [ref: RefCallback<E>, widthPx: number] {
  const [widthPx, setWidth] = useState(0);
  const ref = useCallback((element: E | null) => {
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, widthPx];
}
