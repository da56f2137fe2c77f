// Owns the agent's settings: flags and environment variables, checked at start, then frozen. A flag wins over its variable.
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { AgentError } from "./agent-error.ts";
import type { OtlpSettings } from "./ingress/otlp-exporter.ts";
import type { LogLevel } from "./log.ts";

export type AgentConfig = Readonly<{
  /** Any of those on one database; joined is the first that answers. Empty = take the console of the stored identity. */
  consoleUrls: string[];
  token: string | null;
  name: string | null;
  dataFolder: string;
  dataHost: string; dataPort: number;
  /** Where peers reach this node; null host = the address this machine uses towards the console. Port null = the bound one. */
  advertiseHost: string | null; advertisePort: number | null;
  /** HTTP CONNECT proxy for outgoing data connections; null = direct. */
  dataProxyUrl: string | null;
  ingressHost: string; ingressPort: number;
  /** Absolute; null = requests are taken by plain HTTP. */
  ingressCertificate: { certificate: string; key: string } | null;
  /** Whether clients of this machine may give tensors in its shared memory. */
  sharedMemory: boolean;
  maxMemoryBytes: number | null; maxCacheBytes: number;
  /** Of artifacts given to other nodes, all together; 0 = none are given. */
  shareBytesPerSecond: number;
  metricsPort: number | null;
  /** null = no collector. */
  otlp: OtlpSettings | null;
  drainTimeoutMs: number;
  logLevel: LogLevel;
}>;
export type Command = { kind: "run" | "check" | "join"; config: AgentConfig } | { kind: "help" } | { kind: "version" };

/** 32 GiB: a node's disk is usually shared with other work; more is a flag away. */
const DEFAULT_CACHE_BYTES = 32 * 2 ** 30;
/** Half of a gigabit link: what serves requests goes over it as well. */
const DEFAULT_SHARE_BYTES_PER_SECOND = 64 * 2 ** 20;
/** Longer than the longest request deadline that makes sense, shorter than systemd's patience (90 s). */
const DEFAULT_DRAIN_TIMEOUT_MS = 30_000;

/** Enough to see a change, little enough for a thousand requests a second. */
const DEFAULT_OTLP_RATIO = 0.01;

/** Flag, variable, placeholder, what it does. The help text, the README and the parser all read this table. */
export const SETTINGS = [
  ["console", "CUTPLANE_CONSOLE", "URL", "the console, e.g. http://10.0.0.5:7700, several on one database with commas; needed once, then remembered"],
  ["token", "CUTPLANE_TOKEN", "TOKEN", "join token of the console, needed once; never stored"],
  ["name", "CUTPLANE_NAME", "NAME", "name of this node (default: its host name)"],
  ["data", "CUTPLANE_AGENT_DATA", "DIR", "folder for identity, cache and state (default: ~/.local/share/cutplane-agent/data)"],
  ["data-host", "CUTPLANE_DATA_HOST", "HOST", "address the data port listens on (default 0.0.0.0)"],
  ["data-port", "CUTPLANE_DATA_PORT", "PORT", "the data port (default 0: any free one, remembered)"],
  ["advertise", "CUTPLANE_ADVERTISE", "HOST[:PORT]", "where other nodes reach the data port, behind NAT or a forwarder"],
  ["data-proxy", "CUTPLANE_DATA_PROXY", "URL", "HTTP CONNECT proxy for outgoing data connections, e.g. http://127.0.0.1:8080"],
  ["ingress-host", "CUTPLANE_INGRESS_HOST", "HOST", "address requests are taken on (default 127.0.0.1; anything else demands a key)"],
  ["ingress-port", "CUTPLANE_INGRESS_PORT", "PORT", "port requests are taken on (default 0: any free one, remembered)"],
  ["ingress-cert", "CUTPLANE_INGRESS_CERT", "FILE", "certificate chain (PEM): requests are taken by HTTPS; read again when it changes"],
  ["ingress-key", "CUTPLANE_INGRESS_KEY", "FILE", "private key (PEM) of that certificate"],
  ["shared-memory", "CUTPLANE_SHARED_MEMORY", "on|off", "clients of this machine may give tensors in its shared memory, each user its own (default on)"],
  ["max-memory", "CUTPLANE_MAX_MEMORY", "BYTES", "most memory segments may take, with K, M or G (default: no limit of its own)"],
  ["max-cache", "CUTPLANE_MAX_CACHE", "BYTES", "most disk the artifact cache may take, with K, M or G (default 32G)"],
  ["share-rate", "CUTPLANE_SHARE_RATE", "BYTES", "most bytes a second of weights given to other nodes, with K, M or G; 0 = give none (default 64M)"],
  ["metrics-port", "CUTPLANE_METRICS_PORT", "PORT", "serve /metrics, /healthz, /readyz on 127.0.0.1:PORT (default: off)"],
  ["otlp", "CUTPLANE_OTLP", "URL", "OpenTelemetry collector that spans of requests entering here are sent to, e.g. http://10.0.0.9:4318 (default: none)"],
  ["otlp-headers", "CUTPLANE_OTLP_HEADERS", "LIST", "headers for it, NAME=VALUE with commas; keep secrets in the variable"],
  ["otlp-ratio", "CUTPLANE_OTLP_RATIO", "SHARE", "share of requests without a traceparent that begin a trace here, 0 to 1 (default 0.01)"],
  ["drain-timeout", "CUTPLANE_DRAIN_TIMEOUT", "SECONDS", "how long a stop waits for requests in flight (default 30)"],
  ["log-level", "CUTPLANE_LOG_LEVEL", "LEVEL", "debug, info, warn or error (default info)"],
] as const;
type Setting = (typeof SETTINGS)[number][0];

