// Owns the moment an address that names a thing is come to: by a link, not by a choice on the canvas nor by Back among such choices.
import { useEffect, useRef } from "react";
import { useAddressSearch } from "../shell/use-address-search.ts";
import { readChosen } from "./selection-address.ts";
import { chosenIds, useWorkbenchStore } from "./workbench-store.ts";

/** `tell(true)` when a link names what is to be shown; `tell(false)` once Back has left what such a link named. */
export function useNamedChoice(tell: (isNamed: boolean) => void): void {
  const store = useWorkbenchStore();
  const search = useAddressSearch();
  const before = useRef("");
  const shown = useRef(false);
  const wentBack = useRef(false);
  const latest = useRef(tell);
  latest.current = tell;
  useEffect(() => {
    const note = () => { wentBack.current = true; };
    addEventListener("popstate", note);
    return () => removeEventListener("popstate", note);
  }, []);
  useEffect(() => {
    const byHistory = wentBack.current;
    wentBack.current = false;
    const named = readChosen(new URLSearchParams(search)).ids.join();
    if (named === before.current) return;
    before.current = named;
    if (named === "") {
      if (shown.current && byHistory) latest.current(false);
      shown.current = false;
      return;
    }
    // What a hand chose is chosen before it is in the address.
    if (byHistory || chosenIds(store.getState()).join() === named) return;
    shown.current = true;
    latest.current(true);
  }, [store, search]);
}
