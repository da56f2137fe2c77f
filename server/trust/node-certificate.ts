// Turns a node's certificate request into its certificate. Only the public key of the request is used; every name in it is ours.
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { AppError } from "../errors.ts";
import { type CertificateAuthority, CLOCK_SKEW_MS, fingerprintOf, KEY_ALGORITHM, newSerialNumber } from "./certificate-authority.ts";

export const NODE_CERTIFICATE_LIFETIME_MS = 30 * 86_400_000;
/** A P-256 request is about 500 bytes. */
const MAX_REQUEST_CHARS = 8_192;

export type NodeCertificate = {
  certificatePem: string;
  /** sha-256 hex of its DER: the node's row names the one that is accepted. */
  fingerprint: string;
  expiresAt: Date;
};

/** Valid for clients and servers (nodes dial each other); CN and URI name are the node's id. @throws AppError "bad-request" for a broken request. */
export async function signNodeCertificate(authority: CertificateAuthority, request: { csrPem: string; nodeId: string; now: number }): Promise<NodeCertificate> {
  const publicKey = await publicKeyOf(request.csrPem);
  const expiresAt = new Date(request.now + NODE_CERTIFICATE_LIFETIME_MS);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject: `CN=${request.nodeId}`,
    issuer: authority.certificate.subject,
    notBefore: new Date(request.now - CLOCK_SKEW_MS),
    notAfter: expiresAt,
    publicKey,
    signingKey: authority.privateKey as unknown as CryptoKey,
    signingAlgorithm: KEY_ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth, x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: "url", value: `cutplane:${request.nodeId}` }, { type: "dns", value: dnsNameOf(request.nodeId) }]),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate, false, webcrypto as unknown as Crypto),
    ],
  });
  return { certificatePem: `${certificate.toString("pem")}\n`, fingerprint: fingerprintOf(certificate.rawData), expiresAt };
}

/** Host names have no underscore. */
function dnsNameOf(nodeId: string): string {
  return `${nodeId.replaceAll("_", "-")}.cutplane.internal`;
}

async function publicKeyOf(csrPem: string): Promise<x509.PublicKey> {
  const refused = (why: string, cause?: unknown) => new AppError("bad-request", `The certificate request ${why}.`, { fix: "Send a PEM request for an ECDSA P-256 key.", cause });
  if (typeof csrPem !== "string" || csrPem.length > MAX_REQUEST_CHARS) throw refused("is missing or too long");
  let request: x509.Pkcs10CertificateRequest;
  try {
    request = new x509.Pkcs10CertificateRequest(csrPem);
  } catch (cause) {
    throw refused("could not be read", cause);
  }
  const algorithm = request.publicKey.algorithm as { name?: string; namedCurve?: string };
  if (algorithm.name !== "ECDSA" || algorithm.namedCurve !== KEY_ALGORITHM.namedCurve) throw refused("is not for an ECDSA P-256 key");
  const proven = await request.verify(webcrypto as unknown as Crypto).catch(() => false);
  if (!proven) throw refused("is not signed by its own key");
  return request.publicKey;
}