/** @throws AgentError "usage" with the one sentence to print. */
export function parseCommand(argv: string[], env: Record<string, string | undefined>): Command {
  const { values, positionals } = parseFlags(argv);
  if (values.help) return { kind: "help" };
  if (values.version) return { kind: "version" };
  const [verb = "run", ...rest] = positionals;
  if ((verb !== "run" && verb !== "check" && verb !== "join") || rest.length > 0) {
    throw new AgentError("usage", `unknown command "${positionals.join(" ")}": use no command, "check" or "join"; --help lists the flags`);
  }
  const read = (setting: Setting): string | null => {
    const variable = SETTINGS.find(([flag]) => flag === setting)?.[1] ?? "";
    const value = (values[setting] as string | undefined) ?? env[variable];
    return value === undefined || value === "" ? null : value;
  };
  return { kind: verb, config: Object.freeze(readConfig(read)) };
}

function parseFlags(argv: string[]) {
  const options: Record<string, { type: "string" | "boolean" }> = { help: { type: "boolean" }, version: { type: "boolean" } };
  for (const [flag] of SETTINGS) options[flag] = { type: "string" };
  try {
    return parseArgs({ args: argv, options, allowPositionals: true, strict: true });
  } catch (error) {
    const sentence = (error as Error).message.split(". ")[0] ?? "bad flags";
    throw new AgentError("usage", `${sentence}; --help lists the flags`);
  }
}

/** More are a mistake: one that answers tells of the others. */
const MAX_CONSOLES = 16;

function readConfig(read: (setting: Setting) => string | null): AgentConfig {
  const advertise = parseAdvertise(read("advertise"));
  const level = read("log-level") ?? "info";
  if (!["debug", "info", "warn", "error"].includes(level)) throw new AgentError("usage", `--log-level must be debug, info, warn or error, not "${level}"`);
  const maxMemory = read("max-memory");
  const metricsPort = read("metrics-port");
  return {
    consoleUrls: parseUrls("console", read("console"), ["http:", "https:"]),
    token: read("token"),
    name: parseName(read("name")),
    dataFolder: resolve(read("data") ?? join(homedir(), ".local/share/cutplane-agent/data")),
    dataHost: read("data-host") ?? "0.0.0.0",
    dataPort: parsePort("data-port", read("data-port") ?? "0"),
    advertiseHost: advertise.host, advertisePort: advertise.port,
    dataProxyUrl: parseUrl("data-proxy", read("data-proxy"), ["http:"]),
    ingressHost: read("ingress-host") ?? "127.0.0.1",
    ingressPort: parsePort("ingress-port", read("ingress-port") ?? "0"),
    ingressCertificate: parseCertificate(read("ingress-cert"), read("ingress-key")),
    sharedMemory: parseSwitch("shared-memory", read("shared-memory") ?? "on"),
    maxMemoryBytes: maxMemory === null ? null : parseBytes("max-memory", maxMemory),
    maxCacheBytes: parseBytes("max-cache", read("max-cache") ?? String(DEFAULT_CACHE_BYTES)),
    shareBytesPerSecond: read("share-rate") === "0" ? 0 : parseBytes("share-rate", read("share-rate") ?? String(DEFAULT_SHARE_BYTES_PER_SECOND)),
    metricsPort: metricsPort === null ? null : parsePort("metrics-port", metricsPort),
    otlp: parseOtlp(read("otlp"), read("otlp-headers"), read("otlp-ratio")),
    drainTimeoutMs: parseSeconds(read("drain-timeout")),
    logLevel: level as LogLevel,
  };
}

function parseUrl(flag: string, text: string | null, protocols: string[]): string | null {
  if (text === null) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !protocols.includes(url.protocol)) throw new AgentError("usage", `--${flag} must be a URL such as ${protocols[0]}//10.0.0.5:7700, not "${text}"`);
  return url.href.replace(/\/+$/, "");
}

