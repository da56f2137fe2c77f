// Owns whether a node is fit to serve, said check by check for the person who adds it. Pure: what is known of the node comes in.
import type { Hardware } from "../../agents/protocol/control.ts";
import type { Presence } from "./presence.ts";

export const PREFLIGHT_KEYS = ["connection", "clock", "version", "providers", "memory", "disk", "peers"] as const;
/** `waiting`: not known yet, and nothing is wrong so far. */
export type PreflightCheck = { key: (typeof PREFLIGHT_KEYS)[number]; title: string; status: "ok" | "warn" | "bad" | "waiting"; message: string; fix: string | null };

/** Certificates are valid from a minute before they are made; a clock further off breaks TLS (agents/check.ts holds the same). */
export const MAX_CLOCK_OFFSET_MS = 30_000;
/** From here on times of events and of requests no longer line up between machines. */
const NOTABLE_CLOCK_OFFSET_MS = 2_000;
/** Enough for the smallest bundled model with its cache and state (agents/check.ts holds the same). */
const MIN_MEMORY_BYTES = 200 * 2 ** 20;
const MIN_DISK_BYTES = 256 * 2 ** 20;

export type PreflightFacts = {
  presence: Presence;
  hardware: Hardware | null;
  /** The node's clock minus the console's, as its last report says; the way here counts in. Null before a report. */
  clockOffsetMs: number | null;
  consoleVersion: string;
  /** Nodes it exchanges data with or probes; `rttMs` null = not measured yet. */
  peers: { name: string; rttMs: number | null; error: string | null; /** Why the peer does not reach the node; null = it does, or has not tried. */ inboundError: string | null }[];
};

/** In the order of `PREFLIGHT_KEYS`. */
export function preflight(facts: PreflightFacts): PreflightCheck[] {
  const { hardware, presence } = facts;
  return [connectionCheck(presence), clockCheck(facts.clockOffsetMs), versionCheck(hardware, facts.consoleVersion), providersCheck(hardware), roomCheck("memory", "Memory", hardware?.memoryAvailableBytes, MIN_MEMORY_BYTES), roomCheck("disk", "Disk", hardware?.diskFreeBytes, MIN_DISK_BYTES), peersCheck(facts.peers, presence === "online")];
}

function connectionCheck(presence: Presence): PreflightCheck {
  const base = { key: "connection", title: "Connection" } as const;
  if (presence === "online") return { ...base, status: "ok", message: "Connected over mutual TLS.", fix: null };
  if (presence === "connecting") return { ...base, status: "waiting", message: "It has a certificate and is about to connect.", fix: null };
  return { ...base, status: "bad", message: "Not connected now.", fix: "Look at the agent's log on the machine: journalctl -u cutplane-agent" };
}

function clockCheck(offsetMs: number | null): PreflightCheck {
  const base = { key: "clock", title: "Clock" } as const;
  if (offsetMs === null) return { ...base, status: "waiting", message: "Told with its first report.", fix: null };
  const size = Math.abs(offsetMs);
  const fix = "Keep its clock by NTP, for example with systemd-timesyncd.";
  const message = size < 1_000 ? "Within a second of the console's." : `${(size / 1_000).toFixed(1)} s ${offsetMs > 0 ? "ahead of" : "behind"} the console's.`;
  return { ...base, status: size > MAX_CLOCK_OFFSET_MS ? "bad" : size > NOTABLE_CLOCK_OFFSET_MS ? "warn" : "ok", message, fix: size > NOTABLE_CLOCK_OFFSET_MS ? fix : null };
}

function versionCheck(hardware: Hardware | null, consoleVersion: string): PreflightCheck {
  const base = { key: "version", title: "Version" } as const;
  if (!hardware) return { ...base, status: "waiting", message: "Told when it connects.", fix: null };
  const message = `Agent ${hardware.agentVersion}, Node ${hardware.nodeVersion}, ONNX Runtime ${hardware.ortVersion}.`;
  if (hardware.agentVersion === consoleVersion || hardware.agentVersion === "dev") return { ...base, status: "ok", message, fix: null };
  return { ...base, status: "warn", message: `${message} The console is ${consoleVersion}.`, fix: "Run the install command again: it brings the agent of this console." };
}

function providersCheck(hardware: Hardware | null): PreflightCheck {
  const base = { key: "providers", title: "Providers" } as const;
  if (!hardware) return { ...base, status: "waiting", message: "Told when it connects.", fix: null };
  if (hardware.providers.length === 0) return { ...base, status: "bad", message: "ONNX Runtime does not load on this machine.", fix: `Check that ${hardware.platform} ${hardware.arch} is supported and that the C++ runtime is installed; the agent's log has the loader's words.` };
  return { ...base, status: "ok", message: `${hardware.providers.join(", ")} on ${hardware.cores} core${hardware.cores === 1 ? "" : "s"}.`, fix: null };
}

function roomCheck(key: "memory" | "disk", title: string, bytes: number | undefined, least: number): PreflightCheck {
  if (bytes === undefined) return { key, title, status: "waiting", message: "Told when it connects.", fix: null };
  const enough = bytes >= least;
  return { key, title, status: enough ? "ok" : "bad", message: `${gigabytes(bytes)} free${enough ? "." : `, ${gigabytes(least)} are needed.`}`, fix: enough ? null : `Free ${key === "memory" ? "memory" : "space"} on the machine, or keep it for planning only.` };
}

function peersCheck(peers: PreflightFacts["peers"], online: boolean): PreflightCheck {
  const base = { key: "peers", title: "Peers" } as const;
  if (peers.length === 0) return { ...base, status: "waiting", message: online ? "No other node to reach yet." : "Probed once it is connected.", fix: null };
  const failed = peers.flatMap((peer) => [...(peer.error === null ? [] : [`It does not reach ${peer.name}: ${peer.error}.`]), ...(peer.inboundError === null ? [] : [`${peer.name} does not reach it: ${peer.inboundError}.`])]);
  if (failed.length > 0) return { ...base, status: "bad", message: failed.join(" "), fix: "Open the data port between the machines, or tell where this one is reached with --advertise." };
  const known = peers.filter((peer) => peer.rttMs !== null);
  if (known.length < peers.length) return { ...base, status: "waiting", message: `${known.length} of ${peers.length} reached so far.`, fix: null };
  return { ...base, status: "ok", message: `Reaches ${known.map((peer) => `${peer.name} in ${(peer.rttMs ?? 0).toFixed(1)} ms`).join(", ")}.`, fix: null };
}

const gigabytes = (bytes: number): string => (bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`);
