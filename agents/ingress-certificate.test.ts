import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HttpTls, readIngressCertificate, watchIngressCertificate } from "./ingress-certificate.ts";
import { testTrust } from "./stage/testdata/test-trust.ts";

const folder = mkdtempSync(join(tmpdir(), "cutplane-ingress-certificate-"));
const files = { certificate: join(folder, "cert.pem"), key: join(folder, "key.pem") };
let pairs: HttpTls[];
const write = (certificate: HttpTls, key: HttpTls) => {
  writeFileSync(files.certificate, certificate.certificatePem);
  writeFileSync(files.key, key.keyPem);
};

beforeAll(async () => {
  const trust = await testTrust();
  pairs = await Promise.all(["a", "b"].map(async (name) => trust.node(name)));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a pair is taken; what is none is named", async () => {
  await expect(readIngressCertificate(files)).rejects.toThrow("cert.pem");
  const [a, b] = pairs as [HttpTls, HttpTls];
  write(a, a);
  expect(await readIngressCertificate(files)).toEqual({ certificatePem: a.certificatePem, keyPem: a.keyPem });
  write(a, b);
  await expect(readIngressCertificate(files)).rejects.toThrow("key.pem is not the key of the certificate in");
  write({ ...a, certificatePem: "nothing" }, a);
  await expect(readIngressCertificate(files)).rejects.toThrow("cert.pem holds no certificate");
  write(a, { ...a, keyPem: "nothing" });
  await expect(readIngressCertificate(files)).rejects.toThrow("key.pem holds no private key");
});

test("a new pair is told once both files of it are there; half of one is told of, and the one before stays", async () => {
  const [a, b] = pairs as [HttpTls, HttpTls];
  write(a, a);
  const seen: HttpTls[] = [];
  const problems: string[] = [];
  const watching = watchIngressCertificate(files, { intervalMs: 10, onChange: (pair) => seen.push(pair), onProblem: (message) => problems.push(message) });
  try {
    await expect.poll(() => {
      writeFileSync(files.certificate, b.certificatePem);
      return problems.length;
    }).toBeGreaterThan(0);
    expect(seen).toEqual([]);
    expect(problems[0]).toContain("the one before stays");
    writeFileSync(files.key, b.keyPem);
    await expect.poll(() => seen.at(-1)).toEqual({ certificatePem: b.certificatePem, keyPem: b.keyPem });
  } finally {
    watching.stop();
  }
});
