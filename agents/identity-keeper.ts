// Owns keeping this node's identity alive: renews the certificate in time, and finds the console again when its agent listener moved.
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "./agent-error.ts";
import type { LinkState } from "./control-link.ts";
import { findEndpoint, fingerprintOfCa, renew } from "./enrol.ts";
import { certificateTimes, type Identity, saveIdentity } from "./identity.ts";
import type { Log } from "./log.ts";

export type IdentityKeeper = { heard(state: LinkState): void; stop(): void };
export type IdentityKeeperOptions = { dataFolder: string; identity(): Identity; onIdentity(identity: Identity): void; log: Log };

/** A clock that was set, or a machine that slept, is noticed by then; it costs a comparison. */
const CHECK_INTERVAL_MS = 30_000;
const FIRST_RETRY_MS = 5_000;
const MAX_RETRY_MS = 10 * 60_000;
/** Lost connections in a row before the endpoint is asked for again. */
const LOST_BEFORE_LOOKUP = 4;

export function createIdentityKeeper(options: IdentityKeeperOptions): IdentityKeeper {
  const stopped = new AbortController();
  let lost = 0;
  let looking = false;

  const renewInTime = async () => {
    let failures = 0;
    while (!stopped.signal.aborted) {
      const { renewAtMs, expiresMs } = certificateTimes(options.identity().certificatePem);
      let pauseMs = Math.min(CHECK_INTERVAL_MS, Math.max(100, renewAtMs - Date.now()));
      if (Date.now() >= renewAtMs) {
        try {
          const next = await renew(options.identity());
          await saveIdentity(options.dataFolder, next);
          options.onIdentity(next);
          options.log("info", "renewed", `certificate renewed, valid until ${new Date(certificateTimes(next.certificatePem).expiresMs).toISOString()}`);
          failures = 0;
        } catch (error) {
          const state = Date.now() >= expiresMs ? "HAS EXPIRED, this node must join again with a new token if this goes on" : `valid until ${new Date(expiresMs).toISOString()}`;
          options.log("warn", "renewal", `the certificate could not be renewed (${state}): ${messageOf(error)}`);
          pauseMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(10, failures++)) * (0.75 + Math.random() / 2);
        }
      }
      await sleep(pauseMs, undefined, { signal: stopped.signal, ref: false }).catch(() => undefined);
    }
  };
  void renewInTime();

  /** The CA stays the anchor: an endpoint of another CA is not followed. */
  const lookUp = async () => {
    looking = true;
    const identity = options.identity();
    try {
      const { host, port } = await findEndpoint(identity.consoleUrl, fingerprintOfCa(identity.caPem));
      if (host !== identity.host || port !== identity.port) {
        const next = { ...identity, host, port };
        await saveIdentity(options.dataFolder, next);
        options.log("info", "moved", `the console's agent listener moved to ${host}:${port}`);
        options.onIdentity(next);
      }
    } catch (error) {
      options.log("debug", "lookup", messageOf(error));
    }
    looking = false;
  };

  return {
    heard(state) {
      lost = state.kind === "lost" ? lost + 1 : 0;
      if (lost > 0 && lost % LOST_BEFORE_LOOKUP === 0 && !looking) void lookUp();
    },
    stop: () => stopped.abort(),
  };
}
