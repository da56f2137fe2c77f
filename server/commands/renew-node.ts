// Gives a node a new certificate for its present one.
import { AppError } from "../errors.ts";
import { findNode, updateNode } from "../store/nodes.ts";
import { findSetting, saveSetting } from "../store/settings.ts";
import type { Deps } from "./deps.ts";
import type { SignNode } from "./enrol-node.ts";

/** The certificate before the last renewal: an answer lost on its way must not lock the node out. Forgotten once the new one is used. */
export function previousCertificateKey(nodeId: string): string {
  return `previous-certificate/${nodeId}`;
}

/** `nodeId` comes from the connection's certificate, never from the request. @throws AppError forbidden when the node was removed */
export async function renewNode(deps: Deps, input: { nodeId: string; csrPem: string; sign: SignNode }): Promise<{ certificatePem: string; expiresAt: Date }> {
  const node = await findNode(deps.db, input.nodeId);
  if (!node || node.removedAt) throw new AppError("forbidden", "This node was removed from the fleet.", { fix: "Enrol it again with a new join token." });
  const certificate = await input.sign({ csrPem: input.csrPem, nodeId: node.id, name: node.name });
  await deps.publisher.transact(async (tx) => {
    // While one is kept the node has not used its new certificate: it still has the kept one, however many answers were lost.
    const kept = await findSetting(tx, previousCertificateKey(node.id));
    if (kept === null) await saveSetting(tx, previousCertificateKey(node.id), { fingerprint: node.certificateFingerprint });
    await updateNode(tx, node.id, { certificateFingerprint: certificate.fingerprint, certificateExpiresAt: certificate.expiresAt });
  });
  return { certificatePem: certificate.certificatePem, expiresAt: certificate.expiresAt };
}
