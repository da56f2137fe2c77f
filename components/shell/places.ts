// Owns the list of screens, in the order of the header.
export const PLACES = [
  { href: "/", name: "Overview" }, { href: "/deployments", name: "Deployments" }, { href: "/topologies", name: "Topologies" },
  { href: "/models", name: "Models" }, { href: "/plans", name: "Plans" }, { href: "/nodes", name: "Nodes" }, { href: "/events", name: "Events" }, { href: "/settings", name: "Settings" },
] as const;
