// Owns who this node is, on disk: one file, readable by its owner only, replaced atomically, so that key and certificate never disagree.
// The join token is not part of it.
import { X509Certificate } from "node:crypto";
import { chmod, readFile, stat } from "node:fs/promises";
import { createPrivateKey } from "node:crypto";
import { join } from "node:path";
import { AgentError, messageOf } from "./agent-error.ts";
import type { ConsoleAddress } from "./protocol/control.ts";
import { writeAtomic } from "./write-atomic.ts";

export type Identity = {
  nodeId: string; name: string;
  /** Where agent-endpoint.json is asked for again when the agent listener cannot be reached. */
  consoleUrl: string;
  /** The agent listener. */
  host: string; port: number;
  caPem: string; certificatePem: string; keyPem: string;
  /** Agent listeners of the other consoles on the same database, as the console told; tried in turn when the present one is away. */
  others?: ConsoleAddress[];
};
/** A console names its neighbours; nobody runs more. */
const MAX_OTHERS = 16;
const FIELDS = ["nodeId", "name", "consoleUrl", "host", "caPem", "certificatePem", "keyPem"] as const;
/** A certificate is renewed after this share of its life, leaving the last quarter for a console that is away. */
const RENEW_AT_SHARE = 0.75;

export function identityPath(dataFolder: string): string {
  return join(dataFolder, "identity.json");
}

/** null = this folder holds none. @throws AgentError "identity-corrupt" */
export async function loadIdentity(dataFolder: string): Promise<Identity | null> {
  const path = identityPath(dataFolder);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new AgentError("folder", `cannot read ${path}: ${messageOf(error)}`);
  }
  const identity = parseIdentity(text, path);
  // A restored backup or a careless copy may have opened it to others.
  if (process.platform !== "win32" && ((await stat(path)).mode & 0o077) !== 0) await chmod(path, 0o600);
  return identity;
}

function parseIdentity(text: string, path: string): Identity {
  try {
    const value = JSON.parse(text) as Identity;
    for (const field of FIELDS) if (typeof value[field] !== "string" || value[field] === "") throw new Error(`"${field}" is missing`);
    if (!Number.isInteger(value.port)) throw new Error('"port" is missing');
    if (!new X509Certificate(value.certificatePem).checkPrivateKey(createPrivateKey(value.keyPem))) throw new Error("key and certificate do not belong together");
    return value;
  } catch (error) {
    throw new AgentError("identity-corrupt", `${path} cannot be used (${messageOf(error)}): remove it and join again with a new token`);
  }
}

/** What a console says of the others, as far as it can be used; the present address is not among them. */
export function otherAddresses(identity: Identity, told: unknown): ConsoleAddress[] {
  const usable = (Array.isArray(told) ? told : []).filter((one): one is ConsoleAddress => typeof one?.host === "string" && /^[A-Za-z0-9.:_-]{1,255}$/.test(one.host) && Number.isInteger(one.port) && one.port > 0 && one.port < 65_536);
  return usable.filter((one) => one.host !== identity.host || one.port !== identity.port).slice(0, MAX_OTHERS).map(({ host, port }) => ({ host, port }));
}

/** The same node at another console of its fleet: the present address becomes one of the others. */
export function movedTo(identity: Identity, address: ConsoleAddress): Identity {
  const all = [{ host: identity.host, port: identity.port }, ...(identity.others ?? [])];
  const moved = { ...identity, host: address.host, port: address.port };
  return { ...moved, others: otherAddresses(moved, all) };
}

export async function saveIdentity(dataFolder: string, identity: Identity): Promise<void> {
  const path = identityPath(dataFolder);
  parseIdentity(JSON.stringify(identity), path);
  await writeAtomic(path, `${JSON.stringify(identity, null, 2)}\n`, 0o600);
}

/** Times in milliseconds since the epoch. */
export function certificateTimes(certificatePem: string): { notBeforeMs: number; expiresMs: number; renewAtMs: number } {
  const certificate = new X509Certificate(certificatePem);
  const notBeforeMs = Date.parse(certificate.validFrom);
  const expiresMs = Date.parse(certificate.validTo);
  return { notBeforeMs, expiresMs, renewAtMs: notBeforeMs + (expiresMs - notBeforeMs) * RENEW_AT_SHARE };
}
