/** The browser keeps 15 minutes of live points; what falls off there must be in the stored ones by then. */
export const STORED_REFETCH_MS = 5 * 60_000;
