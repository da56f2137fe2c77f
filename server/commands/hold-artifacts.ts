// Owns when unreferenced artifacts go: while anybody is storing files that have no row yet, nothing is collected, because a digest that
// looks unused may be half of an upload that found it on the disk.
import { deleteArtifact, listReferencedArtifacts } from "../store/artifacts.ts";
import type { Deps } from "./deps.ts";

let holders = 0;
let collecting: Promise<void> = Promise.resolve();
const suspects = new Set<string>();

/** Runs `work`, which may store artifacts and says which ones through `suspect`; afterwards those that nothing refers to are gone. */
export async function holdArtifacts<T>(deps: Deps, work: (suspect: (digest: string) => void) => Promise<T>): Promise<T> {
  await collecting;
  holders++;
  try {
    return await work((digest) => suspects.add(digest));
  } finally {
    holders--;
    // Another console may be storing the same bytes this moment: files are collected while one console is alone, at the latest at its start.
    if (holders === 0 && suspects.size > 0 && (deps.peers?.others().length ?? 0) === 0) {
      collecting = collect(deps);
      await collecting;
    }
  }
}

async function collect(deps: Deps): Promise<void> {
  try {
    const referenced = await listReferencedArtifacts(deps.db);
    for (const digest of suspects) if (!referenced.has(digest)) await deleteArtifact(deps.db, deps.dataFolder, digest);
    suspects.clear();
  } catch (error) {
    // They stay suspects until the next one, at the latest until the clean-up at start.
    deps.log.warn({ err: error }, "unused artifacts could not be removed");
  }
}
