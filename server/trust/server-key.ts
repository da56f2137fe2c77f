// Owns the key of the console's own certificates: made once, kept in <data>/trust (0600). Certificates come and go; lines that pin the key hold.
import "reflect-metadata";
import { createHash, webcrypto } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as x509 from "@peculiar/x509";
import { KEY_ALGORITHM, makeKeyPair } from "./certificate-authority.ts";

export type ServerKey = {
  publicKey: webcrypto.CryptoKey;
  keyPem: string;
  /** As curl's --pinnedpubkey takes it: "sha256//" and the base64 of the public key's DER hash. */
  pin: string;
};

/** Loads it from `folder` or makes it there. */
export async function openServerKey(folder: string): Promise<ServerKey> {
  const file = path.join(folder, "server-key.pem");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!existsSync(file)) {
    const { keyPem } = await makeKeyPair();
    // A half-written file never carries the final name.
    writeFileSync(`${file}.new`, keyPem, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  const keyPem = readFileSync(file, "utf8");
  const privateKey = await webcrypto.subtle.importKey("pkcs8", x509.PemConverter.decodeFirst(keyPem), KEY_ALGORITHM, true, ["sign"]);
  const { kty, crv, x, y } = await webcrypto.subtle.exportKey("jwk", privateKey);
  const publicKey = await webcrypto.subtle.importKey("jwk", { kty, crv, x, y } as webcrypto.JsonWebKey, KEY_ALGORITHM, true, ["verify"]);
  const spki = Buffer.from(await webcrypto.subtle.exportKey("spki", publicKey));
  return { publicKey, keyPem, pin: `sha256//${createHash("sha256").update(spki).digest("base64")}` };
}
