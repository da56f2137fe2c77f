// Owns one part of the address as state: what is shown can be linked to, and Back shows what was shown before.
import { useSearchParams } from "next/navigation";
import { useCallback } from "react";

type Way = "push" | "replace";

/** `value` is null while the address does not have it. "replace" for what changes with each key. */
export function useAddressParam(key: string): [value: string | null, set: (value: string | null, way?: Way) => void] {
  const value = useSearchParams().get(key);
  const set = useCallback((next: string | null, way: Way = "push") => {
    const search = new URLSearchParams(location.search);
    if (search.get(key) === next) return;
    if (next === null) search.delete(key);
    else search.set(key, next);
    const text = search.toString().replaceAll("%2C", ",");
    const address = `${location.pathname}${text === "" ? "" : `?${text}`}${location.hash}`;
    if (way === "push") history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  }, [key]);
  return [value, set];
}
