// Cameras on poles, a cabinet per street, an edge site of the operator, a cloud far away: three tiers of multi-access edge computing. Other tenants come and go.
import { meshLinks, type Scenario } from "./scenario.ts";

const NAMES = ["pole", "cabinet", "edge-site", "cloud"];
export const SMART_CITY: Scenario = {
  name: "smart-city",
  says: "MEC in three tiers: a camera's pole, a street cabinet, an edge site, and a cloud far behind them.",
  nodes: [{ name: "pole", tier: "device", cores: 0.25 }, { name: "cabinet", tier: "street", cores: 0.35 }, { name: "edge-site", tier: "edge", cores: 0.45 }, { name: "cloud", tier: "cloud", cores: 0.6 }],
  links: meshLinks(NAMES, (_, b) => (b === 3 ? { delayMs: 30, jitterMs: 1, bytesPerSecond: 4e6 } : { delayMs: 2, jitterMs: 0.2, bytesPerSecond: 30e6 })),
  source: "pole",
  requestsPerSecond: 2,
  deadlineMs: 2_000,
  story: [
    { atMs: 30_000, node: "edge-site", slower: 4, says: "Another tenant takes three quarters of the edge site." },
    { atMs: 120_000, node: "edge-site", slower: 1, says: "The tenant is gone." },
    { atMs: 150_000, link: ["pole", "edge-site"], slower: 6, says: "The way from the pole to the edge site is congested." },
    { atMs: 210_000, link: ["pole", "edge-site"], slower: 1, says: "The way is free again." },
  ],
  storyMs: 240_000,
};
