// Owns what a page's HTML asks for before its program has come: the browser fetches it beside the program, and the query that wants it
// finds it there. Only the address is shared: where the two disagree, the page asks again and nothing is wrong.

/** Reads that go alone and not in a batch, so that their address is known beforehand. */
const EARLY = ["topologies.get", "models.list", "models.get", "deployments.get"] as const;
export type EarlyPath = (typeof EARLY)[number];

export function isEarly(path: string): boolean {
  return EARLY.some((one) => one === path);
}

/** The address tRPC's unbatched link asks (a GET with its input as JSON). */
export function earlyAddress(path: EarlyPath, input?: { id: string }): string {
  return `/trpc/${path}${input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`}`;
}