function parseUrls(flag: string, text: string | null, protocols: string[]): string[] {
  const urls = (text ?? "").split(",").map((part) => part.trim()).filter((part) => part !== "").map((part) => parseUrl(flag, part, protocols) as string);
  if (urls.length > MAX_CONSOLES) throw new AgentError("usage", `--${flag} takes at most ${MAX_CONSOLES} addresses`);
  return [...new Set(urls)];
}

function parseCertificate(certificate: string | null, key: string | null): AgentConfig["ingressCertificate"] {
  if (certificate === null && key === null) return null;
  if (certificate === null || key === null) throw new AgentError("usage", `--ingress-cert and --ingress-key belong together: give both`);
  return { certificate: resolve(certificate), key: resolve(key) };
}

function parseOtlp(url: string | null, headers: string | null, ratio: string | null): OtlpSettings | null {
  const parsed = parseUrl("otlp", url, ["http:", "https:"]);
  if (parsed === null) {
    if (headers !== null || ratio !== null) throw new AgentError("usage", "--otlp-headers and --otlp-ratio belong to --otlp: give that as well");
    return null;
  }
  const pairs = (headers ?? "").split(",").map((pair) => pair.trim()).filter((pair) => pair !== "").map((pair) => /^([A-Za-z0-9!#$%&'*+.^_`|~-]+)=([\x20-\x7e]*)$/.exec(pair));
  if (pairs.some((pair) => pair === null)) throw new AgentError("usage", "--otlp-headers takes NAME=VALUE, several with commas");
  const share = ratio === null ? DEFAULT_OTLP_RATIO : Number(ratio);
  if (!(share >= 0 && share <= 1)) throw new AgentError("usage", `--otlp-ratio must be from 0 to 1, not "${ratio}"`);
  return { url: parsed, headers: Object.fromEntries(pairs.map((pair) => [pair![1]!.toLowerCase(), pair![2]!])), ratio: share };
}

function parseName(text: string | null): string | null {
  if (text !== null && !/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,62}$/u.test(text)) {
    throw new AgentError("usage", `--name takes 1 to 63 letters, digits, spaces, dots, dashes or underscores, beginning with a letter or digit`);
  }
  return text;
}

function parsePort(flag: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port >= 0 && port <= 65535)) throw new AgentError("usage", `--${flag} must be a port from 0 to 65535, not "${text}"`);
  return port;
}

function parseSwitch(flag: string, text: string): boolean {
  if (text !== "on" && text !== "off") throw new AgentError("usage", `--${flag} must be on or off, not "${text}"`);
  return text === "on";
}

function parseBytes(flag: string, text: string): number {
  const match = /^(\d{1,15})\s*([KMGT]?)(?:i?B)?$/i.exec(text.trim());
  const power = { "": 0, K: 10, M: 20, G: 30, T: 40 }[match?.[2]?.toUpperCase() ?? ""] ?? 0;
  const bytes = match ? Number(match[1]) * 2 ** power : Number.NaN;
  if (!Number.isSafeInteger(bytes) || bytes === 0) throw new AgentError("usage", `--${flag} must be a number of bytes such as 512M or 2G, not "${text}"`);
  return bytes;
}

function parseSeconds(text: string | null): number {
  if (text === null) return DEFAULT_DRAIN_TIMEOUT_MS;
  const seconds = Number(text);
  if (!(seconds >= 0 && seconds <= 3600)) throw new AgentError("usage", `--drain-timeout must be seconds from 0 to 3600, not "${text}"`);
  return seconds * 1000;
}

function parseAdvertise(text: string | null): { host: string | null; port: number | null } {
  if (text === null) return { host: null, port: null };
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:\s/]+)(?::(\d{1,5}))?$/.exec(text);
  if (!match?.[1]) throw new AgentError("usage", `--advertise must be HOST or HOST:PORT (an IPv6 address in brackets), not "${text}"`);
  return { host: match[1].replace(/^\[|\]$/g, ""), port: match[2] === undefined ? null : parsePort("advertise", match[2]) };
}

export function helpText(): string {
  const rows = SETTINGS.map(([flag, variable, placeholder, text]) => `  ${`--${flag} ${placeholder}`.padEnd(26)} ${text}\n${"".padEnd(29)}(${variable})`);
  return `Usage: cutplane-agent [check | join] [flags]

Runs ONNX segments on this node for a Cutplane console. "check" looks whether everything it needs is here, and exits; "join" gets this
node's identity for a token, and exits.

${rows.join("\n")}
  --help                     this text
  --version                  the agent's version

The first start needs --console and --token; later ones need neither: the identity is in the data folder.
`;
}
