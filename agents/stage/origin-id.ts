// Owns the number by which frames name the ingress they belong to.
import { createHash } from "node:crypto";

/** 48 bits of the node id's hash: fits a header field and needs no table. */
export function originId(nodeId: string): number {
  return createHash("sha256").update(nodeId).digest().readUIntBE(0, 6);
}
