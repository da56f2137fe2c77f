/** Minutes after midnight of what a time field says: "22:30" → 1350; null where it is no time of day. */
export function minuteOf(clock: string): number | null {
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)/.exec(clock) ?? [];
  return hours === undefined ? null : Number(hours) * 60 + Number(minutes);
}
