// Owns how many requests of each key with a quota were let in, by ingress node and day of UTC.
import type { KeyCount } from "../../agents/protocol/own-key.ts";
import type { DayUsage } from "../policy/share-quota.ts";
import type { Db, Tx } from "./db.ts";

export type ToldCount = KeyCount & { nodeId: string };

/** Each process tells its own sum of a day: the same again changes nothing, and another process's comes on top. One statement for many; one row of each key, node and day. */
export async function addKeyUsage(db: Db | Tx, told: readonly ToldCount[]): Promise<void> {
  if (told.length === 0) return;
  await db.$executeRaw`
    INSERT INTO "KeyUsage" ("credentialId", "nodeId", day, requests, "lifeId", "lifeRequests")
    SELECT t."keyId", t."nodeId", t.day, t.requests, t."lifeId", t.requests
    FROM jsonb_to_recordset(${JSON.stringify(told)}::jsonb) AS t("keyId" text, "nodeId" text, day text, requests bigint, "lifeId" text)
    WHERE EXISTS (SELECT 1 FROM "Credential" c WHERE c.id = t."keyId")
    ON CONFLICT ("credentialId", "nodeId", day) DO UPDATE SET
      requests = "KeyUsage".requests + CASE WHEN "KeyUsage"."lifeId" = excluded."lifeId" THEN greatest(0, excluded."lifeRequests" - "KeyUsage"."lifeRequests") ELSE excluded."lifeRequests" END,
      "lifeRequests" = CASE WHEN "KeyUsage"."lifeId" = excluded."lifeId" THEN greatest("KeyUsage"."lifeRequests", excluded."lifeRequests") ELSE excluded."lifeRequests" END,
      "lifeId" = excluded."lifeId"`;
}

/** From `firstDay` on, by key; of each the days in order. */
export async function readKeyUsage(db: Db | Tx, keyIds: string[], firstDay: string): Promise<Map<string, DayUsage[]>> {
  const usage = new Map<string, DayUsage[]>();
  if (keyIds.length === 0) return usage;
  const rows = await db.keyUsage.findMany({ where: { credentialId: { in: keyIds }, day: { gte: firstDay } }, orderBy: [{ day: "asc" }, { nodeId: "asc" }] });
  for (const { credentialId, nodeId, day, requests, lifeId, lifeRequests } of rows) {
    const known = usage.get(credentialId);
    const row = { nodeId, day, requests: Number(requests), lifeId, lifeRequests: Number(lifeRequests) };
    if (known) known.push(row);
    else usage.set(credentialId, [row]);
  }
  return usage;
}

/** Those of days before, at most `limit`. */
export async function deleteOldKeyUsage(db: Db | Tx, before: Date, limit: number): Promise<number> {
  return db.$executeRaw`DELETE FROM "KeyUsage" WHERE ctid IN (SELECT ctid FROM "KeyUsage" WHERE day < ${before.toISOString().slice(0, 10)} LIMIT ${limit})`;
}
