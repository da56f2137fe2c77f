// What a lab scenario is: a small fleet of this machine's processes behind emulated links, what is asked of it, and a story that happens to it. Data only; who plays
// it has the fleet. Node speeds are CPU quotas, so a node's share and its share in trouble are 0.1 cores at least.

export type ScenarioNode = { name: string; /** Where it stands, in words of the field. */ tier: string; /** Of this machine's, by quota. */ cores: number };
/** Alike both ways. */
export type ScenarioLink = { between: readonly [string, string]; delayMs: number; jitterMs: number; bytesPerSecond: number };

/** `slower` = times, of what the scenario says: a node's cores are divided by it, a link's delay multiplied and its bandwidth divided. 1 = as it was. */
export type StoryStep = { atMs: number; says: string } & (
  | { node: string; slower: number }
  | { link: readonly [string, string]; slower: number }
  | { node: string; does: "dies" | "returns" }
);

export type Scenario = {
  name: string;
  says: string;
  nodes: readonly ScenarioNode[];
  links: readonly ScenarioLink[];
  /** Where requests come from. */
  source: string;
  requestsPerSecond: number;
  /** What counts as answered in time. */
  deadlineMs: number;
  story: readonly StoryStep[];
  storyMs: number;
};

/** A link between each two, by a rule of their places in the list. */
export function meshLinks(names: readonly string[], rule: (a: number, b: number) => Omit<ScenarioLink, "between">): ScenarioLink[] {
  return names.flatMap((name, a) => names.slice(a + 1).map((other, after) => ({ between: [name, other] as const, ...rule(a, a + 1 + after) })));
}
