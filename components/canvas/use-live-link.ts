import { type LiveState, useLive } from "../live/live-store.ts";

type Measured = LiveState["links"][string];
export type LiveLink = { /** Of the direction drawn, else of the other. */ measured: Measured | undefined; /** Under which key those lie. */ key: string; /** Traffic now: of a link for both directions, the sum of them. */ bytesPerSecond: number };

/** What is known of a drawn link right now, whichever end measured it. */
export function useLiveLink(fromNodeId: string | null, toNodeId: string | null, isBidirectional: boolean): LiveLink {
  const [there, back] = [`${fromNodeId}>${toNodeId}`, `${toNodeId}>${fromNodeId}`];
  const isKnown = fromNodeId !== null && toNodeId !== null;
  const forward = useLive((state) => (isKnown ? state.links[there] : undefined));
  const backward = useLive((state) => (isKnown ? state.links[back] : undefined));
  // A direction that only carried traffic has no latency of its own yet.
  const measured = forward?.measuredAt || !backward ? forward : backward;
  return { measured: measured?.measuredAt ? measured : undefined, key: measured !== undefined && measured === backward ? back : there, bytesPerSecond: (forward?.bytesPerSecond ?? 0) + (isBidirectional ? (backward?.bytesPerSecond ?? 0) : 0) };
}
