// Owns what a node has fetched so far: the verified ranges of its sparse copies by their journals, and whole files. A range that was fetched stays in its journal.
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

export type CachedBytes = { /** Of the model's own files. */ weights: number; /** Skeletons and check files. */ whole: number };

/** `dataFolder`: the agent's `--data`. */
export function cachedBytes(dataFolder: string): CachedBytes {
  const cache = path.join(dataFolder, "cache");
  let weights = 0;
  for (const name of list(path.join(cache, "files"))) {
    if (!name.endsWith(".journal")) continue;
    const ranges = new Set(readFileSync(path.join(cache, "files", name), "utf8").split("\n").filter((line) => /^\d+ \d+ [0-9a-f]{64}$/.test(line)));
    for (const range of ranges) weights += Number(range.split(" ")[1]);
  }
  const whole = list(path.join(cache, "whole")).filter((name) => !name.endsWith(".part")).reduce((sum, name) => sum + statSync(path.join(cache, "whole", name)).size, 0);
  return { weights, whole };
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
