// A vehicle drives from one roadside unit to the next: the way to the first becomes long and thin, the way to the second short and wide.
import type { Scenario } from "./scenario.ts";

const FAR = 8;
export const V2X: Scenario = {
  name: "v2x",
  says: "A vehicle hands over from one roadside unit to the next; an edge site stands behind both.",
  nodes: [{ name: "vehicle", tier: "vehicle", cores: 0.25 }, { name: "roadside-1", tier: "roadside", cores: 0.45 }, { name: "roadside-2", tier: "roadside", cores: 0.45 }, { name: "edge-site", tier: "edge", cores: 0.5 }],
  links: [
    { between: ["vehicle", "roadside-1"], delayMs: 3, jitterMs: 0.5, bytesPerSecond: 12e6 },
    { between: ["vehicle", "roadside-2"], delayMs: 3 * FAR, jitterMs: 2, bytesPerSecond: 12e6 / FAR },
    { between: ["vehicle", "edge-site"], delayMs: 25, jitterMs: 2, bytesPerSecond: 2e6 },
    { between: ["roadside-1", "roadside-2"], delayMs: 2, jitterMs: 0.2, bytesPerSecond: 40e6 },
    { between: ["roadside-1", "edge-site"], delayMs: 4, jitterMs: 0.2, bytesPerSecond: 40e6 },
    { between: ["roadside-2", "edge-site"], delayMs: 4, jitterMs: 0.2, bytesPerSecond: 40e6 },
  ],
  source: "vehicle",
  requestsPerSecond: 2,
  deadlineMs: 1_500,
  story: [
    { atMs: 30_000, link: ["vehicle", "roadside-1"], slower: 3, says: "The vehicle leaves the first roadside unit." },
    { atMs: 45_000, link: ["vehicle", "roadside-2"], slower: 1 / 3, says: "It comes near the second one." },
    { atMs: 60_000, link: ["vehicle", "roadside-1"], slower: FAR, says: "The first one is far behind." },
    { atMs: 60_000, link: ["vehicle", "roadside-2"], slower: 1 / FAR, says: "It stands beside the second one." },
    { atMs: 150_000, link: ["vehicle", "roadside-1"], slower: 1, says: "It is back at the first one." },
    { atMs: 150_000, link: ["vehicle", "roadside-2"], slower: 1, says: "The second one is far behind." },
  ],
  storyMs: 210_000,
};
