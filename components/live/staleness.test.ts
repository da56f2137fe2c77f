import { expect, test } from "vitest";
import { ageText, deploymentStaleMs, linkStaleMs, nodeStaleMs } from "./staleness.ts";

const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
const feed = { connection: "live" as const, lostAt: null, sampledAt: iso(1000) };
const node = (lastSeen: number) => ({ nodes: { a: { lastSeenAt: iso(lastSeen) } } }) as never as { nodes: never };

test("a node that tells each second is fresh, one that fell silent is as old as its silence by the console's clock", () => {
  expect(nodeStaleMs({ ...feed, ...node(999) }, "a", 0)).toBeNull();
  expect(nodeStaleMs({ ...feed, ...node(988) }, "a", 0)).toBe(12_000);
  expect(nodeStaleMs({ ...feed, nodes: {} }, "a", 0)).toBeNull();
});
test("without the feed everything is old, and ages by the browser's clock, however that is set", () => {
  const lost = { ...feed, connection: "lost" as const, lostAt: iso(50_000) };
  expect(nodeStaleMs({ ...lost, ...node(999) }, "a", 50_007_000)).toBe(8_000);
  expect(deploymentStaleMs({ ...lost, deployments: { d: { toldAt: iso(1000) } } as never }, "d", 50_003_000)).toBe(3_000);
});
test("a link may be older, and a deployment without figures has no age", () => {
  expect(linkStaleMs({ ...feed, links: { l: { measuredAt: iso(900) } } as never }, "l", 0)).toBeNull();
  expect(linkStaleMs({ ...feed, links: { l: { measuredAt: iso(700) } } as never }, "l", 0)).toBe(300_000);
  expect(deploymentStaleMs({ ...feed, deployments: { d: { toldAt: null } } as never }, "d", 0)).toBeNull();
});
test("ages are said in steps", () => expect([3_200, 12_400, 14_000, 130_000, 7_300_000].map(ageText)).toEqual(["3 s old", "10 s old", "10 s old", "2 min old", "2 h old"]));
