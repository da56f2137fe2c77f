// Owns which other consoles this one knows, also those that are silent by now: pages that came from one of them may ask here whether this console
// lives, and pages of this one may ask there. Pure but for what it remembers.
import { isLoopback } from "../env.ts";
import type { OtherConsole } from "../events/catalogue.ts";

export type KnownConsoles = {
  /** Adds them, newest last. Addresses that are none are left out: a console that still starts has none yet. */
  note(consoles: readonly OtherConsole[]): void;
  /** Scheme, host and port of each, as Content-Security-Policy takes them. */
  origins(): string[];
  /** All of them: `living` by address, then the silent ones, the last known first. One that is being restarted may be the next that answers. */
  livingFirst(living: readonly OtherConsole[]): OtherConsole[];
  /** Whether a page of this origin is a known console's: by its address, its machine's name, or another name of loopback. */
  isKnown(origin: string): boolean;
};

/** A policy header carries them all; nobody runs as many. The longest known is forgotten. */
export const KNOWN_CONSOLES_MAX = 16;
const LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"];

/** `ownUrl`: of this console, which may find itself among them as it was before a restart. */
export function knowConsoles(ownUrl: string): KnownConsoles {
  const own = new URL(ownUrl).origin;
  /** By origin. */
  const known = new Map<string, { hostname: string; names: ReadonlySet<string> }>();
  return {
    note(consoles) {
      for (const { url, hostname } of consoles) {
        const address = URL.canParse(url) ? new URL(url) : null;
        if (address === null || !["http:", "https:"].includes(address.protocol) || address.origin === own) continue;
        known.delete(address.origin);
        known.set(address.origin, { hostname, names: namesOf(address, hostname) });
        if (known.size > KNOWN_CONSOLES_MAX) known.delete([...known.keys()][0] as string);
      }
    },
    origins: () => [...known.keys()],
    livingFirst(living) {
      const lives = new Set(living.map(({ url }) => url));
      const silent = [...known].filter(([url]) => !lives.has(url)).map(([url, { hostname }]) => ({ url, hostname }));
      return [...living.map(({ url, hostname }) => ({ url, hostname })).sort((one, other) => one.url.localeCompare(other.url)), ...silent.reverse()];
    },
    isKnown: (origin) => [...known.values()].some(({ names }) => names.has(origin.toLowerCase())),
  };
}

function namesOf(address: URL, hostname: string): ReadonlySet<string> {
  const hosts = isLoopback(address.hostname.replace(/^\[|\]$/g, "")) ? LOOPBACK_NAMES : [address.hostname, hostname.toLowerCase()];
  const port = address.port === "" ? "" : `:${address.port}`;
  return new Set([address.origin, ...hosts.map((host) => `${address.protocol}//${host}${port}`)]);
}
