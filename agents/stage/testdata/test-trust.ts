// Owns a certificate authority for tests: node certificates as a console signs them.
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { BasicConstraintsExtension, cryptoProvider, ExtendedKeyUsage, ExtendedKeyUsageExtension, SubjectAlternativeNameExtension, X509CertificateGenerator, type X509Certificate } from "@peculiar/x509";
import type { TlsMaterial } from "../messages.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const validity = () => ({ notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 86_400_000) });

export type TestTrust = { caPem: string; node(nodeId: string): Promise<TlsMaterial> };

export async function testTrust(): Promise<TestTrust> {
  cryptoProvider.set(webcrypto as never);
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const ca: X509Certificate = await X509CertificateGenerator.createSelfSigned({ name: "CN=test CA", keys, signingAlgorithm: ALGORITHM, ...validity(), extensions: [new BasicConstraintsExtension(true, 0, true)] });
  const caPem = ca.toString("pem");
  return {
    caPem,
    async node(nodeId) {
      const own = (await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
      const certificate = await X509CertificateGenerator.create({
        subject: `CN=${nodeId}`, issuer: ca.subject, publicKey: own.publicKey, signingKey: keys.privateKey, signingAlgorithm: ALGORITHM, ...validity(),
        extensions: [new SubjectAlternativeNameExtension([{ type: "dns", value: nodeId }]), new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth])],
      });
      const key = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", own.privateKey)).toString("base64").replace(/(.{64})/g, "$1\n");
      return { nodeId, keyPem: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`, certificatePem: certificate.toString("pem"), caPem };
    },
  };
}
