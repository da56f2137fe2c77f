// Owns what is known of a node's heat, from its reports: temperature and clock followed over time. What its machine cannot tell is null. Pure.
import type { Thermal } from "../../agents/protocol/thermal.ts";
import { type Tracked, track } from "../policy/adapt/tracked.ts";

export type ThermalCapacity = { celsius: Tracked | null; sensor: string | null; clockRatio: Tracked | null; clockLimitRatio: number | null; throttled: boolean | null; atMs: number };

/** Another sensor that speaks is another figure: what the one before told says nothing of it. */
export function learnThermal(before: ThermalCapacity | null, told: Thermal, nowMs: number): ThermalCapacity {
  const known = before?.sensor === told.sensor ? before.celsius : null;
  return {
    celsius: told.celsius === null ? null : track(known ?? undefined, told.celsius, nowMs), sensor: told.sensor,
    clockRatio: told.clockRatio === null ? null : track(before?.clockRatio ?? undefined, told.clockRatio, nowMs),
    clockLimitRatio: told.clockLimitRatio, throttled: told.throttled, atMs: nowMs,
  };
}
