// Reads who is at the other end of a mutual-TLS connection, as far as TLS itself proved it.
import type { TLSSocket } from "node:tls";
import { fingerprintOf } from "./certificate-authority.ts";

/**
 * The sha-256 hex of the peer's certificate, once TLS found it in force and issued by our authority; null without such a certificate.
 * Whether it is still the node's certificate is for the store to say.
 */
export function peerFingerprint(socket: TLSSocket): string | null {
  if (!socket.authorized) return null;
  const certificate = socket.getPeerCertificate();
  return certificate?.raw ? fingerprintOf(certificate.raw) : null;
}
