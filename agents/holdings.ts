// Owns what is told of the cache: looked at again whenever it may have changed, one look at a time, told only when it did.
import { messageOf } from "./agent-error.ts";
import type { HeldArtifact } from "./protocol/control.ts";

export type Holdings = {
  /** Something may have changed; safe to call at any rate. */
  look(): void;
  /** The same array until something differs; null = not looked yet. */
  now(): HeldArtifact[] | null;
};

export function createHoldings({ read, changed, problem }: { read(): Promise<HeldArtifact[]>; changed(): void; problem(message: string): void }): Holdings {
  let known: HeldArtifact[] | null = null;
  let text = "";
  let looking = false;
  let again = false;
  const look = async () => {
    looking = true;
    do {
      again = false;
      const found = await read();
      const next = JSON.stringify(found);
      if (next === text) continue;
      known = found;
      text = next;
      changed();
    } while (again);
  };
  return {
    look() {
      again = true;
      if (looking) return;
      look().catch((error: unknown) => problem(`what it holds could not be read: ${messageOf(error)}`)).finally(() => { looking = false; });
    },
    now: () => known,
  };
}
