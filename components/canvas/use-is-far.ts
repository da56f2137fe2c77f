import { useStore } from "@xyflow/react";

/** Below this zoom a card's small text is under 7 px high. */
export const FAR_ZOOM = 0.55;

/** Seen from far away: cards show what can still be read there, and hundreds of them cost little. */
export const useIsFar = (): boolean => useStore((state) => state.transform[2] < FAR_ZOOM);

/** Below this zoom even a far card's rows run into each other: it says its name, state and segments, no more, at a size that does not shrink with it. */
export const SPECK_ZOOM = 0.44;
export const useIsSpeck = (): boolean => useStore((state) => state.transform[2] < SPECK_ZOOM);
