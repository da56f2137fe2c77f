// Decides which node is at the other end of a mutual-TLS connection: its certificate chains to our authority, is in force, and is the one its row names.
import type { TLSSocket } from "node:tls";
import type { Db, Tx } from "../store/db.ts";
import { findNode, type StoredNode } from "../store/nodes.ts";
import { fingerprintOf } from "./certificate-authority.ts";

/** Null = not one of ours, expired, replaced by a newer certificate, or removed. Reads the row each time: a revocation holds at once. */
export async function authenticateNode(db: Db | Tx, socket: TLSSocket): Promise<StoredNode | null> {
  // Expiry and chain were checked by TLS itself, against our authority alone.
  if (!socket.authorized) return null;
  const certificate = socket.getPeerCertificate();
  const nodeId = certificate?.subject?.CN;
  if (!nodeId || typeof nodeId !== "string" || !nodeId.startsWith("nod_")) return null;
  const node = await findNode(db, nodeId);
  if (!node || node.removedAt) return null;
  return node.certificateFingerprint === fingerprintOf(certificate.raw) ? node : null;
}
