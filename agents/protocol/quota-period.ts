// Owns when the periods of a quota begin and end: calendar days and months of UTC, "2026-11-27" and "2026-11". Times are milliseconds since the epoch.
const DAY_MS = 86_400_000;
const DAYS_OF_ERA = 146_097;
/** From 0000-03-01 to 1970-01-01. */
const DAYS_BEFORE_EPOCH = 719_468;

export const QUOTA_PERIODS = ["day", "month"] as const;
export type QuotaPer = (typeof QUOTA_PERIODS)[number];

export const periodOf = (per: QuotaPer, nowMs: number): string => dateOf(Math.floor(nowMs / DAY_MS)).slice(0, per === "day" ? 10 : 7);

export function periodEndMs(per: QuotaPer, nowMs: number): number {
  const today = Math.floor(nowMs / DAY_MS);
  let next = today + 1;
  while (per === "month" && dateOf(next).slice(0, 7) === dateOf(today).slice(0, 7)) next++;
  return next * DAY_MS;
}

/** Years that begin in March have their odd day at the end (howardhinnant.github.io/date_algorithms.html, civil_from_days). */
function dateOf(days: number): string {
  const from = days + DAYS_BEFORE_EPOCH;
  const era = Math.floor(from / DAYS_OF_ERA);
  const ofEra = from - era * DAYS_OF_ERA;
  const yearOfEra = Math.floor((ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365);
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * ofYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const two = (value: number) => `${value}`.padStart(2, "0");
  return `${`${yearOfEra + era * 400 + (month <= 2 ? 1 : 0)}`.padStart(4, "0")}-${two(month)}-${two(ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1)}`;
}
