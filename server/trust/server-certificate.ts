// Issues the console's own server certificate. It lives in memory only: made at each start and renewed while running.
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import * as x509 from "@peculiar/x509";
import { type CertificateAuthority, CLOCK_SKEW_MS, KEY_ALGORITHM, makeKeyPair, newSerialNumber } from "./certificate-authority.ts";

/** A name only the console carries: agents may reach it by an address it does not know of (NAT, a forwarded port). */
export const CONSOLE_SERVER_NAME = "cutplane-console";
export const SERVER_CERTIFICATE_LIFETIME_MS = 90 * 86_400_000;

export type ServerCertificate = { certificatePem: string; keyPem: string; expiresAt: Date };

/** `hosts` are names and addresses the console is reached by, beside loopback. `now` in milliseconds. */
export async function issueServerCertificate(authority: CertificateAuthority, options: { hosts: string[]; now: number }): Promise<ServerCertificate> {
  const { keys, keyPem } = await makeKeyPair();
  const names = [...new Set([CONSOLE_SERVER_NAME, "localhost", "127.0.0.1", "::1", ...options.hosts])];
  const expiresAt = new Date(options.now + SERVER_CERTIFICATE_LIFETIME_MS);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject: `CN=${CONSOLE_SERVER_NAME}`,
    issuer: authority.certificate.subject,
    notBefore: new Date(options.now - CLOCK_SKEW_MS),
    notAfter: expiresAt,
    publicKey: keys.publicKey,
    signingKey: authority.privateKey as unknown as CryptoKey,
    signingAlgorithm: KEY_ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.map((name) => ({ type: isIP(name) ? ("ip" as const) : ("dns" as const), value: name }))),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate, false, webcrypto as unknown as Crypto),
    ],
  });
  return { certificatePem: `${certificate.toString("pem")}\n${authority.certificatePem}`, keyPem, expiresAt };
}

/** What a console that listens on every interface is reached by. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => !address.internal && !address.address.startsWith("fe80"))
    .map((address) => address.address);
}
