import { expect, test } from "vitest";
import { withTestDatabase } from "../database/test-database.ts";
import { claimDatabase } from "./claim-database.ts";

const database = withTestDatabase();
const holder = (name: string) => ({ authority: name, hostname: `host-${name}`, dataFolder: `/srv/${name}` });

test("of several consoles one keeps the database, wherever its folder moves; the others are told whose it is", async () => {
  const outcomes = await Promise.allSettled(["a", "b", "c"].map((name) => claimDatabase({ db: database.db }, holder(name))));
  const winner = ["a", "b", "c"][outcomes.findIndex((outcome) => outcome.status === "fulfilled")] as string;
  const refused = outcomes.filter((outcome) => outcome.status === "rejected");
  expect(refused.length).toBe(2);
  for (const { reason } of refused) expect((reason as Error).message).toContain(`/srv/${winner} on host-${winner}`);
  await claimDatabase({ db: database.db }, { ...holder(winner), hostname: "elsewhere", dataFolder: "/moved" });
});
