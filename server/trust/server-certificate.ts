// Issues the console's own server certificates, for the key it keeps. They live in memory only: made at each start and renewed while running.
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import * as x509 from "@peculiar/x509";
import { type CertificateAuthority, CLOCK_SKEW_MS, KEY_ALGORITHM, newSerialNumber } from "./certificate-authority.ts";
import type { ServerKey } from "./server-key.ts";

/** A name only the console carries: agents may reach it by an address it does not know of (NAT, a forwarded port). */
export const CONSOLE_SERVER_NAME = "cutplane-console";
export const SERVER_CERTIFICATE_LIFETIME_MS = 90 * 86_400_000;

export type ServerCertificate = { certificatePem: string; keyPem: string; expiresAt: Date };

/** `hosts` are names and addresses the console is reached by, beside loopback. `now` in milliseconds. */
export async function issueServerCertificate(authority: CertificateAuthority, options: { key: ServerKey; hosts: string[]; now: number }): Promise<ServerCertificate> {
  const { publicKey, keyPem } = options.key;
  const names = [...new Set([CONSOLE_SERVER_NAME, "localhost", "127.0.0.1", "::1", ...options.hosts])];
  const expiresAt = new Date(options.now + SERVER_CERTIFICATE_LIFETIME_MS);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject: `CN=${CONSOLE_SERVER_NAME}`,
    issuer: authority.certificate.subject,
    notBefore: new Date(options.now - CLOCK_SKEW_MS),
    notAfter: expiresAt,
    publicKey,
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

/** Timers hold 31 bits of milliseconds: looked at each day instead of once in a certificate's life. */
const RENEWAL_CHECK_MS = 24 * 3600 * 1000;

/** One now, and a new one for `onRenewed` at half its life. A renewal that fails is tried again the next day, long before the end. */
export async function keepServerCertificate(issue: () => Promise<ServerCertificate>, options: { now(): number; onRenewed(certificate: ServerCertificate): void; onFailed(error: unknown): void }): Promise<{ first: ServerCertificate; stop(): void }> {
  const first = await issue();
  let expiresAtMs = first.expiresAt.getTime();
  const renew = async () => {
    if (expiresAtMs - options.now() > SERVER_CERTIFICATE_LIFETIME_MS / 2) return;
    const next = await issue();
    expiresAtMs = next.expiresAt.getTime();
    options.onRenewed(next);
  };
  const timer = setInterval(() => void renew().catch(options.onFailed), RENEWAL_CHECK_MS).unref();
  return { first, stop: () => clearInterval(timer) };
}

/** What a console that listens on every interface is reached by. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => !address.internal && !address.address.startsWith("fe80"))
    .map((address) => address.address);
}
