import "reflect-metadata";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { connect, createServer, type TLSSocket } from "node:tls";
import * as x509 from "@peculiar/x509";
import { afterAll, expect, test } from "vitest";
import { createCertificateRequest } from "../../agents/enrol.ts";
import { fingerprintOf, openCertificateAuthority } from "./certificate-authority.ts";
import { hashToken, makeToken, tokenOf } from "./credentials.ts";
import { hashOfJoinToken, makeJoinToken } from "./join-tokens.ts";
import { signNodeCertificate } from "./node-certificate.ts";
import { CONSOLE_SERVER_NAME, issueServerCertificate } from "./server-certificate.ts";
import { openServerKey } from "./server-key.ts";

const folder = mkdtempSync(path.join(tmpdir(), "cutplane-trust-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const now = Date.now();

test("the authority is made once, readable by its owner only, and found again", async () => {
  const made = await openCertificateAuthority(folder, now);
  const found = await openCertificateAuthority(folder, now + 1000);
  expect(found.fingerprint).toBe(made.fingerprint);
  expect(statSync(path.join(folder, "ca-key.pem")).mode & 0o777).toBe(0o600);
});

test("console and node prove themselves to each other by certificates of the same authority", async () => {
  const authority = await openCertificateAuthority(folder, now);
  const { keyPem, csrPem } = await createCertificateRequest("whatever it likes to be called");
  const node = await signNodeCertificate(authority, { csrPem, nodeId: "nod_0123456789abcdefghjk", now });
  const server = await issueServerCertificate(authority, { key: await openServerKey(folder), hosts: ["192.0.2.7", "console.example"], now });
  const seen = await new Promise<{ authorized: boolean; name: string; fingerprint: string; console: boolean }>((resolve, reject) => {
    let client: TLSSocket;
    const listener = createServer({ cert: server.certificatePem, key: server.keyPem, ca: authority.certificatePem, requestCert: true, rejectUnauthorized: false }, (socket) => {
      const peer = socket.getPeerCertificate();
      resolve({ authorized: socket.authorized, name: String(peer.subject.CN), fingerprint: fingerprintOf(peer.raw), console: client.authorized });
      socket.destroy();
      listener.close();
    });
    listener.listen(0, "127.0.0.1", () => {
      const { port } = listener.address() as { port: number };
      client = connect({ host: "127.0.0.1", port, ca: authority.certificatePem, cert: node.certificatePem, key: keyPem, servername: CONSOLE_SERVER_NAME });
      client.on("error", reject);
    });
  });
  expect(seen).toEqual({ authorized: true, name: "nod_0123456789abcdefghjk", fingerprint: node.fingerprint, console: true });
});

test("a node certificate carries the node's id and nothing of the request's names", async () => {
  const authority = await openCertificateAuthority(folder, now);
  const { csrPem } = await createCertificateRequest("CN=nod_of-someone-else");
  const signed = await signNodeCertificate(authority, { csrPem, nodeId: "nod_me", now });
  const certificate = new x509.X509Certificate(signed.certificatePem);
  expect(certificate.subject).toBe("CN=nod_me");
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.items.map((name) => name.value);
  expect(names).toEqual(["cutplane:nod_me", "nod-me.cutplane.internal"]);
  expect(certificate.getExtension(x509.BasicConstraintsExtension)?.ca).toBe(false);
});

test.each([
  ["no request at all", "", "could not be read"],
  ["rubbish", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----", "could not be read"],
  ["an endless one", "A".repeat(10_000), "too long"],
])("%s is refused", async (_name, csrPem, why) => {
  const authority = await openCertificateAuthority(folder, now);
  await expect(signNodeCertificate(authority, { csrPem, nodeId: "nod_me", now })).rejects.toThrow(why);
});

test("a request whose signature was tampered with is refused", async () => {
  const authority = await openCertificateAuthority(folder, now);
  const { csrPem } = await createCertificateRequest("a");
  const der = Buffer.from(x509.PemConverter.decodeFirst(csrPem));
  der[der.length - 1] = (der[der.length - 1] ?? 0) ^ 1;
  const forged = x509.PemConverter.encode(der, "CERTIFICATE REQUEST");
  await expect(signNodeCertificate(authority, { csrPem: forged, nodeId: "nod_me", now })).rejects.toThrow("not signed by its own key");
});

test("a join token is recognised by the console that made it and by no other", async () => {
  const mine = "a".repeat(64);
  const { token, hash } = makeJoinToken(mine);
  expect(hashOfJoinToken(token, mine)).toBe(hash);
  expect(hashOfJoinToken(token, "b".repeat(64))).toBeNull();
  expect(hashOfJoinToken("cpj_short_x", mine)).toBeNull();
  expect(token).not.toContain(hash);
});

test("a token is read from a bearer header or the cookie", () => {
  const { token, hash } = makeToken("cp");
  expect(hashToken(token)).toBe(hash);
  expect(tokenOf({ authorization: `Bearer ${token}` })).toBe(token);
  expect(tokenOf({ cookie: `a=b; cutplane_token=${token}; c=d` })).toBe(token);
  expect(tokenOf({ cookie: "a=b" })).toBeNull();
  expect(tokenOf({ authorization: `Bearer ${"x".repeat(300)}` })).toBeNull();
});
