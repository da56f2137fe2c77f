// Owns the pre-flight: looks, without changing anything, whether an agent could work here, and says of each thing what it found.
import { statfs } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { dirname } from "node:path";
import { AgentError, messageOf } from "./agent-error.ts";
import { startChild } from "./child-process.ts";
import { findEndpoint, fingerprintOfCa, fingerprintOfToken } from "./enrol.ts";
import type { AgentConfig } from "./env.ts";
import { memoryNow, ortVersion, readSystemFile, usableCores } from "./hardware.ts";
import { certificateTimes, loadIdentity } from "./identity.ts";
import { askMeasureProcess } from "./measure.ts";

/** Enough for the smallest bundled model with its cache and state. */
const MIN_DISK_BYTES = 256 * 2 ** 20;
const MIN_MEMORY_BYTES = 200 * 2 ** 20;
/** Certificates are valid from a minute before they are made; a clock further off breaks TLS. */
const MAX_CLOCK_OFFSET_MS = 30_000;

/** One line a check. @returns whether all passed. */
export async function checkNode(config: AgentConfig, print: (line: string) => void): Promise<boolean> {
  let passed = true;
  const look = async (what: string, check: () => Promise<string>) => {
    try {
      print(`ok    ${what.padEnd(10)} ${await check()}`);
    } catch (error) {
      passed = false;
      print(`FAIL  ${what.padEnd(10)} ${messageOf(error)}`);
    }
  };
  await look("node.js", async () => {
    const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
    if (major < 20 || (major === 20 && minor < 19)) throw new Error(`Node ${process.versions.node} is too old: 20.19 or newer is needed`);
    return process.versions.node;
  });
  await look("runtime", async () => {
    const answer = await askMeasureProcess(startChild, { type: "providers" }, 30_000);
    if (answer.type !== "providers" || answer.providers.length === 0) throw new Error(`ONNX Runtime ${ortVersion()} does not load here (${process.platform} ${process.arch})`);
    return `ONNX Runtime ${ortVersion()}, providers ${answer.providers.join(", ")}`;
  });
  await look("memory", async () => {
    const { totalBytes, availableBytes } = memoryNow(readSystemFile);
    if (availableBytes < MIN_MEMORY_BYTES) throw new Error(`only ${mib(availableBytes)} of ${mib(totalBytes)} are available, ${mib(MIN_MEMORY_BYTES)} are needed`);
    return `${mib(availableBytes)} of ${mib(totalBytes)} available, ${usableCores(readSystemFile)} cores`;
  });
  await look("disk", async () => {
    const disk = await nearestFolder(config.dataFolder);
    if (disk.freeBytes < MIN_DISK_BYTES) throw new Error(`only ${mib(disk.freeBytes)} are free under ${disk.path}`);
    return `${mib(disk.freeBytes)} free under ${disk.path}`;
  });
  const identity = await loadIdentity(config.dataFolder).catch((error: Error) => error);
  await look("identity", async () => {
    if (identity instanceof Error) throw identity;
    if (!identity) return config.token ? `none yet; the token names CA ${fingerprintOfToken(config.token).slice(0, 16)}…` : "none yet; joining needs --token";
    const { expiresMs } = certificateTimes(identity.certificatePem);
    if (expiresMs <= Date.now()) throw new Error(`the certificate of ${identity.name} expired at ${new Date(expiresMs).toISOString()}`);
    return `${identity.name} (${identity.nodeId}), valid until ${new Date(expiresMs).toISOString()}`;
  });
  const known = identity instanceof Error ? null : identity;
  const consoleUrls = config.consoleUrls.length > 0 ? config.consoleUrls : known ? [known.consoleUrl] : [];
  for (const consoleUrl of consoleUrls.length > 0 ? consoleUrls : [null]) await look("console", async () => {
    if (consoleUrl === null) throw new AgentError("usage", "give --console URL to have it looked at");
    const fingerprint = config.token ? fingerprintOfToken(config.token) : known ? fingerprintOfCa(known.caPem) : null;
    if (!fingerprint) throw new AgentError("usage", "give --token too: without it nobody can tell whether it is the right console");
    const endpoint = await findEndpoint(consoleUrl, fingerprint);
    return `${consoleUrl} is the right one; agents connect to ${endpoint.host}:${endpoint.port}`;
  });
  for (const consoleUrl of consoleUrls) await look("clock", async () => {
    const start = Date.now();
    const theirs = Date.parse(await dateOf(new URL(`${consoleUrl}/agent-endpoint.json`)));
    if (Number.isNaN(theirs)) return "the console tells no time; not compared";
    // The header has whole seconds.
    const offsetMs = (start + Date.now()) / 2 - (theirs + 500);
    if (Math.abs(offsetMs) > MAX_CLOCK_OFFSET_MS) throw new Error(`this clock is ${Math.round(offsetMs / 1000)} s off the console's: certificates will be refused`);
    return `within ${Math.ceil(Math.abs(offsetMs) / 1000)} s of the console's`;
  });
  return passed;
}

/** The Date header. The console's certificate is its own, and a time is no secret. */
function dateOf(url: URL): Promise<string> {
  return new Promise((resolve, reject) => {
    const start = url.protocol === "https:" ? httpsRequest : httpRequest;
    const outgoing = start(url, { method: "HEAD", rejectUnauthorized: false, timeout: 10_000 }, (response) => {
      response.resume();
      resolve(response.headers.date ?? "");
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error("no answer in 10 s")));
    outgoing.on("error", reject);
    outgoing.end();
  });
}

async function nearestFolder(path: string): Promise<{ path: string; freeBytes: number }> {
  for (let folder = path; ; folder = dirname(folder)) {
    const disk = await statfs(folder).catch(() => null);
    if (disk) return { path: folder, freeBytes: disk.bavail * disk.bsize };
    if (dirname(folder) === folder) throw new Error(`no folder of ${path} can be read`);
  }
}

function mib(bytes: number): string {
  return `${Math.floor(bytes / 2 ** 20)} MiB`;
}
