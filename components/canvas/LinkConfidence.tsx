"use client";
import type { LiveLinkSample } from "../../server/events/catalogue.ts";
import { linkConfidence } from "../../server/topology/link-confidence.ts";
import { useLive } from "../live/live-store.ts";
import { State, type Tone } from "../ui/State.tsx";

const TONES: Record<ReturnType<typeof linkConfidence>["level"], Tone> = { high: "ok", medium: "idle", low: "warn", none: "warn" };

/** How far the link's figures can be believed, and what speaks against it. Ages are by the console's clock. */
export function LinkConfidence({ link }: { link: LiveLinkSample }) {
  const sampledAt = useLive((state) => state.sampledAt);
  const ageOf = (at: string | undefined) => (sampledAt === null || !at ? null : Math.max(0, Date.parse(sampledAt) - Date.parse(at)));
  const { rttMs, rttSdMs, bandwidthBytesPerSecond, spread } = link;
  const { level, reasons } = linkConfidence({ rttMs, rttSdMs, bandwidthBytesPerSecond, spread, ageMs: ageOf(link.measuredAt) ?? 0, bandwidthAgeMs: ageOf(spread?.bandwidthAt) });
  const probes = spread?.bandwidthSamples ?? 0;
  return (
    <>
      <State tone={TONES[level]} testId="link-confidence">{level}</State>
      <span className="block text-ink-3">{reasons.length > 0 ? reasons.join("; ") : `${probes} bandwidth probes, steady`}</span>
    </>
  );
}
