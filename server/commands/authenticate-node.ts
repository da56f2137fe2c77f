// Answers which node a client certificate stands for.
import { AppError } from "../errors.ts";
import { findNode, findNodeByFingerprint, type StoredNode } from "../store/nodes.ts";
import { deleteSetting, findSetting, listSettings } from "../store/settings.ts";
import type { Deps } from "./deps.ts";
import { previousCertificateKey } from "./renew-node.ts";

/** `fingerprint`: sha-256 hex of the certificate's DER, of a chain the listener has checked. @throws AppError unauthorized, forbidden */
export async function authenticateNode(deps: Deps, fingerprint: string): Promise<StoredNode> {
  const node = (await findNodeByFingerprint(deps.db, fingerprint)) ?? (await findByPrevious(deps, fingerprint));
  if (!node) throw new AppError("unauthorized", "The console does not know this certificate.", { fix: "Enrol the node again with a new join token." });
  if (node.removedAt) throw new AppError("forbidden", "This node was removed from the fleet.", { fix: "Enrol it again with a new join token." });
  if (node.certificateFingerprint === fingerprint && (await findSetting(deps.db, previousCertificateKey(node.id))) !== null) await deleteSetting(deps.db, previousCertificateKey(node.id));
  return node;
}

async function findByPrevious(deps: Deps, fingerprint: string): Promise<StoredNode | null> {
  const previous = await listSettings<{ fingerprint: string }>(deps.db, previousCertificateKey(""));
  const entry = previous.find((candidate) => candidate.value.fingerprint === fingerprint);
  return entry ? findNode(deps.db, entry.key.slice(previousCertificateKey("").length)) : null;
}
