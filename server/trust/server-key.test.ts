import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { openCertificateAuthority } from "./certificate-authority.ts";
import { issueServerCertificate, keepServerCertificate, SERVER_CERTIFICATE_LIFETIME_MS } from "./server-certificate.ts";
import { openServerKey } from "./server-key.ts";

const folder = mkdtempSync(path.join(tmpdir(), "cutplane-server-key-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.useRealTimers());

const curl = (args: string[]) => new Promise<{ code: number | string; output: string }>((resolve) => execFile("curl", args, (error, output) => resolve({ code: error ? (error.code ?? -1) : 0, output })));

test("the key is made once, readable by its owner only", async () => {
  const made = await openServerKey(folder);
  expect((await openServerKey(folder)).pin).toBe(made.pin);
  expect(made.pin).toMatch(/^sha256\/\/[A-Za-z0-9+/]{43}=$/);
  expect(statSync(path.join(folder, "server-key.pem")).mode & 0o777).toBe(0o600);
});

test("curl takes the console by its pin, over renewals of the certificate, and nobody else", async () => {
  const [authority, key] = [await openCertificateAuthority(folder, Date.now()), await openServerKey(folder)];
  const server = createServer((_req, res) => res.end("the script"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  try {
    for (let renewal = 0; renewal < 2; renewal++) {
      const { certificatePem, keyPem } = await issueServerCertificate(authority, { key, hosts: [], now: Date.now() });
      server.setSecureContext({ cert: certificatePem, key: keyPem });
      expect(await curl(["-fsSk", "--pinnedpubkey", key.pin, url])).toEqual({ code: 0, output: "the script" });
      // 90 = the pin does not match.
      expect(await curl(["-fsSk", "--pinnedpubkey", `sha256//${"A".repeat(43)}=`, url])).toEqual({ code: 90, output: "" });
    }
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test("a certificate is renewed at half its life; a renewal that fails is tried again the next day", async () => {
  vi.useFakeTimers();
  const issued: number[] = [];
  const failed: unknown[] = [];
  let works = true;
  const issue = async () => {
    if (!works) throw new Error("no entropy");
    return { certificatePem: "", keyPem: "", expiresAt: new Date(Date.now() + SERVER_CERTIFICATE_LIFETIME_MS) };
  };
  const days = (count: number) => vi.advanceTimersByTimeAsync(count * 86_400_000);
  const kept = await keepServerCertificate(issue, { now: Date.now, onRenewed: ({ expiresAt }) => issued.push(expiresAt.getTime()), onFailed: (error) => failed.push(error) });
  await days(44);
  expect(issued).toEqual([]);
  works = false;
  await days(2);
  expect([issued.length, failed.length]).toEqual([0, 2]);
  works = true;
  await days(1);
  expect(issued).toEqual([Date.now() + SERVER_CERTIFICATE_LIFETIME_MS]);
  kept.stop();
  await days(100);
  expect(issued.length).toBe(1);
});
