/** A revision whose pipeline is here. */
export type RouteVersion = { version: string; epoch: number; ready: boolean; /** Why it is not ready. */ problem: string | null };
