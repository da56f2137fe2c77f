// Four equal servers in a rack: nothing is better until something is worse.
import { meshLinks, type Scenario } from "./scenario.ts";

const NAMES = ["server-1", "server-2", "server-3", "server-4"];
export const HOMOGENEOUS: Scenario = {
  name: "homogeneous",
  says: "Four equal servers in a rack.",
  nodes: NAMES.map((name) => ({ name, tier: "rack", cores: 0.4 })),
  links: meshLinks(NAMES, () => ({ delayMs: 0.3, jitterMs: 0.05, bytesPerSecond: 100e6 })),
  source: "server-1",
  requestsPerSecond: 2,
  deadlineMs: 1_500,
  story: [
    { atMs: 30_000, node: "server-1", slower: 3, says: "A neighbour is noisy on the first server." },
    { atMs: 90_000, node: "server-1", slower: 1, says: "It is quiet again." },
  ],
  storyMs: 150_000,
};
