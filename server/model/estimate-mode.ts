// Owns the guess of how fast a model runs in a mode that was not measured: the nearest mode that was, layer by layer, by what a roofline says the other threads change
// (Williams et al., CACM 2009): computing is shared out, reading memory and starting ops is not.
import type { SessionOptions } from "../../agents/protocol/control.ts";
import { type DeviceRates, deviceRates, type ReachedPace, reachedPace } from "./device-rates.ts";
import { estimateProfile, layerRoofline } from "./estimate-profile.ts";
import type { ModelFacts } from "./model.ts";
import type { Profile } from "./profile.ts";

/** What of twice the threads is left after waiting for each other, until some model was measured in both modes. */
const DOUBLING_EFFICIENCY = 0.8;

export type ModeKnowledge = {
  deviceClass: string;
  session: SessionOptions;
  /** Of this model on this device class. */
  measured: readonly Profile[];
  /** What models reached on this device class, by the threads they ran with. */
  paces: ReadonlyMap<number, readonly ReachedPace[]>;
};

/** Always `kind: "estimated"`; null where neither this model nor any other was measured on the device class. */
export function estimateMode(facts: Pick<ModelFacts, "digest" | "layers">, { deviceClass, session, measured, paces }: ModeKnowledge): Profile | null {
  const threads = session.intraOpThreads;
  const ratesAt = (count: number) => deviceRates(paces.get(count) ?? []);
  const near = nearest(measured.map((profile) => profile.session.intraOpThreads), threads);
  const known = measured.find((profile) => profile.session.intraOpThreads === near);
  if (near !== null && known) {
    const from = ratesAt(near) ?? deviceRates([reachedPace(facts.digest, facts, known)]);
    if (from) {
      const to = ratesAt(threads) ?? withThreads(from, near, threads);
      const layerMs = known.layerMs.map((ms, index) => (ms * layerRoofline(facts.layers[index] as ModelFacts["layers"][number], to).ms) / layerRoofline(facts.layers[index] as ModelFacts["layers"][number], from).ms);
      return { ...estimateProfile(facts), deviceClass, session, layerMs, wholeMs: layerMs.reduce((sum, ms) => sum + ms, 0), basis: "mode", ...(known.boundary ? { boundary: known.boundary } : {}) };
    }
  }
  const reached = nearest([...paces.keys()].filter((count) => ratesAt(count) !== null), threads);
  const rates = reached === null ? null : ratesAt(reached);
  return rates && reached !== null ? { ...estimateProfile(facts, { deviceClass, rates: withThreads(rates, reached, threads) }), session } : null;
}

function withThreads(rates: DeviceRates, from: number, to: number): DeviceRates {
  const doublings = Math.log2(to / from);
  return { ...rates, flopsPerSecond: rates.flopsPerSecond * (2 * DOUBLING_EFFICIENCY) ** doublings };
}

/** By ratio; of two as near the fewer threads. */
function nearest(counts: readonly number[], wanted: number): number | null {
  return [...counts].sort((a, b) => Math.abs(Math.log2(a / wanted)) - Math.abs(Math.log2(b / wanted)) || a - b)[0] ?? null;
}
