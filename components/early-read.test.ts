import { createTRPCUntypedClient, httpLink } from "@trpc/client";
import { expect, test } from "vitest";
import { earlyAddress, isEarly } from "./early-read.ts";

test("what the HTML asks early is what the client asks then", async () => {
  const asked: string[] = [];
  const fetch = async (url: RequestInfo | URL | string) => {
    asked.push(String(url));
    return new Response(JSON.stringify({ result: { data: null } }), { headers: { "content-type": "application/json" } });
  };
  const client = createTRPCUntypedClient({ links: [httpLink({ url: "/trpc", fetch })] });
  await client.query("topologies.get", { id: "top_ä b/1" });
  await client.query("models.list");
  expect(asked).toEqual([earlyAddress("topologies.get", { id: "top_ä b/1" }), earlyAddress("models.list")]);
});

test("other reads go in batches", () => {
  expect([isEarly("models.get"), isEarly("events.list"), isEarly("models.profiles")]).toEqual([true, false, false]);
});
