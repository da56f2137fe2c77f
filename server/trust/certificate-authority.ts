// Owns the console's certificate authority: made once, kept in <data>/trust (0600), loaded after. Its fingerprint travels in every join token,
// so that a node trusts the right console from the first byte.
import "reflect-metadata";
import { createHash, randomBytes, webcrypto } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as x509 from "@peculiar/x509";

export const KEY_ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;
/** Nodes pin it: replacing it means enrolling every node again. */
const LIFETIME_DAYS = 3650;
/** Clocks of small machines are off by minutes. */
export const CLOCK_SKEW_MS = 3_600_000;

export type CertificateAuthority = {
  certificate: x509.X509Certificate;
  certificatePem: string;
  /** sha-256 hex of the certificate's DER. */
  fingerprint: string;
  privateKey: webcrypto.CryptoKey;
};

/** Loads the authority from `folder` or makes it there; `now` in milliseconds. */
export async function openCertificateAuthority(folder: string, now: number): Promise<CertificateAuthority> {
  const keyFile = path.join(folder, "ca-key.pem");
  const certificateFile = path.join(folder, "ca.pem");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!existsSync(keyFile) || !existsSync(certificateFile)) {
    const made = await makeAuthority(now);
    writeOnce(keyFile, made.keyPem);
    writeOnce(certificateFile, made.certificatePem);
  }
  const certificatePem = readFileSync(certificateFile, "utf8");
  const certificate = new x509.X509Certificate(certificatePem);
  const pkcs8 = x509.PemConverter.decodeFirst(readFileSync(keyFile, "utf8"));
  const privateKey = await webcrypto.subtle.importKey("pkcs8", pkcs8, KEY_ALGORITHM, false, ["sign"]);
  return { certificate, certificatePem, fingerprint: fingerprintOf(certificate.rawData), privateKey };
}

/** sha-256 hex of a certificate's DER. */
export function fingerprintOf(der: ArrayBuffer | Uint8Array): string {
  return createHash("sha256").update(new Uint8Array(der)).digest("hex");
}

/** 127 random bits, positive. */
export function newSerialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return bytes.toString("hex");
}

export async function makeKeyPair(): Promise<{ keys: webcrypto.CryptoKeyPair; keyPem: string }> {
  const keys = await webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ["sign", "verify"]);
  const keyPem = x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  return { keys, keyPem: `${keyPem}\n` };
}

async function makeAuthority(now: number): Promise<{ keyPem: string; certificatePem: string }> {
  const { keys, keyPem } = await makeKeyPair();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerialNumber(),
    name: "CN=Cutplane console CA",
    notBefore: new Date(now - CLOCK_SKEW_MS),
    notAfter: new Date(now + LIFETIME_DAYS * DAY_MS),
    keys,
    signingAlgorithm: KEY_ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { keyPem, certificatePem: `${certificate.toString("pem")}\n` };
}

/** A half-written file never carries the final name. */
function writeOnce(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
