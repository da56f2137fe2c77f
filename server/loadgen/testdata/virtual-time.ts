// For tests: time that moves only when asked to, so that every figure of a run has a closed form.
import type { Clock } from "../issue-queries.ts";

export type VirtualTime = Clock & { at(ns: number, act: () => void): void; run(): void };

export function virtualTime(): VirtualTime {
  let nowNs = 0;
  let order = 0;
  const due: { ns: number; order: number; act: () => void }[] = [];
  const at = (ns: number, act: () => void) => void due.push({ ns: Math.max(ns, nowNs), order: order++, act });
  return {
    nowNs: () => nowNs,
    wakeAt: at,
    at,
    run() {
      while (due.length > 0) {
        let first = 0;
        for (let i = 1; i < due.length; i++) if (due[i]!.ns < due[first]!.ns || (due[i]!.ns === due[first]!.ns && due[i]!.order < due[first]!.order)) first = i;
        const [next] = due.splice(first, 1);
        nowNs = next!.ns;
        next!.act();
      }
    },
  };
}
