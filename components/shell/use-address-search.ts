import { usePathname, useSearchParams } from "next/navigation";
import { useSyncExternalStore } from "react";

/**
 * The query of the address, as it is now. Next.js tells of Back only once it has fetched the page of then, and of two quick presses the one
 * whose answer comes last: on one page the browser's own address is believed.
 */
export function useAddressSearch(): string {
  const told = useSearchParams().toString();
  const path = usePathname();
  // On the way to another page its query is not ours.
  const now = () => (location.pathname === path ? new URLSearchParams(location.search).toString() : told);
  return useSyncExternalStore(subscribe, now, () => told);
}

function subscribe(listener: () => void): () => void {
  addEventListener("popstate", listener);
  return () => removeEventListener("popstate", listener);
}
