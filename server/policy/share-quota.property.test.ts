// Whatever is asked where and when, and whoever dies: what ingresses let in altogether, by the counts they keep and the shares they heard of some seconds late, stays within the quota and what is let in
// within that time; and all of the quota is let in while it is asked for.
import { expect, test } from "vitest";
import { KeyCounts } from "../../agents/ingress/key-counts.ts";
import type { KeyQuota } from "../../agents/protocol/own-key.ts";
import { seededRandom } from "../model/seeded-random.ts";
import { LOST_AFTER_MS } from "./presence.ts";
import { type DayUsage, shareQuota, usedIn } from "./share-quota.ts";
import { sharingEntries } from "./sharing-entries.ts";
import { node } from "./testdata/fleet.ts";

const DAY = "2026-11-27";
const STARTED_MS = Date.parse(`${DAY}T10:00:00Z`);
const KEY = "crd_1";
const TICK_MS = 100;
const REPORT_MS = 1000;
/** Until a report is a row; between two looks of the loop; until a document is heard: at most. */
const [ROW_MS, LOOK_MS, HEAR_MS] = [500, 500, 1000];
const LATE_SECONDS = (REPORT_MS + ROW_MS + LOOK_MS + HEAR_MS) / 1000;
/** Some are asked and some are not, for so long; then all are. */
const [TURN_MS, TURNS, LAST_MS] = [8_000, 5, 300_000];

type Ingress = { id: string; counts: KeyCounts; quotas: KeyQuota[]; perSecond: number; isAsked: boolean; due: number; letIn: number; diedAt: number | null; heardAt: number };

function play(seed: number): { quota: number; letIn: number; perSecond: number[]; living: number; overtold: number; entries: number } {
  const random = seededRandom(seed);
  const quota = 30 + Math.floor(random() * 4_000);
  const ingresses = Array.from({ length: 2 + Math.floor(random() * 3) }, (_, index): Ingress => ({ id: `nod_${index}`, counts: new KeyCounts(), quotas: [], perSecond: 1 + random() * 40, isAsked: false, due: 0, letIn: 0, diedAt: null, heardAt: 0 }));
  const ids = ingresses.map(({ id }) => id);
  const rows = new Map<string, DayUsage>();
  let coming: { at: number; happen(): void }[] = [];
  const diesAt = random() < 0.6 ? random() * TURN_MS * (TURNS + 2) : Number.POSITIVE_INFINITY;
  let overtold = 0;
  const tell = (ms: number) => {
    const nowMs = STARTED_MS + ms;
    const isLost = ({ diedAt }: Ingress) => diedAt !== null && ms - diedAt > LOST_AFTER_MS;
    const nodes = new Map(ingresses.map((one) => [one.id, node(one.id, { presence: isLost(one) ? "lost" : "online" })]));
    const usage = [...rows.values()];
    const told = ingresses.map((one) => shareQuota({ perDay: quota, perMonth: null }, usage, { nodeId: one.id, entered: sharingEntries({ nodes }, ids, one.id), nowMs }));
    const there = ingresses.flatMap((one, index) => (isLost(one) ? [] : [told[index]![0]!.upTo]));
    const elsewhere = usedIn(usage.filter(({ nodeId }) => ingresses.some((one) => one.id === nodeId && isLost(one))), DAY);
    overtold = Math.max(overtold, there.reduce((sum, upTo) => sum + upTo, elsewhere) - Math.max(quota, usedIn(usage, DAY)));
    // Documents to one node come in their order.
    ingresses.forEach((one, index) => { one.heardAt = Math.max(one.heardAt, ms + random() * HEAR_MS); coming.push({ at: one.heardAt, happen: () => { one.quotas = told[index]!; } }); });
  };
  tell(0);
  for (const { happen } of coming) happen();
  coming = [];
  for (let ms = 0; ms < TURN_MS * TURNS + LAST_MS; ms += TICK_MS) {
    if (ms % TURN_MS === 0) for (const one of ingresses) one.isAsked = ms >= TURN_MS * TURNS || random() < 0.5;
    if (ms >= diesAt && ingresses[0]!.diedAt === null) ingresses[0]!.diedAt = ms;
    for (const { happen } of coming.filter(({ at }) => at <= ms)) happen();
    coming = coming.filter(({ at }) => at > ms);
    for (const one of ingresses.filter(({ diedAt }) => diedAt === null)) {
      one.due = one.isAsked ? one.due + (one.perSecond * TICK_MS) / 1000 : 0;
      for (; one.due >= 1; one.due--) if (one.counts.reached(KEY, one.quotas, STARTED_MS + ms) === null) { one.counts.count(KEY, STARTED_MS + ms); one.letIn++; }
      if (ms % REPORT_MS !== 0) continue;
      for (const { day, lifeId, requests } of one.counts.told(STARTED_MS + ms)) coming.push({ at: ms + random() * ROW_MS, happen: () => rows.set(one.id, { nodeId: one.id, day, requests, lifeId, lifeRequests: requests }) });
    }
    if (ms % LOOK_MS === 0) tell(ms);
  }
  return { quota, letIn: ingresses.reduce((sum, one) => sum + one.letIn, 0), perSecond: ingresses.map((one) => one.perSecond), living: ingresses.reduce((sum, one) => sum + (one.diedAt === null ? one.perSecond : 0), 0), overtold, entries: ingresses.length };
}

test("the quota holds but for what is let in before it is heard of, and none of it is left lying while it is asked for", () => {
  let most = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const { quota, letIn, perSecond, living, overtold, entries } = play(seed);
    const late = perSecond.reduce((sum, rate) => sum + rate, 0) * LATE_SECONDS;
    most = Math.max(most, letIn / quota);
    expect(overtold, `seed ${seed}: told at one moment`).toBeLessThanOrEqual(0);
    expect(letIn, `seed ${seed}, quota ${quota}`).toBeLessThanOrEqual(quota + late + entries);
    // Half of the time that is left is enough, whoever has to wait for a share meanwhile.
    expect(letIn, `seed ${seed}, quota ${quota}`).toBeGreaterThanOrEqual(Math.min(quota, (living * LAST_MS) / 2_000) - entries);
  }
  process.stdout.write(`at most ${most.toFixed(3)} of a quota was let in\n`);
});
