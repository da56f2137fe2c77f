// Radios on roofs: unequal nodes, unequal ways between any two of them.
import { meshLinks, type Scenario } from "./scenario.ts";

const NAMES = ["roof-1", "roof-2", "roof-3", "roof-4"];
export const MESH: Scenario = {
  name: "mesh",
  says: "Radios on roofs: unequal nodes, and an unequal way between any two of them.",
  nodes: [{ name: "roof-1", tier: "mesh", cores: 0.25 }, { name: "roof-2", tier: "mesh", cores: 0.4 }, { name: "roof-3", tier: "mesh", cores: 0.5 }, { name: "roof-4", tier: "mesh", cores: 0.35 }],
  links: meshLinks(NAMES, (a, b) => ({ delayMs: 1 + ((a + b) % 4), jitterMs: 0.3, bytesPerSecond: 12e6 + 6e6 * ((a * 7 + b * 7) % 5) })),
  source: "roof-1",
  requestsPerSecond: 2,
  deadlineMs: 1_500,
  story: [
    { atMs: 30_000, link: ["roof-1", "roof-3"], slower: 8, says: "Rain between the first roof and the third." },
    { atMs: 100_000, link: ["roof-1", "roof-3"], slower: 1, says: "The rain is over." },
  ],
  storyMs: 150_000,
};
