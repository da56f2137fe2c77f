// Owns the console's time: the machine's own, as long as that goes evenly. A clock that is set (by a person, by NTP after a boot without a battery) must not make nodes silent,
// moves late or cool-downs over: what it is off by is made up for slowly, and where it is off by more than that can, those who wait are told by how much time jumped.
import { performance } from "node:perf_hooks";

/** Time as an argument: `now()` is milliseconds since the epoch. */
export type Clock = { now(): number };
/** `byMs`: how much later `now()` reads than it would have. */
export type ClockJump = { byMs: number };
export type SteadyClock = Clock & { /** @returns what stops it. */ onJump(listener: (jump: ClockJump) => void): () => void };

/** Time goes a tenth faster or slower while the machine's clock is caught up with: no limit of ours is that exact. */
const CATCH_UP_RATE = 0.1;
/** A hundred minutes of catching up. More is a machine that slept, or had no time at all before. */
export const MAX_CAUGHT_UP_MS = 10 * 60_000;

/** What was read last, by both clocks. */
export type Reading = { readMs: number; steadyMs: number };

/** Never earlier than what was read last, but for a jump. Pure. */
export function readOn(last: Reading, wallMs: number, steadyMs: number): Reading & { jumpMs: number } {
  const passedMs = Math.max(0, steadyMs - last.steadyMs);
  const evenMs = last.readMs + passedMs;
  const offMs = wallMs - evenMs;
  if (Math.abs(offMs) > MAX_CAUGHT_UP_MS) return { readMs: wallMs, steadyMs, jumpMs: offMs };
  const mostMs = passedMs * CATCH_UP_RATE;
  return { readMs: evenMs + Math.min(mostMs, Math.max(-mostMs, offMs)), steadyMs, jumpMs: 0 };
}

export function createSteadyClock(wallNow: () => number = Date.now, steadyNow: () => number = () => performance.now()): SteadyClock {
  const listeners = new Set<(jump: ClockJump) => void>();
  let last: Reading = { readMs: wallNow(), steadyMs: steadyNow() };
  return {
    now() {
      const { jumpMs, ...next } = readOn(last, wallNow(), steadyNow());
      last = next;
      if (jumpMs !== 0) for (const listener of listeners) listener({ byMs: Math.round(jumpMs) });
      return Math.round(last.readMs);
    },
    onJump(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export const systemClock: SteadyClock = createSteadyClock();
