// Owns the two ways between what is chosen on a workbench and the address: a choice is written there, Back, Forward and a link choose.
import { useEffect, useRef } from "react";
import { useAddressSearch } from "../shell/use-address-search.ts";
import { type Chosen, historyStep, readChosen, sameChosen, writeChosen } from "./selection-address.ts";
import { choose, chosenIds, type Workbench, type WorkbenchStore } from "./workbench-store.ts";

const chosenOf = (state: Workbench): Chosen => ({ ids: chosenIds(state), layers: state.layers });

export function useSelectionAddress(store: WorkbenchStore): void {
  const search = useAddressSearch();
  // Things and layers are chosen one after the other; what is between the two is nobody's choice.
  const follows = useRef(false);
  useEffect(() => {
    const wanted = readChosen(new URLSearchParams(search));
    const now = chosenOf(store.getState());
    // The address is read from the browser too: a change of ours that this render does not know yet is not taken back.
    if (sameChosen(wanted, now) || !sameChosen(wanted, readChosen(new URLSearchParams(location.search)))) return;
    follows.current = true;
    try {
      if (wanted.ids.join() !== now.ids.join()) choose(store, wanted.ids);
      store.setState({ layers: wanted.layers });
    } finally {
      follows.current = false;
    }
  }, [store, search]);
  useEffect(() => store.subscribe((state, previous) => {
    if (follows.current) return;
    if (state.selection === previous.selection && state.several === previous.several && state.layers === previous.layers) return;
    const written = new URLSearchParams(location.search);
    const [before, after] = [readChosen(written), chosenOf(state)];
    if (sameChosen(before, after)) return;
    const next = writeChosen(written, after).toString();
    const address = `${location.pathname}${next === "" ? "" : `?${next.replaceAll("%2C", ",")}`}${location.hash}`;
    if (historyStep(before, after) === "push") history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  }), [store]);
}
