// Owns the statistics of a deployment's versions: of those that are here, and of a few that are gone. Each move makes another version: without a limit they would gather for ever.
import { ModelStatistics } from "./model-statistics.ts";

/** Of versions that are gone: answers of theirs may still be written, and who asks may come a moment late. */
const MAX_GONE = 4;

export class VersionStatistics {
  readonly #byVersion = new Map<string, ModelStatistics>();

  get size(): number {
    return this.#byVersion.size;
  }

  of(version: string): ModelStatistics {
    const known = this.#byVersion.get(version) ?? new ModelStatistics();
    this.#byVersion.set(version, known);
    return known;
  }

  /** Of the others the newest few stay. */
  keep(here: readonly string[]): void {
    const gone = [...this.#byVersion.keys()].filter((version) => !here.includes(version));
    for (const version of gone.slice(0, Math.max(0, gone.length - MAX_GONE))) this.#byVersion.delete(version);
  }
}
