// Three unequal machines of one person on one switch; somebody plays a game on the strongest.
import { meshLinks, type Scenario } from "./scenario.ts";

const NAMES = ["small-board", "old-laptop", "desktop"];
export const HOME_LAB: Scenario = {
  name: "home-lab",
  says: "Three unequal machines on one switch; somebody plays a game on the strongest.",
  nodes: [{ name: "small-board", tier: "home", cores: 0.2 }, { name: "old-laptop", tier: "home", cores: 0.4 }, { name: "desktop", tier: "home", cores: 0.6 }],
  links: meshLinks(NAMES, () => ({ delayMs: 0.4, jitterMs: 0.05, bytesPerSecond: 100e6 })),
  source: "small-board",
  requestsPerSecond: 2,
  deadlineMs: 1_500,
  story: [
    { atMs: 30_000, node: "desktop", slower: 5, says: "Somebody plays a game on the desktop." },
    { atMs: 150_000, node: "desktop", slower: 1, says: "The game is over." },
  ],
  storyMs: 210_000,
};
