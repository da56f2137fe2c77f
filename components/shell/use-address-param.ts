// Owns parts of the address as state: what is shown can be linked to, and Back shows what was shown before.
import { useCallback } from "react";
import { useAddressSearch } from "./use-address-search.ts";

/** "replace" for what changes with each key. */
type Way = "push" | "replace";

/** `value` is null while the address does not have it. */
export function useAddressParam(key: string): [value: string | null, set: (value: string | null, way?: Way) => void] {
  const value = new URLSearchParams(useAddressSearch()).get(key);
  const set = useCallback((next: string | null, way?: Way) => setAddressParams({ [key]: next }, way), [key]);
  return [value, set];
}

/** Several parts in one step, so that one press of Back takes all of it back. Null = no longer in the address. */
export function setAddressParams(changes: Record<string, string | null>, way: Way = "push"): void {
  const search = new URLSearchParams(location.search);
  const before = search.toString();
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) search.delete(key);
    else search.set(key, value);
  }
  if (search.toString() === before) return;
  const text = search.toString().replaceAll("%2C", ",");
  const address = `${location.pathname}${text === "" ? "" : `?${text}`}${location.hash}`;
  if (way === "push") history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}
