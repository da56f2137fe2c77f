import { expect, test } from "vitest";
import { minutesOf, readZoom, writeZoom } from "./span-address.ts";

test("a zoom comes back as it was, to a tenth of a second", () => {
  expect(readZoom(writeZoom({ fromMs: 1_764_148_658_234, toMs: 1_764_148_700_061 }))).toEqual({ fromMs: 1_764_148_658_200, toMs: 1_764_148_700_100 });
});

test.each([null, "", "1-", "5-4", "1764148658-1764148659", "NaN-NaN", "-5-10", "1e9-2e9"])("no zoom: %s", (text) => expect(readZoom(text)).toBeNull());

const NOW = 1_764_150_000_000;
const ago = (minutes: number) => ({ fromMs: NOW - minutes * 60_000, toMs: NOW - minutes * 60_000 + 30_000 });
test.each([
  [null, null, 15], ["5", null, 5], ["7", null, 15], ["60", ago(3), 60],
  // Older than what was asked for.
  ["5", ago(12), 15], [null, ago(70), 360], [null, ago(9000), 1440],
] as const)("span %s with a zoom of %s: %i minutes", (text, zoom, minutes) => expect(minutesOf(text, zoom, NOW)).toBe(minutes));
