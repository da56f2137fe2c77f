// Owns rows of profiles: one per model, device class, mode and kind. A new measurement replaces the old one.
import type { Profile as ProfileRow } from "../../prisma/generated/client.ts";
import { newId } from "../ids.ts";
import type { Profile } from "../model/profile.ts";
import { canonicalJson } from "../planner/canonical-json.ts";
import type { Db, Tx } from "./db.ts";
import { fromJson, toJson } from "./json.ts";

export type StoredProfile = Profile & {
  id: string;
  /** Who measured it; null for an estimate. */
  nodeId: string | null;
};

export async function saveProfile(db: Db | Tx, modelId: string, profile: Profile, nodeId: string | null, createdAt: Date): Promise<StoredProfile> {
  const key = { modelId, deviceClass: profile.deviceClass, mode: canonicalJson(profile.session), kind: profile.kind };
  const data = { nodeId, document: toJson(profile), createdAt };
  const row = await db.profile.upsert({ where: { modelId_deviceClass_mode_kind: key }, create: { id: newId("pro"), ...key, ...data }, update: data });
  return toProfile(row);
}

/** Of the same device class and mode as `like`. */
export async function findMeasuredProfile(db: Db | Tx, modelId: string, like: Pick<Profile, "deviceClass" | "session">): Promise<StoredProfile | null> {
  const row = await db.profile.findFirst({ where: { modelId, deviceClass: like.deviceClass, mode: canonicalJson(like.session), kind: "measured" } });
  return row && toProfile(row);
}

/** Measured ones first, newest first. */
export async function listProfiles(db: Db | Tx, modelId: string): Promise<StoredProfile[]> {
  const rows = await db.profile.findMany({ where: { modelId }, orderBy: [{ kind: "desc" }, { createdAt: "desc" }] });
  return rows.map(toProfile);
}

function toProfile(row: ProfileRow): StoredProfile {
  return { ...fromJson<Profile>(row.document), id: row.id, nodeId: row.nodeId };
}
