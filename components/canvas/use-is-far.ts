import { useStore } from "@xyflow/react";

/** Below this zoom a card's small text is under 7 px high. */
export const FAR_ZOOM = 0.55;

/** Seen from far away: cards show what can still be read there, and hundreds of them cost little. */
export const useIsFar = (): boolean => useStore((state) => state.transform[2] < FAR_ZOOM);
