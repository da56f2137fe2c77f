// Inspection beside a conveyor: weak controllers in a row on one switch, two stronger boxes at its end, a deadline that a part on the belt sets. A box fails.
import { meshLinks, type Scenario } from "./scenario.ts";

const NAMES = ["station-1", "station-2", "station-3", "box-1", "box-2"];
export const INDUSTRIAL_LINE: Scenario = {
  name: "industrial-line",
  says: "Inspection beside a conveyor with a hard deadline; one of two stronger boxes fails.",
  nodes: NAMES.map((name, index) => ({ name, tier: index < 3 ? "station" : "box", cores: index < 3 ? 0.25 : 0.5 })),
  links: meshLinks(NAMES, (a, b) => ({ delayMs: 0.4 * (b - a), jitterMs: 0.05, bytesPerSecond: 60e6 })),
  source: "station-1",
  requestsPerSecond: 2,
  deadlineMs: 800,
  story: [
    { atMs: 30_000, node: "box-1", does: "dies", says: "A box fails." },
    { atMs: 120_000, node: "box-1", does: "returns", says: "It was restarted." },
    { atMs: 180_000, node: "box-2", slower: 3, says: "A backup runs on the other one." },
    { atMs: 230_000, node: "box-2", slower: 1, says: "The backup is done." },
  ],
  storyMs: 270_000,
};
