/** What a fleet is drawn by; each family says what it makes of it. */
export type FleetOptions = {
  nodes: number;
  /** Mean memory of a node, in shares of the model's weights. */
  memoryShare: number;
  /** Not every node and link may see the model's ends. */
  trust: boolean;
  /** Sites: between them links have 0.3 of their rate and 5 ms more. */
  tiers: boolean;
};
